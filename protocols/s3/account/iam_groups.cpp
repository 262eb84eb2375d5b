// CreateGroup, GetGroup, ListGroups, ListGroupsForUser, UpdateGroup, DeleteGroup, AddUserToGroup,
// RemoveUserFromGroup (IAM API reference, version 2010-05-08). A group's members have its rights, and
// nobody acts as it.
#include <algorithm>

#include "protocols/s3/account/people.hpp"

namespace sluice::s3 {
namespace {

task<account_result<>> change_membership(account_call const& call, bool is_member) {
    auto const known = call.request.allow_only({"GroupName", "UserName"});
    if (!known) co_return known.error();
    auto const group = call.request.demand("GroupName");
    if (!group) co_return group.error();
    auto const user = call.request.demand("UserName");
    if (!user) co_return user.error();
    auto const there = co_await find_person(call, std::string(*group), person_kind::group);
    if (!there) co_return there.error();
    auto const member = co_await find_person(call, std::string(*user), person_kind::user);
    if (!member) co_return member.error();
    auto const done = co_await call.guard.admin().set_membership(
        call.who, std::string(*user), std::string(*group), is_member);
    if (!done) co_return to_account(done.error());
    co_return account_result<>{};
}

}  // namespace

task<account_result<>> account::create_group(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only({"GroupName", "Path"});
    if (!known) co_return known.error();
    if (auto const path = check_path(call.request); !path) co_return path.error();
    auto const name = call.request.demand("GroupName");
    if (!name) co_return name.error();
    auth::guarded_admin::new_principal wanted;
    wanted.name = *name;
    wanted.kind = auth::principal_kind::group;
    auto const made = co_await call.guard.admin().add_principal(call.who, std::move(wanted));
    if (!made) co_return to_account(made.error());
    out.open("Group");
    write_person(out, *made, person_kind::group);
    out.close();
    co_return account_result<>{};
}

// With its members, in pages.
task<account_result<>> account::get_group(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only({"GroupName", "Marker", "MaxItems"});
    if (!known) co_return known.error();
    auto const page = page_of(call.request);
    if (!page) co_return page.error();
    auto const name = call.request.demand("GroupName");
    if (!name) co_return name.error();
    auto const group = co_await find_person(call, std::string(*name), person_kind::group);
    if (!group) co_return group.error();
    auto all = co_await call.guard.admin().list_principals(call.who);
    if (!all) co_return to_account(all.error());
    std::erase_if(*all, [&](auto const& one) {
        return std::find(one.roles.begin(), one.roles.end(), *name) == one.roles.end();
    });
    out.open("Group");
    write_person(out, *group, person_kind::group);
    out.close();
    write_page(
        out, "Users", *page, *all, [](auto const& one) -> auto& { return one.name; },
        [&](auto const& one) { write_person(out, one, person_kind::user); });
    co_return account_result<>{};
}

task<account_result<>> account::list_groups(account_call const& call, xml_writer& out) {
    return list_people(call, out, "Groups", person_kind::group);
}

task<account_result<>> account::list_groups_for_user(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only({"UserName", "Marker", "MaxItems"});
    if (!known) co_return known.error();
    auto const page = page_of(call.request);
    if (!page) co_return page.error();
    auto const name = call.request.demand("UserName");
    if (!name) co_return name.error();
    auto const user = co_await find_person(call, std::string(*name), person_kind::user);
    if (!user) co_return user.error();
    auto all = co_await call.guard.admin().list_principals(call.who);
    if (!all) co_return to_account(all.error());
    std::erase_if(*all, [&](auto const& one) {
        return !is_kind(one.kind, person_kind::group) ||
               std::find(user->roles.begin(), user->roles.end(), one.name) == user->roles.end();
    });
    write_page(
        out, "Groups", *page, *all, [](auto const& one) -> auto& { return one.name; },
        [&](auto const& one) { write_person(out, one, person_kind::group); });
    co_return account_result<>{};
}

task<account_result<>> account::update_group(account_call const& call, xml_writer&) {
    return rename_person(call, person_kind::group);
}

task<account_result<>> account::delete_group(account_call const& call, xml_writer&) {
    auto const known = call.request.allow_only({"GroupName"});
    if (!known) co_return known.error();
    auto const name = call.request.demand("GroupName");
    if (!name) co_return name.error();
    auto const there = co_await find_person(call, std::string(*name), person_kind::group);
    if (!there) co_return there.error();
    auto const bare = co_await check_without_policies(call, there->name);
    if (!bare) co_return bare.error();
    auto const done = co_await call.guard.admin().delete_principal(call.who, there->name);
    if (!done) co_return to_account(done.error());
    co_return account_result<>{};
}

task<account_result<>> account::add_user_to_group(account_call const& call, xml_writer&) {
    return change_membership(call, true);
}
task<account_result<>> account::remove_user_from_group(account_call const& call, xml_writer&) {
    return change_membership(call, false);
}

}  // namespace sluice::s3
