// A moment with the precision it was written in and its offset from UTC, as Ion and the W3C note on
// date and time formats have it: "2007T", "2007-04T", "2007-04-05T", "2007-04-05T14:30Z",
// "2007-04-05T14:30:20.123+01:00". Years 1 to 9999, fractions of at most nine digits. Moments
// compare by time alone. Pure values and functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/sql/records/record_fault.hpp"

namespace sluice::sql::records {

enum class time_part : std::uint8_t {
    year,
    month,
    day,
    hour,
    minute,
    second,
    timezone_hour,
    timezone_minute
};
std::optional<time_part> time_part_named(std::string_view name);  // any case

struct timestamp {
    enum class precision : std::uint8_t { year, month, day, minute, second };

    std::int64_t seconds = 0;  // since 1970-01-01T00:00:00Z
    std::uint32_t nanos = 0;
    std::int16_t offset_minutes = 0;
    bool offset_known = true;  // false: written as -00:00, or without a time
    precision known = precision::second;
    std::uint8_t fraction_digits = 0;  // 0 to 9

    friend bool operator==(timestamp const& a, timestamp const& b) noexcept {
        return a.seconds == b.seconds && a.nanos == b.nanos;
    }
    friend bool operator<(timestamp const& a, timestamp const& b) noexcept {
        return a.seconds != b.seconds ? a.seconds < b.seconds : a.nanos < b.nanos;
    }
};

// nullopt: not one.
std::optional<timestamp> parse_timestamp(std::string_view text);
void print(timestamp const& of, std::string& out);

std::int64_t extract(time_part part, timestamp const& from);
// evaluator_invalid_arguments: outside the years 1 to 9999.
record_result<timestamp> add_to(timestamp const& base, time_part part, std::int64_t quantity);
// Whole units from `a` to `b`.
std::int64_t difference(time_part part, timestamp const& a, timestamp const& b);

// Wall-clock fields at its offset.
struct time_fields {
    int year = 1970;
    unsigned month = 1, day = 1, hour = 0, minute = 0, second = 0;
};
time_fields fields_of(timestamp const& of);
// nullopt: no such day or time, or outside the years 1 to 9999.
std::optional<std::int64_t> seconds_of(time_fields const& fields, int offset_minutes);

// TO_STRING: y yy yyyy, M to MMMMM, d dd, a, h hh, H HH, m mm, s ss, S to nine of it, n, X and x up
// to five times (offset from UTC; X says Z for none), quoted text and punctuation.
record_result<std::string> format_timestamp(timestamp const& of, std::string_view pattern);

}  // namespace sluice::sql::records
