// The rules of one policy epoch, indexed per principal so that a check is a hash lookup and a look
// at the few rules that name the dataset. Answers exactly what evaluate() answers. A principal's
// index is built at its first check and kept for the epoch, at most `principals` of them.
// Thread-safe; immutable but for that cache. Shared by readers through shared_ptr.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auth/policy/evaluate.hpp"

namespace sluice::auth {

struct policy_options {
    std::size_t rules = 100'000;             // limits.policy_rules
    std::size_t compiled_principals = 4096;  // limits.compiled_principals
};

// The rules that can concern one principal.
class principal_policy {
public:
    principal_policy(std::vector<rule> const& rules, subject const& who);
    decision decide(access_request const& request) const;

private:
    struct rules_of_verb {
        std::unordered_map<std::string_view, std::vector<rule const*>> exact;  // by dataset name
        std::vector<rule const*> patterned;
    };
    principal_id id_;
    std::vector<principal_id> closure_;
    std::array<rules_of_verb, action_count> by_verb_;
};

class compiled_policy {
public:
    // too_large: more rules than the limit. Every rule was checked when it was made.
    static result<std::shared_ptr<compiled_policy const>> build(policy_options const& options,
                                                                std::vector<rule> rules,
                                                                std::uint64_t epoch);

    // The views point into this object: keep the policy alive while the answer is used.
    std::shared_ptr<principal_policy const> of(subject const& who) const;
    rule const* find(rule_id id) const noexcept;
    std::vector<rule> const& rules() const noexcept { return rules_; }  // by id
    std::uint64_t epoch() const noexcept { return epoch_; }

private:
    compiled_policy() = default;

    std::vector<rule> rules_;
    std::uint64_t epoch_ = 0;
    std::size_t most_compiled_ = 0;
    mutable std::mutex mutex_;
    mutable std::unordered_map<principal_id, std::shared_ptr<principal_policy const>> compiled_;
};

}  // namespace sluice::auth
