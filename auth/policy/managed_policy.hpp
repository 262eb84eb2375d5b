// Policies that have a name of their own and are attached to principals: those that are made here,
// in versions, and those that AWS has in every account, which only their names bring. Attached, one
// is rules of its holder, as any policy is (grammar_iam.hpp); all attachments of one change in the
// commit that changes it. Plain values; the record:
//
//   u8 version 1, u64 id, i64 created ms, i64 updated ms, text name, text description, u32 default version,
//   u32 last version, varint n, n x (u32 version, i64 created ms, text document)
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/clock.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::auth {

inline constexpr std::size_t most_managed_policies = 1500;     // limits.managed_policies
inline constexpr std::size_t most_policy_versions = 5;         // IAM's
inline constexpr std::size_t most_attached_policies = 10;      // of one principal, IAM's
inline constexpr std::size_t longest_managed_document = 6144;  // characters, IAM's
inline constexpr std::size_t longest_policy_name = 128;
// Of all attachments of one policy, since all change in one commit.
inline constexpr std::size_t most_rules_of_policy = 900;  // limits.managed_policy_rules

struct policy_version {
    std::uint32_t number = 0;
    unix_millis created{};
    std::string document;
    bool operator==(policy_version const&) const = default;
};

struct managed_policy {
    std::uint64_t id = 0;  // random; IAM's PolicyId
    std::string name;
    std::string description;
    unix_millis created{};
    unix_millis updated{};
    std::uint32_t default_version = 1;
    std::uint32_t last_version = 1;  // numbers are never used again
    std::vector<policy_version> versions;

    // nullptr: there is none.
    policy_version const* find(std::uint32_t number) const noexcept;
    bool operator==(managed_policy const&) const = default;
};

// 1 to 128 of [A-Za-z0-9_+=,.@-]; invalid_argument.
result<void> check_policy_name(std::string_view name);

std::string encode(managed_policy const&);
result<managed_policy> decode_managed_policy(std::string_view bytes);

// AWS's own, with what they mean of what is served here; never change. By name.
std::span<managed_policy const> aws_policies();

// The name of the rules of one attachment: "managed-policy:" holder ":" ARN.
std::string attachment_name(principal_id holder, std::string_view arn);
// The ARN in such a name; empty: the document is no attachment.
std::string_view attached_arn(std::string_view document) noexcept;

}  // namespace sluice::auth
