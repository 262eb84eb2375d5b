// Dates on the wire: the three forms HTTP allows (RFC 9110 5.6.7) and ISO 8601 as S3 writes it.
// Pure functions, thread-safe. Time zones other than UTC are not understood.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/core/clock.hpp"

namespace sluice::http {

// "Sun, 06 Nov 1994 08:49:37 GMT"; fractions of a second are cut off.
std::string http_date(unix_millis time);
std::optional<unix_millis> parse_http_date(std::string_view text);

// "1994-11-06T08:49:37.000Z"
std::string iso_date(unix_millis time);
// With or without fraction; ends in Z.
std::optional<unix_millis> parse_iso_date(std::string_view text);

}  // namespace sluice::http
