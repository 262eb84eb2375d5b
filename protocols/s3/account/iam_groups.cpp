// CreateGroup, GetGroup, ListGroups, ListGroupsForUser, DeleteGroup, AddUserToGroup,
// RemoveUserFromGroup, and GetRole, ListRoles of what is the same thing here (IAM API reference,
// version 2010-05-08).
#include "protocols/s3/account/people.hpp"

#include <algorithm>

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
    auto const done = co_await call.guard.admin().set_membership(
        call.who, std::string(*user), std::string(*group), is_member);
    if (!done) co_return to_account(done.error());
    co_return account_result<>{};
}

std::string_view name_parameter(account_request const& request) noexcept {
    return request.find("RoleName") ? "RoleName" : "GroupName";
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
    wanted.kind = auth::principal_kind::role;
    auto const made = co_await call.guard.admin().add_principal(call.who, std::move(wanted));
    if (!made) co_return to_account(made.error());
    out.open("Group");
    write_person(out, call, *made, person_kind::group);
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
    auto const all = co_await call.guard.admin().list_principals(call.who);
    if (!all) co_return to_account(all.error());
    out.open("Group");
    write_person(out, call, *group, person_kind::group);
    out.close().open("Users");
    std::size_t written = 0;
    bool more = false;
    std::string last;
    for (auto const& one : *all) {
        auto const& roles = one.roles;
        if (one.name <= page->after || !is_kind(one, person_kind::user) ||
            std::find(roles.begin(), roles.end(), *name) == roles.end())
            continue;
        more = written++ == page->most;
        if (more) break;
        out.open("member");
        write_person(out, call, one, person_kind::user);
        out.close();
        last = one.name;
    }
    out.close().element("IsTruncated", more);
    if (more) out.element("Marker", last);
    co_return account_result<>{};
}

task<account_result<>> account::list_groups(account_call const& call, xml_writer& out) {
    return list_people(call, out, "Groups", person_kind::group);
}

task<account_result<>> account::list_groups_for_user(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only({"UserName"});
    if (!known) co_return known.error();
    auto const name = call.request.demand("UserName");
    if (!name) co_return name.error();
    auto const user = co_await find_person(call, std::string(*name), person_kind::user);
    if (!user) co_return user.error();
    out.open("Groups");
    for (auto const& role : user->roles) {
        auto const group = co_await find_person(call, role, person_kind::group);
        if (!group) co_return group.error();
        out.open("member");
        write_person(out, call, *group, person_kind::group);
        out.close();
    }
    out.close().element("IsTruncated", false);
    co_return account_result<>{};
}

// DeleteRole too.
task<account_result<>> account::delete_group(account_call const& call, xml_writer&) {
    auto const parameter = name_parameter(call.request);
    auto const known = call.request.allow_only({parameter});
    if (!known) co_return known.error();
    auto const name = call.request.demand(parameter);
    if (!name) co_return name.error();
    auto const there = co_await find_person(call, std::string(*name), person_kind::group);
    if (!there) co_return there.error();
    auto const done =
        co_await call.guard.admin().delete_principal(call.who, std::string(*name));
    if (!done) co_return to_account(done.error());
    co_return account_result<>{};
}

task<account_result<>> account::add_user_to_group(account_call const& call, xml_writer&) {
    return change_membership(call, true);
}
task<account_result<>> account::remove_user_from_group(account_call const& call, xml_writer&) {
    return change_membership(call, false);
}

task<account_result<>> account::get_role(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only({"RoleName"});
    if (!known) co_return known.error();
    auto const name = call.request.demand("RoleName");
    if (!name) co_return name.error();
    auto const found = co_await find_person(call, std::string(*name), person_kind::role);
    if (!found) co_return found.error();
    out.open("Role");
    write_person(out, call, *found, person_kind::role);
    out.close();
    co_return account_result<>{};
}

task<account_result<>> account::list_roles(account_call const& call, xml_writer& out) {
    return list_people(call, out, "Roles", person_kind::role);
}

}  // namespace sluice::s3
