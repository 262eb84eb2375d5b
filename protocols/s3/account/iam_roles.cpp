// CreateRole, GetRole, ListRoles, UpdateRole, UpdateRoleDescription, UpdateAssumeRolePolicy, DeleteRole
// (IAM API reference, version 2010-05-08).
#include "protocols/s3/account/people.hpp"

namespace sluice::s3 {
namespace {

account_result<std::int64_t> longest_session_in(account_request const& request) {
    return request.number("MaxSessionDuration", auth::least_longest_session,
                          auth::most_longest_session, auth::least_longest_session);
}

account_failure no_such_role(std::string_view name) {
    return {account_error::no_such_entity,
            "The role with name " + std::string(name) + " cannot be found.", {}};
}

account_failure failed(auth::refusal const& why, std::string_view name) {
    return why.code == error::not_found ? no_such_role(name) : of_document(why);
}

}  // namespace

task<account_result<>> account::create_role(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only(
        {"RoleName", "AssumeRolePolicyDocument", "Path", "Description", "MaxSessionDuration",
         "Tags.member"});
    if (!known) co_return known.error();
    if (auto const path = check_path(call.request); !path) co_return path.error();
    auto const name = call.request.demand("RoleName");
    if (!name) co_return name.error();
    auto const document = call.request.demand("AssumeRolePolicyDocument");
    if (!document) co_return document.error();
    auto const longest = longest_session_in(call.request);
    if (!longest) co_return longest.error();
    auto tags = tags_of(call.request);
    if (!tags) co_return tags.error();
    auth::guarded_roles::new_role wanted;
    wanted.name = *name;
    wanted.tags = *std::move(tags);
    wanted.trust_policy = *document;
    wanted.description = call.request.find("Description").value_or("");
    wanted.longest_session = static_cast<std::uint32_t>(*longest);
    auto const made = co_await call.guard.roles().add(call.who, std::move(wanted));
    if (!made) co_return of_document(made.error());
    out.open("Role");
    write_role(out, *made);
    out.close();
    co_return account_result<>{};
}

task<account_result<>> account::get_role(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only({"RoleName"});
    if (!known) co_return known.error();
    auto const name = call.request.demand("RoleName");
    if (!name) co_return name.error();
    auto const found = co_await call.guard.roles().find(call.who, std::string(*name));
    if (!found) co_return failed(found.error(), *name);
    out.open("Role");
    write_role(out, *found);
    out.close();
    co_return account_result<>{};
}

task<account_result<>> account::list_roles(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only({"PathPrefix", "Marker", "MaxItems"});
    if (!known) co_return known.error();
    if (auto const path = check_path_prefix(call.request); !path) co_return path.error();
    auto const page = page_of(call.request);
    if (!page) co_return page.error();
    auto const all = co_await call.guard.roles().list(call.who);
    if (!all) co_return to_account(all.error());
    write_page(
        out, "Roles", *page, *all, [](auto const& one) -> auto& { return one.about.name; },
        [&](auto const& one) { write_role(out, one); });
    co_return account_result<>{};
}

task<account_result<>> account::update_role(account_call const& call, xml_writer&) {
    auto const known = call.request.allow_only({"RoleName", "Description", "MaxSessionDuration"});
    if (!known) co_return known.error();
    auto const name = call.request.demand("RoleName");
    if (!name) co_return name.error();
    auto const longest = longest_session_in(call.request);
    if (!longest) co_return longest.error();
    std::optional<std::string> description;
    if (auto const text = call.request.find("Description")) description = *text;
    std::optional<std::uint32_t> seconds;
    if (call.request.find("MaxSessionDuration")) seconds = static_cast<std::uint32_t>(*longest);
    auto const done = co_await call.guard.roles().update(call.who, std::string(*name),
                                                         std::move(description), seconds);
    if (!done) co_return failed(done.error(), *name);
    co_return account_result<>{};
}

task<account_result<>> account::update_role_description(account_call const& call,
                                                        xml_writer& out) {
    auto const known = call.request.allow_only({"RoleName", "Description"});
    if (!known) co_return known.error();
    auto const name = call.request.demand("RoleName");
    if (!name) co_return name.error();
    std::optional<std::string> description(call.request.find("Description").value_or(""));
    auto const done = co_await call.guard.roles().update(call.who, std::string(*name),
                                                         std::move(description), std::nullopt);
    if (!done) co_return failed(done.error(), *name);
    out.open("Role");
    write_role(out, *done);
    out.close();
    co_return account_result<>{};
}

task<account_result<>> account::update_trust_policy(account_call const& call, xml_writer&) {
    auto const known = call.request.allow_only({"RoleName", "PolicyDocument"});
    if (!known) co_return known.error();
    auto const name = call.request.demand("RoleName");
    if (!name) co_return name.error();
    auto const document = call.request.demand("PolicyDocument");
    if (!document) co_return document.error();
    auto const done = co_await call.guard.roles().set_trust_policy(
        call.who, std::string(*name), std::string(*document));
    if (!done) co_return failed(done.error(), *name);
    co_return account_result<>{};
}

task<account_result<>> account::delete_role(account_call const& call, xml_writer&) {
    auto const known = call.request.allow_only({"RoleName"});
    if (!known) co_return known.error();
    auto const name = call.request.demand("RoleName");
    if (!name) co_return name.error();
    auto const there = co_await find_person(call, std::string(*name), person_kind::role);
    if (!there) co_return there.error();
    auto const bare = co_await check_without_policies(call, there->name);
    if (!bare) co_return bare.error();
    auto const done = co_await call.guard.admin().delete_principal(call.who, there->name);
    if (!done) co_return to_account(done.error());
    co_return account_result<>{};
}

}  // namespace sluice::s3
