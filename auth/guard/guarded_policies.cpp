#include "auth/guard/guarded_policies.hpp"

#include <algorithm>
#include <tuple>

#include "auth/guard/admin_steps.hpp"
#include "auth/guard/policy_documents.hpp"
#include "auth/policy/iam_names.hpp"
#include "backend/store/bucket_verbs.hpp"

namespace sluice::auth {
namespace {

constexpr std::string_view bypass_action = "s3:bypassgovernanceretention";

// The document in place of the one of that name.
access_change replacement(guard_core& core, caller const& who, access_state const& state,
                          std::string const& document, std::vector<rule> rules) {
    access_change change;
    change.erased_rules = rules_of(state, document);
    auto const now = core.clock.now();
    for (auto& one : rules) {
        one.id = rule_id{fresh_id(core.random)};
        one.grantor = who.id();
        one.created = now;
        one.document = document;
        change.put_rules.push_back(std::move(one));
    }
    return change;
}

// An owner cannot give what he has not himself (0006, "Decision"): whoever wants to name the bypass of
// retention needs `grant` on the cluster, and the wild actions of others do not cover it.
result<void> bound_to_owner(std::vector<rule>& rules) {
    action_set const bypass{action::bypass_retention};
    for (auto& one : rules) {
        if (one.effect != effect::allow || !one.verbs.has(action::bypass_retention)) continue;
        auto const& named = one.conditions.front().values;
        one.verbs = one.verbs.without(bypass);
        if (one.verbs.empty() ||
            std::find(named.begin(), named.end(), bypass_action) != named.end())
            return failure{error::permission_denied, "bypass of retention"};
    }
    return {};
}

// Whether the author could still change the policy once it is in force.
bool keeps_right(guard_core& core, caller const& who, access_state const& state,
                 access_change const& change, intent const& wanted, principal_id owner) {
    std::vector<rule> next;
    for (auto const& one : state.rules->rules())
        if (std::find(change.erased_rules.begin(), change.erased_rules.end(), one.id) ==
            change.erased_rules.end())
            next.push_back(one);
    next.insert(next.end(), change.put_rules.begin(), change.put_rules.end());
    return core.would_allow(std::move(next), who, wanted, owner);
}

refusal no_policy(std::string const& name) {
    return refusal(missing_thing::rule, "there is no policy '" + name + "'");
}

}  // namespace

task<guarded<guarded_policies::put_outcome>> guarded_policies::put_of_bucket(caller const& who,
                                                                             put_request request) {
    auto const wanted = on_bucket(action::grant, request.bucket);
    auto mine = co_await begin_change(core_, who, wanted);
    if (mine.has_error()) co_return std::move(mine).error();
    auto bucket = co_await store::head_bucket(core_.engine, request.bucket);
    if (bucket.has_error()) {
        auto answer = co_await core_.failed(who, wanted, mine->decided, std::move(bucket).error());
        co_return co_await core_.missing(std::move(request.bucket), missing_thing::nothing,
                                         std::move(answer));
    }
    iam_scope const scope{*mine->state->people, request.bucket};
    auto policy = parse_iam_policy(request.document, scope);
    if (policy.has_error())
        co_return co_await refuse_change(core_, who, wanted, mine->decided,
                                         refusal(std::move(policy).error()));
    auto const give_all = core_.decide(who, on_cluster(action::grant));
    auto bounded = success();
    if (!give_all.allowed()) bounded = bound_to_owner(policy->rules);
    if (bounded.has_error())
        co_return co_await refuse_change(core_, who, wanted, mine->decided,
                                         refusal(std::move(bounded).error()));
    refusal const denied(failure{error::permission_denied});
    if (policy->is_public && request.refuse_public) {
        auto const recorded =
            co_await refuse_change(core_, who, wanted, mine->decided, denied);
        if (recorded.code != denied.code) co_return recorded;
        co_return put_outcome::is_public;
    }
    auto change = replacement(core_, who, *mine->state, bucket_policy_name(request.bucket),
                              std::move(policy->rules));
    if (!request.may_lock_out &&
        !keeps_right(core_, who, *mine->state, change, wanted, bucket->owner)) {
        auto const recorded =
            co_await refuse_change(core_, who, wanted, mine->decided, denied);
        if (recorded.code != denied.code) co_return recorded;
        co_return put_outcome::locks_out;
    }
    auto done = co_await finish_change(core_, who, wanted, *mine, std::move(change));
    if (done.has_error()) co_return std::move(done).error();
    co_return put_outcome::stored;
}

task<guarded<guarded_policies::bucket_policy>> guarded_policies::of_bucket(caller const& who,
                                                                           std::string bucket) {
    auto const wanted = on_bucket(action::grant, bucket);
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    auto counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return std::move(counted).error();
    auto found = co_await store::head_bucket(core_.engine, bucket);
    if (found.has_error())
        co_return co_await core_.missing(std::move(bucket), missing_thing::nothing,
                                         std::move(found).error());
    auto const state = core_.registry.current();
    auto const document = bucket_policy_name(bucket);
    auto const* carrier = carrier_of(*state, document);
    if (carrier == nullptr) co_return no_policy(document);
    bucket_policy out;
    out.document = carrier->text;
    out.is_public = is_public(*state, document);
    co_return out;
}

task<guarded<void>> guarded_policies::remove_of_bucket(caller const& who, std::string bucket) {
    auto const wanted = on_bucket(action::grant, bucket);
    auto mine = co_await begin_change(core_, who, wanted);
    if (mine.has_error()) co_return std::move(mine).error();
    auto found = co_await store::head_bucket(core_.engine, bucket);
    if (found.has_error()) {
        auto answer = co_await core_.failed(who, wanted, mine->decided, std::move(found).error());
        co_return co_await core_.missing(std::move(bucket), missing_thing::nothing,
                                         std::move(answer));
    }
    access_change change;
    change.erased_rules = rules_of(*mine->state, bucket_policy_name(bucket));
    co_return co_await finish_change(core_, who, wanted, *mine, std::move(change));
}

task<guarded<void>> guarded_policies::put(caller const& who, identity_policy policy) {
    auto const wanted = on_cluster(action::grant);
    auto mine = co_await begin_change(core_, who, wanted);
    if (mine.has_error()) co_return std::move(mine).error();
    auto const* holder = find_holder(*mine->state, policy.holder);
    if (holder == nullptr)
        co_return co_await refuse_change(core_, who, wanted, mine->decided,
                                         no_such_principal(policy.holder));
    auto named = check_principal_name(policy.name);
    if (named.has_error()) {
        refusal unfit(failure{error::invalid_argument,
                              "a policy's name is 1 to 64 of [A-Za-z0-9._@+=-]"});
        co_return co_await refuse_change(core_, who, wanted, mine->decided, std::move(unfit));
    }
    iam_scope scope{*mine->state->people, {}};
    scope.holder = holder->id;
    auto parsed = parse_iam_policy(policy.document, scope);
    if (parsed.has_error())
        co_return co_await refuse_change(core_, who, wanted, mine->decided,
                                         refusal(std::move(parsed).error()));
    auto change = replacement(core_, who, *mine->state,
                              identity_policy_name(holder->id, policy.name),
                              std::move(parsed->rules));
    co_return co_await finish_change(core_, who, wanted, *mine, std::move(change));
}

task<guarded<std::vector<guarded_policies::identity_policy>>> guarded_policies::list(
    caller const& who) {
    auto const wanted = on_cluster(action::grant);
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    auto counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return std::move(counted).error();
    auto const state = core_.registry.current();
    std::vector<identity_policy> out;
    for (auto const& one : state->rules->rules()) {
        if (one.origin != grammar::iam_json || one.text.empty() ||
            one.who.what != principal_pattern::kind::named)
            continue;
        auto const prefix = identity_policy_name(one.who.id, "");
        if (!one.document.starts_with(prefix)) continue;
        auto const* holder = state->people->find(one.who.id);
        out.push_back({holder ? holder->name : "", one.document.substr(prefix.size()), one.text});
    }
    std::sort(out.begin(), out.end(), [](auto const& a, auto const& b) {
        return std::tie(a.holder, a.name) < std::tie(b.holder, b.name);
    });
    co_return out;
}

task<guarded<void>> guarded_policies::remove(caller const& who, std::string holder,
                                             std::string name) {
    auto const wanted = on_cluster(action::grant);
    auto mine = co_await begin_change(core_, who, wanted);
    if (mine.has_error()) co_return std::move(mine).error();
    auto const* found = mine->state->people->find(holder);
    access_change change;
    if (found) change.erased_rules = rules_of(*mine->state, identity_policy_name(found->id, name));
    if (change.erased_rules.empty()) {
        auto why = no_policy(name);
        if (!found) why = no_such_principal(holder);
        co_return co_await refuse_change(core_, who, wanted, mine->decided, std::move(why));
    }
    co_return co_await finish_change(core_, who, wanted, *mine, std::move(change));
}

}  // namespace sluice::auth
