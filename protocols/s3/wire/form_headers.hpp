// The headers of multipart/form-data: the boundary in a request's Content-Type (RFC 2046 5.1.1) and
// what the head of one part says (RFC 7578 4.2). Strict: what could be read in two ways is refused.
// Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocols/s3/wire/s3_error.hpp"

namespace sluice::s3 {

// precondition_failed for any other content type, malformed_post_request without a fit boundary.
s3_result<std::string> form_boundary(std::string_view content_type);

struct form_part_head {
    std::string name;                      // as sent
    std::optional<std::string> file_name;  // as sent, path included; nothing: no such parameter
};
// `lines`, each with its CRLF. malformed_post_request; not_implemented for a
// Content-Transfer-Encoding that encodes.
s3_result<form_part_head> parse_part_head(std::string_view lines);

}  // namespace sluice::s3
