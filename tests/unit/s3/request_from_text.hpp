// An s3_request from the text of its head, for tests.
#pragma once

#include <stdexcept>

#include "protocols/http/head_parser.hpp"
#include "protocols/s3/s3_request.hpp"

namespace sluice::s3::test {

// `line` is "PUT /bucket/key?query", `headers` lines that end in CRLF.
inline s3_request request_from(std::string const& line, std::string const& headers = {},
                               s3_options const& options = {}) {
    auto head = http::parse_head(line + " HTTP/1.1\r\nHost: localhost:9000\r\n" + headers + "\r\n",
                                 options.http);
    if (!head) throw std::logic_error("not a head: " + head.error().reason);
    auto request = s3_request::from(*std::move(head), options);
    if (!request)
        throw std::logic_error("not a request: " + std::string(row_of(request.error().code).code));
    return *std::move(request);
}

}  // namespace sluice::s3::test
