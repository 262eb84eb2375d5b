#include "auth/guard/guarded_roles.hpp"

#include <map>

#include "auth/guard/admin_steps.hpp"
#include "auth/guard/policy_documents.hpp"
#include "auth/policy/trust_policy.hpp"

namespace sluice::auth {
namespace {

// The rules of a trust policy in place of those that were.
guarded<void> put_trust(guard_core& core, caller const& who, access_state const& state,
                        principal const& role, std::string const& text, access_change& into) {
    iam_scope scope{*state.people, {}};
    scope.providers = state.providers.get();
    auto rules = parse_trust_policy(text, role.name, std::move(scope));
    if (rules.has_error()) return refusal(failure{error::unsupported, rules.error().text});
    auto const document = trust_policy_name(role.id);
    into.erased_rules = rules_of(state, document);
    auto const now = core.clock.now();
    for (auto& one : *rules) {
        one.id = rule_id{fresh_id(core.random)};
        one.grantor = who.id();
        one.created = now;
        one.document = document;
        into.put_rules.push_back(std::move(one));
    }
    return {};
}

principal const* find_role(access_state const& state, std::string_view name) {
    auto const* found = state.people->find(name);
    return found != nullptr && found->kind == principal_kind::role ? found : nullptr;
}

guarded_roles::role role_of(access_state const& state, principal const& from) {
    guarded_roles::role out{summary_of(*state.people, from), {}};
    if (auto const* carrier = carrier_of(state, trust_policy_name(from.id)))
        out.trust_policy = carrier->text;
    return out;
}

}  // namespace

task<guarded<guarded_roles::role>> guarded_roles::add(caller const& who, new_role wanted) {
    auto const about = on_principal(action::admin, wanted.name);
    auto mine = co_await begin_change(core_, who, about);
    if (mine.has_error()) co_return std::move(mine).error();
    principal made;
    made.id = principal_id{fresh_id(core_.random)};
    made.kind = principal_kind::role;
    made.name = wanted.name;
    made.created = core_.clock.now();
    made.description = std::move(wanted.description);
    made.longest_session = wanted.longest_session;
    made.tags = std::move(wanted.tags);
    if (mine->state->people->find(made.name)) {
        refusal taken(
            failure{error::already_exists, "principal '" + made.name + "' exists already"});
        co_return co_await refuse_change(core_, who, about, mine->decided, std::move(taken));
    }
    access_change change;
    auto const trusted = put_trust(core_, who, *mine->state, made, wanted.trust_policy, change);
    if (trusted.has_error())
        co_return co_await refuse_change(core_, who, about, mine->decided, trusted.error());
    change.put_principals.push_back(made);
    auto const done = co_await finish_change(core_, who, about, *mine, std::move(change));
    if (done.has_error()) co_return done.error();
    co_return role_of(*core_.registry.current(), made);
}

task<guarded<guarded_roles::role>> guarded_roles::find(caller const& who, std::string name) {
    auto const wanted = on_principal(action::admin, name);
    auto const decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return decided.error();
    auto const counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return counted.error();
    auto const state = core_.registry.current();
    auto const* found = find_role(*state, name);
    if (found == nullptr) co_return no_such_principal(name);
    co_return role_of(*state, *found);
}

task<guarded<std::vector<guarded_roles::role>>> guarded_roles::list(caller const& who) {
    auto const wanted = on_cluster(action::admin);
    auto const decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return decided.error();
    auto const counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return counted.error();
    auto const state = core_.registry.current();
    // One look at the rules for all of them.
    std::map<std::string_view, std::string_view> trusts;
    for (auto const& one : state->rules->rules())
        if (!one.text.empty()) trusts.emplace(one.document, one.text);
    std::vector<role> out;
    for (auto const& one : state->people->principals()) {
        if (one.kind != principal_kind::role) continue;
        auto const trust = trusts.find(trust_policy_name(one.id));
        out.push_back({summary_of(*state->people, one),
                       std::string(trust == trusts.end() ? std::string_view() : trust->second)});
    }
    co_return out;
}

task<guarded<void>> guarded_roles::set_trust_policy(caller const& who, std::string name,
                                                    std::string document) {
    auto const about = on_principal(action::admin, name);
    auto mine = co_await begin_change(core_, who, about);
    if (mine.has_error()) co_return std::move(mine).error();
    auto const* found = find_role(*mine->state, name);
    if (found == nullptr)
        co_return co_await refuse_change(core_, who, about, mine->decided, no_such_principal(name));
    access_change change;
    auto const trusted = put_trust(core_, who, *mine->state, *found, document, change);
    if (trusted.has_error())
        co_return co_await refuse_change(core_, who, about, mine->decided, trusted.error());
    co_return co_await finish_change(core_, who, about, *mine, std::move(change));
}

task<guarded<guarded_roles::role>> guarded_roles::update(
    caller const& who, std::string name, std::optional<std::string> description,
    std::optional<std::uint32_t> longest_session) {
    auto const about = on_principal(action::admin, name);
    auto mine = co_await begin_change(core_, who, about);
    if (mine.has_error()) co_return std::move(mine).error();
    auto const* found = find_role(*mine->state, name);
    if (found == nullptr)
        co_return co_await refuse_change(core_, who, about, mine->decided, no_such_principal(name));
    auto next = *found;
    if (description) next.description = *std::move(description);
    if (longest_session) next.longest_session = *longest_session;
    access_change change;
    change.put_principals.push_back(next);
    auto const done = co_await finish_change(core_, who, about, *mine, std::move(change));
    if (done.has_error()) co_return done.error();
    co_return role_of(*core_.registry.current(), next);
}

}  // namespace sluice::auth
