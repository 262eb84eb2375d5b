// What a bucket's settings have to say about objects that are stored in it, run by the store at the
// commit: its object lock (S3 user guide, "Locking objects"). The rules keep nothing but copies,
// besides what their maker says.
#pragma once

#include "backend/store/model/attributes_rule.hpp"
#include "protocols/s3/s3_request.hpp"

namespace sluice::s3 {

inline constexpr std::string_view lock_missing_text =
    "Bucket is missing Object Lock Configuration";

// For a put: what it names must fit the bucket, and what it does not name the bucket adds. An object
// that is retained or held must have come with a digest (S3 demands it).
store::attributes_rule rule_for_put(bool has_digest);
// For an upload that begins: what it names. Its default is the completion's, and the time with it.
store::attributes_rule rule_for_upload();
store::attributes_rule rule_for_completion();
// For a copy, which takes over none of the source's labels but has `labels` instead. `archived` is
// the caller's, and set when the source cannot be read as it is.
store::attributes_rule rule_for_copy(store::object_attributes labels, bool& archived);

// invalid_request when an object that is retained or held came without a digest.
s3_result<> demand_digest(store::object_attributes const& attributes, bool has_digest,
                          std::string_view requests);

}  // namespace sluice::s3
