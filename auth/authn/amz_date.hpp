// The two date forms of signed requests: ISO 8601 basic (X-Amz-Date) and the HTTP date (RFC 9110,
// IMF-fixdate). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/core/clock.hpp"
#include "gateway/core/ids.hpp"

namespace sluice::auth {

std::optional<unix_millis> parse_amz_date(std::string_view text);  // "20130524T000000Z"
std::optional<unix_millis> parse_http_date(
    std::string_view text);  // "Fri, 24 May 2013 00:00:00 GMT"
std::string format_amz_date(unix_millis time);

}  // namespace sluice::auth
