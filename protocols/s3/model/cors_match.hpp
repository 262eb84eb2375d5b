// Which rule of a bucket's CORS configuration lets a browser's request through, and the headers
// that tell the browser so (S3 user guide, "Using cross-origin resource sharing"; WHATWG Fetch
// 3.3). Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/s3/model/bucket_settings.hpp"

namespace sluice::s3 {

struct cors_question {
    std::string origin;
    std::string method;                // of the request that the browser wants to send, or sends
    std::vector<std::string> headers;  // it names as wanted, lower case, in its order
};

// "a, B ,c" -> a b c
std::vector<std::string> names_in(std::string_view list);

using header_fields = std::vector<std::pair<std::string, std::string>>;

// The headers by the first rule that allows all of it; nothing when none does.
std::optional<header_fields> allowed_by(std::vector<cors_rule> const& rules,
                                        cors_question const& question);

}  // namespace sluice::s3
