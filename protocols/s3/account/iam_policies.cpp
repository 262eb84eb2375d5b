// Put-, Get-, List- and Delete- of UserPolicy, GroupPolicy and RolePolicy: IAM JSON of one principal
// (IAM API reference, version 2010-05-08).
#include <algorithm>

#include "auth/authn/uri_encoding.hpp"
#include "auth/guard/guarded_policies.hpp"
#include "protocols/s3/account/people.hpp"

namespace sluice::s3 {
namespace {

struct named_policy {
    std::string holder;
    std::string name;
};

// Whose policy is meant, who must be there, and its name.
task<account_result<named_policy>> policy_named(account_call const& call, person_kind who) {
    auto const holder = call.request.demand(name_element(who));
    if (!holder) co_return holder.error();
    auto const name = call.request.demand("PolicyName");
    if (!name) co_return name.error();
    auto const there = co_await find_person(call, std::string(*holder), who);
    if (!there) co_return there.error();
    co_return named_policy{std::string(*holder), std::string(*name)};
}

account_failure no_such_policy(std::string const& name) {
    return {account_error::no_such_entity, "The policy with name " + name + " cannot be found.",
            {}};
}

task<account_result<>> put(account_call const& call, person_kind who) {
    auto const known = call.request.allow_only({name_element(who), "PolicyName", "PolicyDocument"});
    if (!known) co_return known.error();
    auto const document = call.request.demand("PolicyDocument");
    if (!document) co_return document.error();
    auto const named = co_await policy_named(call, who);
    if (!named) co_return named.error();
    auth::guarded_policies::identity_policy policy{named->holder, named->name,
                                                   std::string(*document)};
    auto const done = co_await call.guard.policies().put(call.who, std::move(policy));
    if (!done && done.error().code == error::invalid_argument)
        co_return account_failure{account_error::malformed_policy_document, done.error().text, {}};
    if (!done) co_return to_account(done.error());
    co_return account_result<>{};
}

task<account_result<>> get(account_call const& call, xml_writer& out, person_kind who) {
    auto const known = call.request.allow_only({name_element(who), "PolicyName"});
    if (!known) co_return known.error();
    auto const named = co_await policy_named(call, who);
    if (!named) co_return named.error();
    auto const all = co_await call.guard.policies().list(call.who);
    if (!all) co_return to_account(all.error());
    auto const found = std::find_if(all->begin(), all->end(), [&](auto const& one) {
        return one.holder == named->holder && one.name == named->name;
    });
    if (found == all->end()) co_return no_such_policy(named->name);
    out.element(name_element(who), named->holder).element("PolicyName", named->name);
    out.element("PolicyDocument", auth::uri_encode(found->document, false));
    co_return account_result<>{};
}

task<account_result<>> list(account_call const& call, xml_writer& out, person_kind who) {
    auto const known = call.request.allow_only({name_element(who), "Marker", "MaxItems"});
    if (!known) co_return known.error();
    auto const page = page_of(call.request);
    if (!page) co_return page.error();
    auto const holder = call.request.demand(name_element(who));
    if (!holder) co_return holder.error();
    auto const there = co_await find_person(call, std::string(*holder), who);
    if (!there) co_return there.error();
    auto const all = co_await call.guard.policies().list(call.who);
    if (!all) co_return to_account(all.error());
    std::vector<std::string> names;
    for (auto const& one : *all)
        if (one.holder == *holder && one.name > page->after) names.push_back(one.name);
    std::sort(names.begin(), names.end());
    bool const more = names.size() > page->most;
    if (more) names.resize(page->most);
    out.open("PolicyNames");
    for (auto const& name : names) out.element("member", name);
    out.close().element("IsTruncated", more);
    if (more) out.element("Marker", names.back());
    co_return account_result<>{};
}

task<account_result<>> remove(account_call const& call, person_kind who) {
    auto const known = call.request.allow_only({name_element(who), "PolicyName"});
    if (!known) co_return known.error();
    auto const named = co_await policy_named(call, who);
    if (!named) co_return named.error();
    auto const done =
        co_await call.guard.policies().remove(call.who, named->holder, named->name);
    if (!done) co_return to_account(done.error());
    co_return account_result<>{};
}

}  // namespace

task<account_result<>> account::put_user_policy(account_call const& call, xml_writer&) {
    return put(call, person_kind::user);
}
task<account_result<>> account::get_user_policy(account_call const& call, xml_writer& out) {
    return get(call, out, person_kind::user);
}
task<account_result<>> account::list_user_policies(account_call const& call, xml_writer& out) {
    return list(call, out, person_kind::user);
}
task<account_result<>> account::delete_user_policy(account_call const& call, xml_writer&) {
    return remove(call, person_kind::user);
}

task<account_result<>> account::put_group_policy(account_call const& call, xml_writer&) {
    return put(call, person_kind::group);
}
task<account_result<>> account::get_group_policy(account_call const& call, xml_writer& out) {
    return get(call, out, person_kind::group);
}
task<account_result<>> account::list_group_policies(account_call const& call, xml_writer& out) {
    return list(call, out, person_kind::group);
}
task<account_result<>> account::delete_group_policy(account_call const& call, xml_writer&) {
    return remove(call, person_kind::group);
}

task<account_result<>> account::put_role_policy(account_call const& call, xml_writer&) {
    return put(call, person_kind::role);
}
task<account_result<>> account::get_role_policy(account_call const& call, xml_writer& out) {
    return get(call, out, person_kind::role);
}
task<account_result<>> account::list_role_policies(account_call const& call, xml_writer& out) {
    return list(call, out, person_kind::role);
}
task<account_result<>> account::delete_role_policy(account_call const& call, xml_writer&) {
    return remove(call, person_kind::role);
}

}  // namespace sluice::s3
