// Attach-, Detach- and ListAttached- of User, Group and Role policies, ListEntitiesForPolicy (IAM API
// reference, version 2010-05-08).
#include <algorithm>

#include "auth/guard/guarded_managed_policies.hpp"
#include "auth/policy/iam_names.hpp"
#include "protocols/s3/account/people.hpp"

namespace sluice::s3 {
namespace {

using attachment = auth::guarded_managed_policies::attachment;

struct wanted_attachment {
    std::string holder;
    std::string arn;
};

// Who is meant, who must be there, and the policy's ARN.
task<account_result<wanted_attachment>> attachment_in(account_call const& call, person_kind kind) {
    auto const known = call.request.allow_only({name_element(kind), "PolicyArn"});
    if (!known) co_return known.error();
    auto const holder = call.request.demand(name_element(kind));
    if (!holder) co_return holder.error();
    auto const arn = call.request.demand("PolicyArn");
    if (!arn) co_return arn.error();
    if (!auth::policy_of_arn(*arn))
        co_return account_failure{account_error::invalid_input,
                                  "ARN " + std::string(*arn) + " is not valid.", {}};
    auto const there = co_await find_person(call, std::string(*holder), kind);
    if (!there) co_return there.error();
    co_return wanted_attachment{there->name, std::string(*arn)};
}

task<account_result<>> attach(account_call const& call, person_kind kind) {
    auto const wanted = co_await attachment_in(call, kind);
    if (!wanted) co_return wanted.error();
    auto const done =
        co_await call.guard.managed_policies().attach(call.who, wanted->holder, wanted->arn);
    if (!done) co_return of_document(done.error());
    co_return account_result<>{};
}

task<account_result<>> detach(account_call const& call, person_kind kind) {
    auto const wanted = co_await attachment_in(call, kind);
    if (!wanted) co_return wanted.error();
    auto const done =
        co_await call.guard.managed_policies().detach(call.who, wanted->holder, wanted->arn);
    if (!done) co_return to_account(done.error());
    co_return account_result<>{};
}

task<account_result<>> list_attached(account_call const& call, xml_writer& out, person_kind kind) {
    auto const known =
        call.request.allow_only({name_element(kind), "PathPrefix", "Marker", "MaxItems"});
    if (!known) co_return known.error();
    if (auto const path = check_path_prefix(call.request); !path) co_return path.error();
    auto const page = page_of(call.request);
    if (!page) co_return page.error();
    auto const holder = call.request.demand(name_element(kind));
    if (!holder) co_return holder.error();
    auto const there = co_await find_person(call, std::string(*holder), kind);
    if (!there) co_return there.error();
    auto all = co_await call.guard.managed_policies().attachments(call.who);
    if (!all) co_return to_account(all.error());
    std::erase_if(*all, [&](attachment const& one) { return one.id != there->id; });
    write_page(
        out, "AttachedPolicies", *page, *all, [](auto const& one) -> auto& { return one.arn; },
        [&](attachment const& one) {
            out.element("PolicyName", auth::policy_of_arn(one.arn)->name);
            out.element("PolicyArn", one.arn);
        });
    co_return account_result<>{};
}

// What EntityFilter leaves out.
account_result<std::vector<person_kind>> kinds_in(account_request const& request) {
    auto const filter = request.find("EntityFilter").value_or("");
    std::vector const all{person_kind::group, person_kind::user, person_kind::role};
    if (filter.empty()) return all;
    if (filter == "Group") return std::vector{person_kind::group};
    if (filter == "User") return std::vector{person_kind::user};
    if (filter == "Role") return std::vector{person_kind::role};
    // Of policies that are attached, both are all.
    if (filter == "LocalManagedPolicy" || filter == "AWSManagedPolicy") return all;
    return validation_error("EntityFilter is User, Role, Group, LocalManagedPolicy or "
                            "AWSManagedPolicy.");
}

std::string_view list_element(person_kind kind) noexcept {
    switch (kind) {
        case person_kind::group: return "PolicyGroups";
        case person_kind::user: return "PolicyUsers";
        case person_kind::role: return "PolicyRoles";
    }
    return "";
}

std::string_view id_element(person_kind kind) noexcept {
    switch (kind) {
        case person_kind::group: return "GroupId";
        case person_kind::user: return "UserId";
        case person_kind::role: return "RoleId";
    }
    return "";
}

}  // namespace

task<account_result<>> account::attach_user_policy(account_call const& call, xml_writer&) {
    return attach(call, person_kind::user);
}
task<account_result<>> account::attach_group_policy(account_call const& call, xml_writer&) {
    return attach(call, person_kind::group);
}
task<account_result<>> account::attach_role_policy(account_call const& call, xml_writer&) {
    return attach(call, person_kind::role);
}

task<account_result<>> account::detach_user_policy(account_call const& call, xml_writer&) {
    return detach(call, person_kind::user);
}
task<account_result<>> account::detach_group_policy(account_call const& call, xml_writer&) {
    return detach(call, person_kind::group);
}
task<account_result<>> account::detach_role_policy(account_call const& call, xml_writer&) {
    return detach(call, person_kind::role);
}

task<account_result<>> account::list_attached_user_policies(account_call const& call,
                                                            xml_writer& out) {
    return list_attached(call, out, person_kind::user);
}
task<account_result<>> account::list_attached_group_policies(account_call const& call,
                                                             xml_writer& out) {
    return list_attached(call, out, person_kind::group);
}
task<account_result<>> account::list_attached_role_policies(account_call const& call,
                                                            xml_writer& out) {
    return list_attached(call, out, person_kind::role);
}

task<account_result<>> account::list_entities_for_policy(account_call const& call,
                                                         xml_writer& out) {
    auto const known = call.request.allow_only(
        {"PolicyArn", "EntityFilter", "PathPrefix", "PolicyUsageFilter", "Marker", "MaxItems"});
    if (!known) co_return known.error();
    if (auto const path = check_path_prefix(call.request); !path) co_return path.error();
    if (call.request.find("PolicyUsageFilter").value_or("PermissionsPolicy") != "PermissionsPolicy")
        co_return validation_error("Permissions boundaries are not served.");
    auto const page = page_of(call.request);
    if (!page) co_return page.error();
    auto const kinds = kinds_in(call.request);
    if (!kinds) co_return kinds.error();
    auto const arn = call.request.demand("PolicyArn");
    if (!arn) co_return arn.error();
    auto const found = co_await call.guard.managed_policies().find(call.who, std::string(*arn));
    if (!found) co_return to_account(found.error());
    auto all = co_await call.guard.managed_policies().attachments(call.who);
    if (!all) co_return to_account(all.error());
    // One space of names: pages are over all kinds together.
    std::erase_if(*all, [&](attachment const& one) {
        bool const wanted = std::any_of(kinds->begin(), kinds->end(), [&](person_kind kind) {
            return is_kind(one.kind, kind);
        });
        return one.arn != *arn || !wanted || one.holder <= page->after;
    });
    bool const more = all->size() > page->most;
    if (more) all->resize(page->most);
    for (auto const kind : {person_kind::group, person_kind::user, person_kind::role}) {
        out.open(list_element(kind));
        for (auto const& one : *all) {
            if (!is_kind(one.kind, kind)) continue;
            out.open("member").element(name_element(kind), one.holder);
            out.element(id_element(kind), auth::unique_id_of(one.id)).close();
        }
        out.close();
    }
    out.element("IsTruncated", more);
    if (more) out.element("Marker", all->back().holder);
    co_return account_result<>{};
}

}  // namespace sluice::s3
