// How one event becomes one line. Never more than one line: control characters are escaped, bytes that are
// not UTF-8 are shown as U+FFFD (JSON), long values are cut. Pure functions.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "gateway/core/log.hpp"

namespace sluice {

inline constexpr std::size_t log_value_bytes_max = 4096;  // a longer field value is cut, marked by "..."

struct log_line_parts {
    unix_millis at;
    log_level level;
    std::string_view message;
    char const* file;  // the path's last two parts are shown
    int line;
    std::uint64_t suppressed;
};

// {"time":"2026-01-01T00:00:00.000Z","level":"info","message":"...","port":9000,"at":"core/log.cpp:7"}
std::string json_line(log_line_parts const& parts, std::initializer_list<log_field> const& fields);
// 2026-01-01T00:00:00.000Z info    listening port=9000 at=core/log.cpp:7
std::string text_line(log_line_parts const& parts, std::initializer_list<log_field> const& fields);

// RFC 3339 in UTC with milliseconds.
std::string format_time(unix_millis at);

}  // namespace sluice
