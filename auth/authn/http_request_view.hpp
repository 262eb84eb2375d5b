// An HTTP request as signature checks see it: views of what came over the wire, before any
// decoding. Valid for the call. Header names in any case, values as received; repeated headers are
// repeated entries.
#pragma once

#include <span>
#include <string_view>

namespace sluice::auth {

struct http_header_view {
    std::string_view name;
    std::string_view value;
};

struct http_request_view {
    std::string_view method;
    std::string_view raw_path;   // of the request target, still percent-encoded, up to '?'
    std::string_view raw_query;  // after '?', still percent-encoded; empty: none
    std::span<http_header_view const> headers;
    // Hex SHA-256 of the body where it was read before and no x-amz-content-sha256 says it (STS and
    // IAM requests); empty: the header must be there.
    std::string_view body_hash = {};
};

}  // namespace sluice::auth
