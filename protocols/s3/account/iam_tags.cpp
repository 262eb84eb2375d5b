// TagUser, UntagUser, ListUserTags and the same of roles; GetAccountSummary (IAM API reference, version
// 2010-05-08). Policies read the tags of who asks as aws:PrincipalTag/KEY.
#include <algorithm>

#include "auth/guard/guarded_managed_policies.hpp"
#include "auth/guard/guarded_providers.hpp"
#include "protocols/s3/account/people.hpp"

namespace sluice::s3 {
namespace {

task<account_result<>> change_tags(account_call const& call, person_kind kind,
                                   std::vector<auth::principal_tag> given,
                                   std::vector<std::string> erased) {
    auto const name = call.request.demand(name_element(kind));
    if (!name) co_return name.error();
    auto const there = co_await find_person(call, std::string(*name), kind);
    if (!there) co_return there.error();
    auto const done = co_await call.guard.admin().change_tags(call.who, there->name,
                                                              std::move(given), std::move(erased));
    if (done) co_return account_result<>{};
    if (done.error().code == error::too_large)
        co_return account_failure{account_error::limit_exceeded,
                                  "The number of tags has reached the maximum limit.", {}};
    co_return to_account(done.error());
}

task<account_result<>> tag(account_call const& call, person_kind kind) {
    auto const known = call.request.allow_only({name_element(kind), "Tags.member"});
    if (!known) co_return known.error();
    auto tags = tags_of(call.request);
    if (!tags) co_return tags.error();
    if (tags->empty()) co_return call.request.demand("Tags.member.1.Key").error();
    std::vector<std::string> const none;
    co_return co_await change_tags(call, kind, *std::move(tags), none);
}

task<account_result<>> untag(account_call const& call, person_kind kind) {
    auto const known = call.request.allow_only({name_element(kind), "TagKeys.member"});
    if (!known) co_return known.error();
    auto keys = call.request.list("TagKeys", auth::most_principal_tags);
    if (!keys) co_return keys.error();
    if (keys->empty()) co_return call.request.demand("TagKeys.member.1").error();
    std::vector<auth::principal_tag> const none;
    co_return co_await change_tags(call, kind, none, *std::move(keys));
}

task<account_result<>> list_tags(account_call const& call, xml_writer& out, person_kind kind) {
    auto const known = call.request.allow_only({name_element(kind), "Marker", "MaxItems"});
    if (!known) co_return known.error();
    auto const page = page_of(call.request);
    if (!page) co_return page.error();
    auto const name = call.request.demand(name_element(kind));
    if (!name) co_return name.error();
    auto found = co_await find_person(call, std::string(*name), kind);
    if (!found) co_return found.error();
    std::sort(found->tags.begin(), found->tags.end(),
              [](auto const& a, auto const& b) { return a.key < b.key; });
    write_page(
        out, "Tags", *page, found->tags, [](auto const& one) -> auto& { return one.key; },
        [&](auto const& one) { out.element("Key", one.key).element("Value", one.value); });
    co_return account_result<>{};
}

void write_entry(xml_writer& out, std::string_view key, std::size_t value) {
    out.open("entry").element("key", key).element("value", std::to_string(value)).close();
}

}  // namespace

task<account_result<>> account::tag_user(account_call const& call, xml_writer&) {
    return tag(call, person_kind::user);
}
task<account_result<>> account::untag_user(account_call const& call, xml_writer&) {
    return untag(call, person_kind::user);
}
task<account_result<>> account::list_user_tags(account_call const& call, xml_writer& out) {
    return list_tags(call, out, person_kind::user);
}
task<account_result<>> account::tag_role(account_call const& call, xml_writer&) {
    return tag(call, person_kind::role);
}
task<account_result<>> account::untag_role(account_call const& call, xml_writer&) {
    return untag(call, person_kind::role);
}
task<account_result<>> account::list_role_tags(account_call const& call, xml_writer& out) {
    return list_tags(call, out, person_kind::role);
}

// What there is of each kind. What cannot be here is none; quotas of AWS are not ours to tell.
task<account_result<>> account::get_account_summary(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only({});
    if (!known) co_return known.error();
    auto const people = co_await call.guard.admin().list_principals(call.who);
    if (!people) co_return to_account(people.error());
    auto const policies = co_await call.guard.managed_policies().list(call.who);
    if (!policies) co_return to_account(policies.error());
    auto const providers = co_await call.guard.providers().list(call.who);
    if (!providers) co_return to_account(providers.error());
    auto const count = [&](person_kind kind) {
        return static_cast<std::size_t>(
            std::count_if(people->begin(), people->end(), [&](auto const& one) {
                return !one.built_in && is_kind(one.kind, kind);
            }));
    };
    out.open("SummaryMap");
    write_entry(out, "Users", count(person_kind::user));
    write_entry(out, "Groups", count(person_kind::group));
    write_entry(out, "Roles", count(person_kind::role));
    write_entry(out, "Policies", policies->size());
    write_entry(out, "Providers", providers->size());
    for (auto const* none : {"InstanceProfiles", "ServerCertificates", "MFADevices",
                             "MFADevicesInUse", "AccountMFAEnabled",
                             "AccountSigningCertificatesPresent"})
        write_entry(out, none, 0);
    out.close();
    co_return account_result<>{};
}

}  // namespace sluice::s3
