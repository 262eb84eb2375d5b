// The conditions of a deletion, which add size and time to HTTP's own. Pure.
#pragma once

#include "backend/store/model/conditions.hpp"
#include "protocols/s3/s3_request.hpp"

namespace sluice::s3 {

s3_result<store::conditions> delete_conditions_of(s3_request const& request);

// The same from the elements of one key in DeleteObjects; empty optionals are elements that are not
// there.
struct delete_condition_texts {
    std::optional<std::string_view> etag;
    std::optional<std::string_view> last_modified;  // ISO 8601 or an HTTP date
    std::optional<std::string_view> size;
};
s3_result<store::conditions> delete_conditions_of(delete_condition_texts const& texts);

}  // namespace sluice::s3
