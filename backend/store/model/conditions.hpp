// Preconditions on an object (RFC 9110 section 13, and the S3 rules for PUT and DELETE). Pure
// functions; the store evaluates them under the object's lock for writes, protocol code may use the
// same functions for reads. Times compare by whole seconds, as HTTP dates do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backend/store/model/object_stat.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

struct etag_match {
    bool any = false;                 // "*"
    std::vector<std::string> etags;   // without quotes
};

struct conditions {
    std::optional<etag_match> if_match;
    std::optional<etag_match> if_none_match;
    std::optional<unix_millis> if_modified_since;
    std::optional<unix_millis> if_unmodified_since;
    // Conditional delete.
    std::optional<std::uint64_t> if_match_size;
    std::optional<unix_millis> if_match_last_modified;

    bool empty() const noexcept;
};

enum class read_verdict : std::uint8_t { proceed, not_modified, precondition_failed };
// RFC 9110 order: If-Match hides If-Unmodified-Since, If-None-Match hides If-Modified-Since.
read_verdict evaluate_read(conditions const&, object_stat const&);

// For put, copy target, complete and delete; `current` null: there is no such object.
// not_found: If-Match against nothing; precondition_failed: otherwise.
result<void> evaluate_write(conditions const&, object_stat const* current);

}  // namespace sluice::store
