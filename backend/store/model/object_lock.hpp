// Versions that may not be erased (S3 Object Lock): under legal hold, or retained until a time that
// has not come. Pure, thread-safe.
#pragma once

#include <string_view>

#include "backend/store/model/attributes.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

// What clients are told, and the text of the failure: protocols may show it as it is.
inline constexpr std::string_view locked_text =
    "Access Denied because object protected by object lock.";
// permission_denied
failure locked_failure();

// Of a version with these encoded attributes; reads no other field than the two that say so.
// `bypasses_governance`: who asks has the right to, and does. corrupt.
result<bool> is_locked(std::string_view encoded_attributes, unix_millis now,
                       bool bypasses_governance);

}  // namespace sluice::store
