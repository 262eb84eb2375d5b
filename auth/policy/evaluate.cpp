#include "auth/policy/evaluate.hpp"

#include <algorithm>

#include "auth/identity/principal.hpp"
#include "auth/policy/condition.hpp"
#include "auth/policy/grammar_acl.hpp"
#include "auth/policy/session_policy.hpp"
#include "auth/policy/system_rule.hpp"

namespace sluice::auth {
namespace {

constexpr action_set changes_data{
    action::append, action::update, action::delete_, action::create,
    action::drop,   action::alter,  action::tag,     action::bypass_retention,
    action::delete_version};
// Of the journals of buckets, which the server writes out and drops by itself.
constexpr std::string_view journal_names = "__journal.";
constexpr action_set not_the_owners{action::admin, action::bypass_retention};
// What access lists give or do not give to the owner of a bucket too.
constexpr action_set by_lists{action::read, action::update, action::list};

void keep_smallest(rule_id& kept, rule_id candidate) noexcept {
    if (kept == rule_id{} || candidate < kept) kept = candidate;
}

enum class applies : std::uint8_t { yes, no, waits };

// A rule waits only if nothing but what it waits for can still keep it from applying.
applies conditions_apply(rule const& value, access_request const& request) {
    bool const variables = value.origin == grammar::iam_json;
    auto out = applies::yes;
    for (auto const& one : value.conditions) {
        auto outcome = test_condition(one, request, variables);
        if (outcome == condition_outcome::fails) return applies::no;
        if (outcome == condition_outcome::unknown && value.effect == effect::allow)
            return applies::no;
        if (outcome == condition_outcome::waits) out = applies::waits;
    }
    return out;
}

}  // namespace

std::string rule_label(rule_id id) {
    if (id == built_in::default_deny) return "builtin:default-deny";
    if (id == built_in::root) return "builtin:root";
    if (id == built_in::system_names) return "builtin:system-names";
    if (id == built_in::owner) return "builtin:owner";
    if (id == built_in::inactive) return "builtin:inactive";
    if (id == built_in::member) return "builtin:member";
    if (id == built_in::session) return "builtin:session";
    if (id == built_in::system) return "builtin:system";
    if (id == built_in::acl_bucket) return "acl:bucket";
    if (id == built_in::acl_object) return "acl:object";
    return to_text(id);
}

bool principal_matches(principal_pattern const& pattern, subject const& who) noexcept {
    switch (pattern.what) {
        case principal_pattern::kind::anyone: return true;
        case principal_pattern::kind::authenticated: return who.id != anonymous_id;
        case principal_pattern::kind::named:
            return std::binary_search(who.closure.begin(), who.closure.end(), pattern.id);
    }
    return false;
}

bool resource_matches(rule const& value, access_request const& request) noexcept {
    return value.on.kind == request.kind && (request.face == 0 || (value.facets & request.face)) &&
           value.on.name.matches(request.name) && value.on.part.matches(request.part);
}

bool verdict::columns_denied(rule const& value) const noexcept {
    if (value.columns.empty() || request_.columns.empty()) return true;
    return std::any_of(request_.columns.begin(), request_.columns.end(),
                       [&](std::string_view wanted) {
                           return std::find(value.columns.begin(), value.columns.end(), wanted) !=
                                  value.columns.end();
                       });
}

void verdict::cover_columns(rule const& value) {
    covered_.resize(request_.columns.size());
    for (std::size_t i = 0; i < covered_.size(); ++i) {
        if (std::find(value.columns.begin(), value.columns.end(), request_.columns[i]) ==
            value.columns.end())
            continue;
        covered_[i] = true;
        keep_smallest(partial_, value.id);
    }
}

void verdict::add_waiting(rule const& value) {
    (value.effect == effect::deny ? deny_waits_ : allow_waits_) = true;
}

void verdict::add(rule const& value) {
    auto const does = conditions_apply(value, request_);
    if (does == applies::waits) add_waiting(value);
    if (does != applies::yes) return;
    if (value.effect == effect::deny) {
        if (columns_denied(value)) keep_smallest(deny_, value.id);
    } else if (value.columns.empty()) {
        keep_smallest(allow_, value.id);
    } else {
        cover_columns(value);
    }
}

void verdict::add_built_in(auth::effect which, rule_id id) {
    keep_smallest(which == effect::deny ? deny_ : allow_, id);
}

decision verdict::take() const {
    if (deny_ != rule_id{}) return {effect::deny, deny_, false};
    if (allow_ != rule_id{}) return {effect::allow, allow_, deny_waits_};
    if (!covered_.empty() && std::find(covered_.begin(), covered_.end(), false) == covered_.end())
        return {effect::allow, partial_, deny_waits_};
    return {effect::deny, built_in::default_deny, allow_waits_};
}

void add_built_ins(verdict& into, subject const& who, access_request const& request) {
    if (request.kind == resource_kind::dataset && request.name.starts_with("__") &&
        changes_data.has(request.verb))
        into.add_built_in(effect::deny, built_in::system_names);
    if (who.id == root_id) into.add_built_in(effect::allow, built_in::root);
    auto const kept = request.lists_count ? not_the_owners | by_lists : not_the_owners;
    if (request.owner != principal_id{} && request.owner == who.id && who.id != anonymous_id &&
        !kept.has(request.verb))
        into.add_built_in(effect::allow, built_in::owner);
}

void add_attached(verdict& into, subject const& who, access_request const& request) {
    for (auto const& value : request.attached)
        if (value.verbs.has(request.verb) && principal_matches(value.who, who) &&
            resource_matches(value, request))
            into.add(value);
}

decision decide_for_system(access_request const& request) {
    constexpr action_set on_datasets{action::list, action::describe, action::update, action::delete_,
                                     action::delete_version};
    constexpr action_set on_journals{action::read_log, action::delete_, action::drop};
    bool const is_own = request.name.starts_with("__");
    bool const is_journal = request.name.starts_with(journal_names);
    bool const allowed = request.kind == resource_kind::dataset
                             ? (is_own ? is_journal && on_journals.has(request.verb)
                                       : on_datasets.has(request.verb))
                             : request.kind == resource_kind::cluster &&
                                   request.verb == action::list;
    if (!allowed) return {effect::deny, built_in::default_deny};
    return {effect::allow, built_in::system};
}

decision evaluate(std::span<rule const> rules, subject const& who, access_request const& request) {
    verdict collected(request);
    add_built_ins(collected, who, request);
    add_attached(collected, who, request);
    for (auto const& value : rules) {
        if (!value.verbs.has(request.verb) || !principal_matches(value.who, who)) continue;
        if (who.id == root_id && value.effect == effect::deny && root_keeps.has(request.verb))
            continue;
        if (resource_matches(value, request)) collected.add(value);
    }
    return collected.take();
}

}  // namespace sluice::auth
