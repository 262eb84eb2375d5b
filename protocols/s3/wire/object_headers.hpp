// Between an object's metadata and the headers that carry it. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>

#include "backend/store/model/conditions.hpp"
#include "backend/store/model/object_stat.hpp"
#include "protocols/http/response.hpp"
#include "protocols/s3/s3_options.hpp"
#include "protocols/s3/s3_request.hpp"

namespace sluice::s3 {

inline constexpr std::string_view default_content_type = "binary/octet-stream";

// Content-Type and its like, x-amz-meta-*, x-amz-tagging and the labels of labels_of;
// metadata_too_large, invalid_argument for values that could not be sent back.
s3_result<store::object_attributes> attributes_of(s3_request const& request,
                                                  s3_options const& options);

// Of those the labels that a copy does not take over: storage class, redirect, object lock.
s3_result<store::object_attributes> labels_of(s3_request const& request);

// If-Match and its like; with `prefix` "x-amz-copy-source-" those of a copy's source. A date that
// does not parse counts as absent (RFC 9110 13.1.3); an empty list of ETags is invalid_argument.
s3_result<store::conditions> conditions_of(s3_request const& request, unix_millis now,
                                           std::string_view prefix = {});
// Of a request that writes: If-None-Match is "*" there and stands alone, or not_implemented.
s3_result<store::conditions> write_conditions_of(s3_request const& request, unix_millis now);

// ETag, Last-Modified, Content-*, metadata and version as GET and HEAD answer them.
void set_object_headers(http::response_head& head, store::object_stat const& stat);
// x-amz-checksum-* and -type.
void set_checksum_headers(http::response_head& head, store::object_stat const& stat);

std::string quoted(std::string_view etag);
// Without the quotes, when there are any.
std::string unquoted(std::string_view etag);

// A value with bytes outside ASCII goes out as an RFC 2047 encoded word, as S3 sends it.
std::string mail_safe(std::string_view value);

}  // namespace sluice::s3
