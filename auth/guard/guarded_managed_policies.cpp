#include "auth/guard/guarded_managed_policies.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "auth/guard/admin_steps.hpp"
#include "auth/guard/policy_documents.hpp"
#include "auth/policy/iam_names.hpp"

namespace sluice::auth {
namespace {

intent on_policy(std::string const& arn) {
    auto wanted = on_cluster(action::grant);
    auto const named = policy_of_arn(arn);
    wanted.part = "policy/" + (named ? named->name : arn);
    return wanted;
}

refusal no_policy(std::string const& arn) {
    return refusal(missing_thing::rule, "Policy " + arn + " does not exist or is not attachable.");
}

refusal too_many(std::string text) { return refusal(failure{error::too_large, std::move(text)}); }

// Whoever it is of; nullptr: there is none of that ARN.
managed_policy const* find_policy(access_state const& state, std::string_view arn) {
    auto const named = policy_of_arn(arn);
    if (!named) return nullptr;
    auto const among = [&](auto const& all) -> managed_policy const* {
        for (auto const& one : all)
            if (one.name == named->name) return &one;
        return nullptr;
    };
    return named->is_aws ? among(aws_policies()) : among(*state.policies);
}

// One that can be changed: not AWS's.
managed_policy const* find_own(access_state const& state, std::string_view arn) {
    auto const named = policy_of_arn(arn);
    return named && !named->is_aws ? find_policy(state, arn) : nullptr;
}

// As many as there are holders.
std::vector<principal_id> holders_of(access_state const& state, std::string_view arn) {
    std::vector<principal_id> out;
    for (auto const& one : state.rules->rules())
        if (!one.text.empty() && attached_arn(one.document) == arn) out.push_back(one.who.id);
    return out;
}

result<std::vector<rule>> rules_for(access_state const& state, std::string const& document,
                                    principal_id holder) {
    iam_scope scope{*state.people, {}, holder};
    scope.limits.bytes = longest_managed_document;
    SLUICE_TRY(auto parsed, parse_iam_policy(document, scope));
    return std::move(parsed.rules);
}

// What is wrong with a document, whoever it will be attached to.
result<void> check_document(access_state const& state, std::string const& document) {
    SLUICE_CHECK(rules_for(state, document, root_id));
    return {};
}

// The rules of one attachment in place of those there were, which keep their ids: fewer records.
guarded<void> replace_rules(guard_core& core, caller const& who, access_state const& state,
                            std::string const& arn, std::string const& document,
                            principal_id holder, access_change& into) {
    auto rules = rules_for(state, document, holder);
    if (rules.has_error()) return refusal(failure{error::unsupported, rules.error().text});
    auto const name = attachment_name(holder, arn);
    auto before = rules_of(state, name);
    auto const now = core.clock.now();
    for (auto& one : *rules) {
        if (before.empty()) {
            one.id = rule_id{fresh_id(core.random)};
        } else {
            one.id = before.back();
            before.pop_back();
        }
        one.grantor = who.id();
        one.created = now;
        one.document = name;
        if (!one.text.empty()) one.text = arn;  // the policy has the text itself
        into.put_rules.push_back(std::move(one));
    }
    into.erased_rules.insert(into.erased_rules.end(), before.begin(), before.end());
    if (into.put_rules.size() + into.erased_rules.size() > most_rules_of_policy)
        return too_many("The policy is attached so often that it would make more than " +
                        std::to_string(most_rules_of_policy) + " rules.");
    return {};
}

guarded_managed_policies::summary summary_of(managed_policy const& from, bool is_aws,
                                             std::size_t attachments) {
    return {from, is_aws ? aws_policy_arn(from.name) : policy_arn(from.name), is_aws, attachments};
}

}  // namespace

task<guarded<guarded_managed_policies::summary>> guarded_managed_policies::add(
    caller const& who, std::string name, std::string description, std::string document) {
    auto const about = on_policy(policy_arn(name));
    auto mine = co_await begin_change(core_, who, about);
    if (mine.has_error()) co_return std::move(mine).error();
    managed_policy made;
    made.id = fresh_id(core_.random);
    made.created = made.updated = core_.clock.now();
    made.versions.push_back({1, made.created, document});
    auto fits = check_policy_name(name);
    if (fits.has_value() && description.size() > longest_description)
        fits = failure{error::invalid_argument, "a description has at most 1000 characters"};
    if (fits.has_error())
        co_return co_await refuse_change(core_, who, about, mine->decided, refusal(fits.error()));
    auto const reads = check_document(*mine->state, document);
    if (reads.has_error()) {
        refusal unfit(failure{error::unsupported, reads.error().text});
        co_return co_await refuse_change(core_, who, about, mine->decided, std::move(unfit));
    }
    made.name = std::move(name);
    made.description = std::move(description);
    if (find_policy(*mine->state, policy_arn(made.name))) {
        refusal taken(failure{error::already_exists,
                              "A policy called " + made.name + " already exists."});
        co_return co_await refuse_change(core_, who, about, mine->decided, std::move(taken));
    }
    access_change change;
    change.put_policies.push_back(made);
    auto const done = co_await finish_change(core_, who, about, *mine, std::move(change));
    if (done.has_error()) co_return done.error();
    co_return summary_of(made, false, 0);
}

task<guarded<guarded_managed_policies::summary>> guarded_managed_policies::find(caller const& who,
                                                                               std::string arn) {
    auto const wanted = on_policy(arn);
    auto const decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return decided.error();
    auto const counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return counted.error();
    auto const state = core_.registry.current();
    auto const* found = find_policy(*state, arn);
    if (found == nullptr) co_return no_policy(arn);
    co_return summary_of(*found, find_own(*state, arn) == nullptr, holders_of(*state, arn).size());
}

task<guarded<std::vector<guarded_managed_policies::summary>>> guarded_managed_policies::list(
    caller const& who) {
    auto const wanted = on_cluster(action::grant);
    auto const decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return decided.error();
    auto const counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return counted.error();
    auto const state = core_.registry.current();
    std::map<std::string_view, std::size_t> attached;
    for (auto const& one : state->rules->rules())
        if (!one.text.empty() && !attached_arn(one.document).empty())
            ++attached[attached_arn(one.document)];
    std::vector<summary> out;
    auto const add_all = [&](auto const& all, bool is_aws) {
        for (auto const& one : all) {
            out.push_back(summary_of(one, is_aws, 0));
            if (auto const at = attached.find(out.back().arn); at != attached.end())
                out.back().attachments = at->second;
        }
    };
    add_all(*state->policies, false);
    add_all(aws_policies(), true);
    std::sort(out.begin(), out.end(), [](auto const& a, auto const& b) {
        return std::tie(a.policy.name, a.is_aws) < std::tie(b.policy.name, b.is_aws);
    });
    co_return out;
}

task<guarded<void>> guarded_managed_policies::remove(caller const& who, std::string arn) {
    auto const about = on_policy(arn);
    auto mine = co_await begin_change(core_, who, about);
    if (mine.has_error()) co_return std::move(mine).error();
    auto const* found = find_own(*mine->state, arn);
    if (found == nullptr)
        co_return co_await refuse_change(core_, who, about, mine->decided, no_policy(arn));
    std::string why;
    if (!holders_of(*mine->state, arn).empty())
        why = "Cannot delete a policy attached to entities.";
    else if (found->versions.size() > 1)
        why = "This policy has more than one version. Before you delete a policy, you must delete "
              "the policy's versions. The default version is deleted with the policy.";
    if (!why.empty()) {
        refusal in_use(failure{error::conflict, std::move(why)});
        co_return co_await refuse_change(core_, who, about, mine->decided, std::move(in_use));
    }
    access_change change;
    change.erased_policies.push_back(found->name);
    co_return co_await finish_change(core_, who, about, *mine, std::move(change));
}

// `next` has another default version: what is attached becomes that one.
task<guarded<void>> guarded_managed_policies::change_default(caller const& who, std::string arn,
                                                             managed_policy next,
                                                             admin_turn const& mine) {
    auto const about = on_policy(arn);
    access_change change;
    auto const& document = next.find(next.default_version)->document;
    for (auto holder : holders_of(*mine.state, arn)) {
        auto const replaced =
            replace_rules(core_, who, *mine.state, arn, document, holder, change);
        if (replaced.has_error())
            co_return co_await refuse_change(core_, who, about, mine.decided, replaced.error());
    }
    change.put_policies.push_back(std::move(next));
    co_return co_await finish_change(core_, who, about, mine, std::move(change));
}

task<guarded<policy_version>> guarded_managed_policies::add_version(caller const& who,
                                                                    std::string arn,
                                                                    std::string document,
                                                                    bool is_default) {
    auto const about = on_policy(arn);
    auto mine = co_await begin_change(core_, who, about);
    if (mine.has_error()) co_return std::move(mine).error();
    auto const* found = find_own(*mine->state, arn);
    if (found == nullptr)
        co_return co_await refuse_change(core_, who, about, mine->decided, no_policy(arn));
    if (found->versions.size() >= most_policy_versions)
        co_return co_await refuse_change(
            core_, who, about, mine->decided,
            too_many("A managed policy can have up to 5 versions. Before you create a new version, "
                     "you must delete an existing version."));
    auto const reads = check_document(*mine->state, document);
    if (reads.has_error()) {
        refusal unfit(failure{error::unsupported, reads.error().text});
        co_return co_await refuse_change(core_, who, about, mine->decided, std::move(unfit));
    }
    auto next = *found;
    next.updated = core_.clock.now();
    policy_version const made{++next.last_version, next.updated, std::move(document)};
    next.versions.push_back(made);
    auto changed = guarded<void>();
    if (is_default) {
        next.default_version = made.number;
        changed = co_await change_default(who, arn, std::move(next), *mine);
    } else {
        access_change change;
        change.put_policies.push_back(std::move(next));
        changed = co_await finish_change(core_, who, about, *mine, std::move(change));
    }
    if (changed.has_error()) co_return changed.error();
    co_return made;
}

task<guarded<void>> guarded_managed_policies::set_default_version(caller const& who,
                                                                  std::string arn,
                                                                  std::uint32_t number) {
    auto const about = on_policy(arn);
    auto mine = co_await begin_change(core_, who, about);
    if (mine.has_error()) co_return std::move(mine).error();
    auto const* found = find_own(*mine->state, arn);
    if (found == nullptr || found->find(number) == nullptr)
        co_return co_await refuse_change(core_, who, about, mine->decided, no_policy(arn));
    auto next = *found;
    next.default_version = number;
    next.updated = core_.clock.now();
    co_return co_await change_default(who, arn, std::move(next), *mine);
}

task<guarded<void>> guarded_managed_policies::remove_version(caller const& who, std::string arn,
                                                             std::uint32_t number) {
    auto const about = on_policy(arn);
    auto mine = co_await begin_change(core_, who, about);
    if (mine.has_error()) co_return std::move(mine).error();
    auto const* found = find_own(*mine->state, arn);
    if (found == nullptr || found->find(number) == nullptr)
        co_return co_await refuse_change(core_, who, about, mine->decided, no_policy(arn));
    if (found->default_version == number) {
        refusal in_force(failure{error::conflict, "Cannot delete the default version of a policy."});
        co_return co_await refuse_change(core_, who, about, mine->decided, std::move(in_force));
    }
    auto next = *found;
    std::erase_if(next.versions, [&](auto const& one) { return one.number == number; });
    access_change change;
    change.put_policies.push_back(std::move(next));
    co_return co_await finish_change(core_, who, about, *mine, std::move(change));
}

task<guarded<void>> guarded_managed_policies::attach(caller const& who, std::string holder,
                                                     std::string arn) {
    auto const about = on_policy(arn);
    auto mine = co_await begin_change(core_, who, about);
    if (mine.has_error()) co_return std::move(mine).error();
    auto const& state = *mine->state;
    auto const* person = find_holder(state, holder);
    auto const* policy = find_policy(state, arn);
    if (person == nullptr || policy == nullptr) {
        auto missing = person == nullptr ? no_such_principal(holder) : no_policy(arn);
        co_return co_await refuse_change(core_, who, about, mine->decided, std::move(missing));
    }
    access_change change;
    if (carrier_of(state, attachment_name(person->id, arn)) != nullptr)
        co_return co_await finish_change(core_, who, about, *mine, std::move(change));
    std::size_t of_holder = 0, of_policy = 0;
    for (auto const& one : state.rules->rules()) {
        auto const attached = attached_arn(one.document);
        if (attached == arn) ++of_policy;
        if (!attached.empty() && !one.text.empty() && one.who.id == person->id) ++of_holder;
    }
    auto const& document = policy->find(policy->default_version)->document;
    auto made = replace_rules(core_, who, state, arn, document, person->id, change);
    if (made.has_value() && of_holder >= most_attached_policies)
        made = too_many("Cannot exceed the quota of 10 managed policies attached to one entity.");
    if (made.has_value() && of_policy + change.put_rules.size() > most_rules_of_policy)
        made = too_many("The policy is attached so often that it would make more than " +
                        std::to_string(most_rules_of_policy) + " rules.");
    if (made.has_error())
        co_return co_await refuse_change(core_, who, about, mine->decided, made.error());
    co_return co_await finish_change(core_, who, about, *mine, std::move(change));
}

task<guarded<void>> guarded_managed_policies::detach(caller const& who, std::string holder,
                                                     std::string arn) {
    auto const about = on_policy(arn);
    auto mine = co_await begin_change(core_, who, about);
    if (mine.has_error()) co_return std::move(mine).error();
    auto const* person = mine->state->people->find(holder);
    access_change change;
    if (person) change.erased_rules = rules_of(*mine->state, attachment_name(person->id, arn));
    if (change.erased_rules.empty()) {
        refusal missing(missing_thing::rule, "Policy " + arn + " was not found.");
        co_return co_await refuse_change(core_, who, about, mine->decided, std::move(missing));
    }
    co_return co_await finish_change(core_, who, about, *mine, std::move(change));
}

task<guarded<std::vector<guarded_managed_policies::attachment>>>
guarded_managed_policies::attachments(caller const& who) {
    auto const wanted = on_cluster(action::grant);
    auto const decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return decided.error();
    auto const counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return counted.error();
    auto const state = core_.registry.current();
    std::vector<attachment> out;
    for (auto const& one : state->rules->rules()) {
        auto const arn = attached_arn(one.document);
        auto const* holder = state->people->find(one.who.id);
        if (one.text.empty() || arn.empty() || holder == nullptr) continue;
        out.push_back({holder->name, holder->kind, holder->id, std::string(arn)});
    }
    std::sort(out.begin(), out.end(), [](auto const& a, auto const& b) {
        return std::tie(a.arn, a.holder) < std::tie(b.arn, b.holder);
    });
    co_return out;
}

}  // namespace sluice::auth
