// How principals are named to clients of STS and IAM. One account, no paths. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/guard/caller.hpp"

namespace sluice::s3 {

// "arn:aws:iam::000000000000:role/analyst": the role's name; nothing for any other ARN.
std::optional<std::string> role_of_arn(std::string_view arn, std::string_view account);
// `kind`: "user", "role" or "group".
std::string iam_arn(std::string_view account, std::string_view kind, std::string_view name);
std::string assumed_role_arn(std::string_view account, std::string_view role,
                             std::string_view session);
// Of whoever asks: root, a user, or an assumed role.
std::string arn_of(std::string_view account, auth::caller const& who);

}  // namespace sluice::s3
