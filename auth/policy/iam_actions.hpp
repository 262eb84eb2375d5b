// The actions that IAM policies name ("s3:GetObject", "iam:CreateUser"), declared in iam_actions.def, and what
// they are in our verbs. Names of actions are compared in any case. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "auth/policy/actions.hpp"
#include "auth/policy/rule.hpp"

namespace sluice::auth {

// What an action is about: no bucket, a bucket, an object, a role, or IAM's own things, which
// policies name all together ("*") or not at all.
enum class iam_level : std::uint8_t { service, bucket, object, role, account };

constexpr bool is_of_s3(iam_level level) noexcept {
    return level != iam_level::role && level != iam_level::account;
}

struct iam_action {
    std::string_view name;  // "s3:GetObject"
    iam_level level;
    action_set verbs;
};

std::span<iam_action const> iam_actions() noexcept;
iam_action const* find_iam_action(std::string_view name) noexcept;

// The action that a verb stands for where no protocol named one, so that a policy holds the same on every
// face; empty: IAM has none.
std::string_view iam_action_of(action verb, resource_kind kind) noexcept;

std::string ascii_lower(std::string_view text);

}  // namespace sluice::auth
