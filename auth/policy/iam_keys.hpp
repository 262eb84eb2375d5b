// The condition keys that IAM policies name ("aws:SourceIp"), declared in iam_keys.def. Names of keys are
// compared in any case; a rule has them as the table spells them. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::auth {

enum class iam_type : std::uint8_t { text, number, date, flag, address, arn };

struct iam_key {
    std::string_view name;
    iam_type type;
    bool fixes;  // held to fixed values it makes a statement for everyone not public
};

// nullptr: no such key, or one that is refused.
iam_key const* find_iam_key(std::string_view name) noexcept;
// S3 has it, and it cannot be told here.
bool is_refused_iam_key(std::string_view name) noexcept;

// The tags of the object that is there, by their keys: known only once it was looked at.
inline constexpr std::string_view existing_tag_keys = "s3:ExistingObjectTag/";
// The tags of who asks, by their keys.
inline constexpr std::string_view principal_tag_keys = "aws:PrincipalTag/";
// "principal": the ids, as to_text(rule_id) writes them, of who asks and all roles he is in.
inline constexpr std::string_view principal_key = "principal";
// Buckets that give nothing to a stranger by a public policy: RestrictPublicBuckets.
inline constexpr std::string_view restricted_key = "sluice:restricted";
// "true": whoever wants to act as a role may by the policies about himself, so that a trust in the
// whole account holds for him.
inline constexpr std::string_view own_allow_key = "sluice:own-allow";

// What a token of an identity provider says: the provider's name, a colon, and one of aud, oaud, sub
// and amr. Only in trust policies.
bool is_token_key(std::string_view name) noexcept;

}  // namespace sluice::auth
