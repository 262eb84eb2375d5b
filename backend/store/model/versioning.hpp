// Whether a bucket keeps the versions of its objects (S3 PutBucketVersioning). Plain value.
#pragma once

#include <cstdint>

namespace sluice::store {

// Stored numbers: never renumber. never: it holds null versions only, and was never asked to keep
// others. suspended: it keeps those it has; new ones are null versions.
enum class versioning : std::uint8_t { never = 0, enabled = 1, suspended = 2 };

}  // namespace sluice::store
