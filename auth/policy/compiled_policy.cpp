#include "auth/policy/compiled_policy.hpp"

#include <algorithm>

#include "auth/identity/principal.hpp"

namespace sluice::auth {

principal_policy::principal_policy(std::vector<rule> const& rules, subject const& who)
    : id_(who.id),
      closure_(who.closure.begin(), who.closure.end()) {
    for (auto const& value : rules) {
        if (!principal_matches(value.who, who)) continue;
        auto verbs = value.verbs;
        if (id_ == root_id && value.effect == effect::deny) verbs = verbs.without(root_keeps);
        for (std::size_t verb = 0; verb < action_count; ++verb) {
            if (!verbs.has(static_cast<action>(verb))) continue;
            if (value.on.name.what == text_pattern::kind::exact)
                by_verb_[verb].exact[value.on.name.text].push_back(&value);
            else by_verb_[verb].patterned.push_back(&value);
        }
    }
}

decision principal_policy::decide(access_request const& request) const {
    verdict collected(request);
    add_built_ins(collected, subject{id_, closure_}, request);
    add_attached(collected, subject{id_, closure_}, request);
    auto const& rules = by_verb_[static_cast<std::size_t>(request.verb)];
    if (auto named = rules.exact.find(request.name); named != rules.exact.end())
        for (auto const* value : named->second)
            if (resource_matches(*value, request)) collected.add(*value);
    for (auto const* value : rules.patterned)
        if (resource_matches(*value, request)) collected.add(*value);
    return collected.take();
}

result<std::shared_ptr<compiled_policy const>> compiled_policy::build(policy_options const& options,
                                                                      std::vector<rule> rules,
                                                                      std::uint64_t epoch) {
    if (rules.size() > options.rules) return failure{error::too_large, "too many policy rules"};
    std::shared_ptr<compiled_policy> made(new compiled_policy);
    made->rules_ = std::move(rules);
    std::sort(made->rules_.begin(), made->rules_.end(),
              [](auto const& a, auto const& b) { return a.id < b.id; });
    made->epoch_ = epoch;
    made->most_compiled_ = options.compiled_principals;
    return std::shared_ptr<compiled_policy const>(std::move(made));
}

std::shared_ptr<principal_policy const> compiled_policy::of(subject const& who) const {
    {
        std::lock_guard lock(mutex_);
        if (auto found = compiled_.find(who.id); found != compiled_.end()) return found->second;
    }
    auto made = std::make_shared<principal_policy const>(rules_, who);
    std::lock_guard lock(mutex_);
    if (compiled_.size() >= most_compiled_) compiled_.erase(compiled_.begin());
    compiled_.insert_or_assign(who.id, made);
    return made;
}

rule const* compiled_policy::find(rule_id id) const noexcept {
    auto at = std::lower_bound(rules_.begin(), rules_.end(), id,
                               [](rule const& value, rule_id wanted) { return value.id < wanted; });
    return at != rules_.end() && at->id == id ? &*at : nullptr;
}

}  // namespace sluice::auth
