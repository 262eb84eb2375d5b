// What IAM calls an operation, from iam_actions.def. Pure.
#pragma once

#include <string_view>

#include "protocols/s3/model/operations.hpp"

namespace sluice::s3 {

// Empty for an operation that IAM has no action for; none that is served.
std::string_view iam_actions_of(operation id, bool of_version) noexcept;

}  // namespace sluice::s3
