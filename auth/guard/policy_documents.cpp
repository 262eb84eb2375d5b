#include "auth/guard/policy_documents.hpp"

#include <algorithm>

#include "auth/policy/iam_keys.hpp"
#include "backend/store/bucket_verbs.hpp"

namespace sluice::auth {

std::vector<rule_id> rules_of(access_state const& state, std::string_view document) {
    std::vector<rule_id> out;
    for (auto const& one : state.rules->rules())
        if (one.document == document) out.push_back(one.id);
    return out;
}

rule const* carrier_of(access_state const& state, std::string_view document) {
    for (auto const& one : state.rules->rules())
        if (one.document == document && !one.text.empty()) return &one;
    return nullptr;
}

bool is_public(access_state const& state, std::string_view document) {
    auto const restricted = [](condition const& one) { return one.name == restricted_key; };
    for (auto const& one : state.rules->rules())
        if (one.document == document &&
            std::any_of(one.conditions.begin(), one.conditions.end(), restricted))
            return true;
    return false;
}

task<result<void>> erase_policy(guard_core& core, turn_queue::turn const& turn,
                                std::string document) {
    access_change change;
    change.erased_rules = rules_of(*core.registry.current(), document);
    if (change.erased_rules.empty()) co_return success();
    std::vector<std::string> no_records;
    co_return co_await core.registry.commit(turn, std::move(change), std::move(no_records));
}

task<result<void>> erase_left_policy(guard_core& core, turn_queue::turn const& turn,
                                     std::string bucket) {
    auto document = bucket_policy_name(bucket);
    if (carrier_of(*core.registry.current(), document) == nullptr) co_return success();
    auto const there = co_await store::head_bucket(core.engine, std::move(bucket));
    if (there.has_value()) co_return success();
    if (there.error().code != error::not_found) co_return there.error();
    co_return co_await erase_policy(core, turn, std::move(document));
}

}  // namespace sluice::auth
