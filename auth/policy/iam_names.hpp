// How IAM spells our principals: "arn:aws:iam::000000000000:user/alice", a canonical id of 64 hex digits, a
// bare name. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/identity/directory.hpp"

namespace sluice::auth {

// Empty: nobody who can be named.
std::string principal_arn(principal const& who);
// "User", "AssumedRole", "Account" for root, "Anonymous".
std::string_view principal_type(principal const& who) noexcept;

struct named_principal {
    principal_id id{};
    bool is_account = false;  // everyone of the account; `id` is root's
};
// nullopt: no such principal.
std::optional<named_principal> find_named(directory const& people, std::string_view name);
std::optional<principal_id> find_canonical(directory const& people, std::string_view id);

}  // namespace sluice::auth
