// The pieces of a date, time or interval as a person writes it: numbers, dates with separators,
// clock times, words, zones. Shared by the parsers of datetime_parse.cpp and interval_parse.cpp.
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::sql {

struct date_field {
    enum class kind : unsigned char { number, date, time, word, zone, special };
    kind what{};
    std::string text;  // lower case
};

// False: a character that has no place, or too long (25 fields, 128 bytes each).
bool split_date_fields(std::string_view text, std::vector<date_field>& fields);

// "january", "jan" -> 1; 0: not a month. "sunday", "sun" -> 0; -1: not a day.
int month_named(std::string_view lower);
int weekday_named(std::string_view lower);

// hh:mm[:ss[.fraction]] as microseconds, seconds up to 60, hours any; false: malformed or out of
// range (`out_of_range` says which). `minutes_seconds`: mm:ss for intervals of that kind.
bool read_clock(std::string_view text, std::int64_t& microseconds, bool& out_of_range,
                bool minutes_seconds = false);
// ".123" or "0.123" as microseconds, rounded.
bool read_fraction(std::string_view text, std::int64_t& microseconds);
// [+-]hh[:mm[:ss]], [+-]hhmm[ss] in seconds east.
bool read_zone_offset(std::string_view text, std::int32_t& seconds_east, bool& out_of_range);

}  // namespace sluice::sql
