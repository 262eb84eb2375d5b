// Request heads from bytes, sans-io: find where a head ends, then parse it whole. Boost.Beast knows
// the grammar (its headers stay in the .cpp); in front of it and behind it stands what keeps two
// readers of the same bytes from disagreeing (RFC 9112 11.2): no bare CR or LF, no folded lines, no
// NUL, one Host, Content-Length once and only digits, never together with Transfer-Encoding.
// Pure functions, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocols/http/options.hpp"
#include "protocols/http/rejection.hpp"
#include "protocols/http/request.hpp"

namespace sluice::http {

// The bytes up to and including the empty line, or nothing while it has not come. `searched` are
// the leading bytes already known to hold no end, so that slow senders cost linear time.
std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t searched) noexcept;

// Whether a head that has not ended yet is too long to go on: the rejection to answer with.
std::optional<rejection> too_long(std::string_view unfinished, http_options const& limits);

// `head` is what find_head_end measured.
accepted<request_head> parse_head(std::string head, http_options const& limits);

}  // namespace sluice::http
