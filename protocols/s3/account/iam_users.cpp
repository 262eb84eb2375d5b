// CreateUser, GetUser, ListUsers, UpdateUser, DeleteUser; Create-, Get-, Update- and DeleteLoginProfile, whose
// password is the one for Kafka and PostgreSQL (IAM API reference, version 2010-05-08).
#include "protocols/s3/account/people.hpp"

#include "protocols/http/date.hpp"

namespace sluice::s3 {
namespace {

task<account_result<>> set_password(account_call const& call, std::string name) {
    auto const password = call.request.demand("Password");
    if (!password) co_return password.error();
    auto const done = co_await call.guard.admin().set_password(call.who, std::move(name),
                                                               std::string(*password));
    if (!done) co_return to_account(done.error());
    co_return account_result<>{};
}

void write_profile(xml_writer& out, auth::principal_summary const& who) {
    out.open("LoginProfile").element("UserName", who.name);
    out.element("CreateDate", http::iso_date(who.created));
    out.element("PasswordResetRequired", false).close();
}

// The user named, who has a password or has none.
task<account_result<auth::principal_summary>> find_login(account_call const& call,
                                                         bool has_password) {
    auto const name = call.request.demand("UserName");
    if (!name) co_return name.error();
    if (call.request.find("PasswordResetRequired").value_or("false") != "false")
        co_return validation_error("PasswordResetRequired is not served.");
    auto found = co_await find_person(call, std::string(*name), person_kind::user);
    if (!found) co_return found.error();
    if (found->has_password && !has_password)
        co_return account_failure{account_error::entity_already_exists,
                                  "Login Profile for user " + found->name + " already exists.",
                                  {}};
    if (!found->has_password && has_password)
        co_return account_failure{account_error::no_such_entity,
                                  "Login Profile for User " + found->name + " cannot be found.",
                                  {}};
    co_return *std::move(found);
}

}  // namespace

task<account_result<>> account::create_user(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only({"UserName", "Path", "Tags.member"});
    if (!known) co_return known.error();
    if (auto const path = check_path(call.request); !path) co_return path.error();
    auto const name = call.request.demand("UserName");
    if (!name) co_return name.error();
    auto tags = tags_of(call.request);
    if (!tags) co_return tags.error();
    auth::guarded_admin::new_principal wanted;
    wanted.name = *name;
    wanted.tags = *std::move(tags);
    auto const made = co_await call.guard.admin().add_principal(call.who, std::move(wanted));
    if (!made) co_return to_account(made.error());
    out.open("User");
    write_person(out, *made, person_kind::user);
    write_tags(out, *made);
    out.close();
    co_return account_result<>{};
}

task<account_result<>> account::get_user(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only({"UserName"});
    if (!known) co_return known.error();
    std::string const name(call.request.find("UserName").value_or(call.who.name()));
    auto const found = co_await find_person(call, name, person_kind::user);
    if (!found) co_return found.error();
    out.open("User");
    write_person(out, *found, person_kind::user);
    write_tags(out, *found);
    out.close();
    co_return account_result<>{};
}

task<account_result<>> account::list_users(account_call const& call, xml_writer& out) {
    return list_people(call, out, "Users", person_kind::user);
}

task<account_result<>> account::update_user(account_call const& call, xml_writer&) {
    return rename_person(call, person_kind::user);
}

// IAM wants keys and login to be gone before.
task<account_result<>> account::delete_user(account_call const& call, xml_writer&) {
    auto const known = call.request.allow_only({"UserName"});
    if (!known) co_return known.error();
    auto const name = call.request.demand("UserName");
    if (!name) co_return name.error();
    auto const found = co_await find_person(call, std::string(*name), person_kind::user);
    if (!found) co_return found.error();
    if (found->access_keys != 0)
        co_return account_failure{account_error::delete_conflict,
                                  "Cannot delete entity, must delete access keys first.", {}};
    if (found->has_password)
        co_return account_failure{account_error::delete_conflict,
                                  "Cannot delete entity, must delete login profile first.", {}};
    if (!found->roles.empty())
        co_return account_failure{account_error::delete_conflict,
                                  "Cannot delete entity, must remove users from group first.", {}};
    auto const bare = co_await check_without_policies(call, found->name);
    if (!bare) co_return bare.error();
    auto const done = co_await call.guard.admin().delete_principal(call.who, found->name);
    if (!done) co_return to_account(done.error());
    co_return account_result<>{};
}

task<account_result<>> account::create_login_profile(account_call const& call, xml_writer& out) {
    auto const known =
        call.request.allow_only({"UserName", "Password", "PasswordResetRequired"});
    if (!known) co_return known.error();
    auto const found = co_await find_login(call, false);
    if (!found) co_return found.error();
    auto const done = co_await set_password(call, found->name);
    if (!done) co_return done.error();
    write_profile(out, *found);
    co_return account_result<>{};
}

task<account_result<>> account::get_login_profile(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only({"UserName"});
    if (!known) co_return known.error();
    auto const found = co_await find_login(call, true);
    if (!found) co_return found.error();
    write_profile(out, *found);
    co_return account_result<>{};
}

task<account_result<>> account::update_login_profile(account_call const& call, xml_writer&) {
    auto const known =
        call.request.allow_only({"UserName", "Password", "PasswordResetRequired"});
    if (!known) co_return known.error();
    auto const found = co_await find_login(call, true);
    if (!found) co_return found.error();
    co_return co_await set_password(call, found->name);
}

task<account_result<>> account::delete_login_profile(account_call const& call, xml_writer&) {
    auto const known = call.request.allow_only({"UserName"});
    if (!known) co_return known.error();
    auto const found = co_await find_login(call, true);
    if (!found) co_return found.error();
    auto const done = co_await call.guard.admin().delete_password(call.who, found->name);
    if (!done) co_return to_account(done.error());
    co_return account_result<>{};
}

}  // namespace sluice::s3
