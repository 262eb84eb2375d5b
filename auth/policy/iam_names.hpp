// How AWS spells what is here: ARNs of the one account, which has no paths. The only place that
// knows them. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/identity/directory.hpp"

namespace sluice::auth {

// "arn:aws:iam::000000000000:user/alice"; empty: nobody who can be named.
std::string principal_arn(principal const& who);
std::string role_arn(std::string_view role);
// "arn:aws:sts::000000000000:assumed-role/analyst/nightly".
std::string assumed_role_arn(std::string_view role, std::string_view session);
// The role's name; nothing for any other ARN.
std::optional<std::string> role_of_arn(std::string_view arn);

std::string policy_arn(std::string_view name);
// Of AWS's own: "arn:aws:iam::aws:policy/AmazonS3FullAccess".
std::string aws_policy_arn(std::string_view name);
struct named_policy {
    std::string name;
    bool is_aws = false;
};
std::optional<named_policy> policy_of_arn(std::string_view arn);

// Of an identity provider, by its name: its issuer without the scheme.
std::string provider_arn(std::string_view name);
std::optional<std::string> provider_of_arn(std::string_view arn);

// "User", "AssumedRole", "Account" for root, "Anonymous".
std::string_view principal_type(principal const& who) noexcept;

struct named_principal {
    principal_id id{};
    bool is_account = false;  // everyone of the account; `id` is root's
};
// By an ARN, a canonical id of 64 hex digits, or a bare name; nullopt: no principal of policies.
std::optional<named_principal> find_named(directory const& people, std::string_view name);
std::optional<principal_id> find_canonical(directory const& people, std::string_view id);

}  // namespace sluice::auth
