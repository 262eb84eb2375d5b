// An answer's head. The session decides Connection and the framing; whoever builds the head decides
// everything else. Plain data, not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::http {

std::string_view reason_phrase(unsigned status) noexcept;

struct response_head {
    unsigned status = 200;
    std::vector<std::pair<std::string, std::string>> headers;

    response_head& set(std::string_view name, std::string_view value) {
        headers.emplace_back(name, value);
        return *this;
    }
};

// What a header value may hold (RFC 9110 5.5): no control bytes but tab. A value that came from a
// client (metadata, response overrides) must pass before it is set.
bool valid_header_value(std::string_view value) noexcept;
bool valid_header_name(std::string_view name) noexcept;

// Answers that never have a body nor a Content-Length (RFC 9110 8.6).
constexpr bool bodyless_status(unsigned status) noexcept {
    return status < 200 || status == 204 || status == 304;
}

// Status line and headers with the closing empty line. `content_length` is written unless the
// status is bodyless; without one the body is chunked, or to HTTP/1.0 ends with the connection.
std::string serialized(response_head const& head, std::optional<std::uint64_t> content_length,
                       bool keep_alive, unsigned minor_version);

}  // namespace sluice::http
