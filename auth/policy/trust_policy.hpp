// A role's trust policy (IAM user guide, "Roles terms and concepts"): who may act as it, in IAM JSON
// with a Principal and without a Resource. Its rules are of verb `trust` on the role; those for the
// tokens of an identity provider also hold the request to the provider, and those for the account
// as a whole to what the caller's own policies allow (own_allow_key). Whatever of the document is not
// understood refuses all of it. Pure.
#pragma once

#include "auth/policy/grammar_iam.hpp"

namespace sluice::auth {

inline constexpr std::size_t longest_trust_policy = 4096;  // characters, IAM's

// `role` by its name; `scope` has people and providers. invalid_argument: the text says what is wrong.
result<std::vector<rule>> parse_trust_policy(std::string_view text, std::string const& role,
                                             iam_scope scope);

// The name of the document in rules.
std::string trust_policy_name(principal_id role);

// What one may do to act as a role, as conditions compare it.
inline constexpr std::string_view assume_role_action = "sts:AssumeRole";
inline constexpr std::string_view web_identity_action = "sts:AssumeRoleWithWebIdentity";

}  // namespace sluice::auth
