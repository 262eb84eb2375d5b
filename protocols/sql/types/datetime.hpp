// The calendar: PostgreSQL's dates (days since 2000-01-01), timestamps (microseconds since then),
// times and intervals, to and from civil fields, text in every DateStyle and IntervalStyle.
// Proleptic Gregorian; year 0 is 1 BC. Pure; any thread. Source: PostgreSQL 15 manual, 8.5 and
// appendix B.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "protocols/sql/types/type_io.hpp"

namespace sluice::sql {

inline constexpr std::int64_t second_us = 1'000'000, minute_us = 60 * second_us,
                              hour_us = 60 * minute_us, day_us = 24 * hour_us;
inline constexpr std::int64_t unix_epoch_days = -10957;  // 1970-01-01
inline constexpr std::int64_t unix_epoch_seconds = unix_epoch_days * 86400;
inline constexpr std::int64_t julian_epoch_days = 2451545;  // Julian day of 2000-01-01
inline constexpr std::int64_t date_infinity = std::numeric_limits<std::int32_t>::max(),
                              date_minus_infinity = std::numeric_limits<std::int32_t>::min(),
                              timestamp_infinity = std::numeric_limits<std::int64_t>::max(),
                              timestamp_minus_infinity = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t first_date = -julian_epoch_days,  // 4714-11-24 BC
    end_date = 2145031949;                                      // 5874898-01-01
inline constexpr std::int64_t first_timestamp = -211813488000000000,
                              end_timestamp = 9223371331200000000;  // 294277-01-01

inline bool is_finite_date(std::int64_t days) {
    return days != date_infinity && days != date_minus_infinity;
}
inline bool is_finite_timestamp(std::int64_t at) {
    return at != timestamp_infinity && at != timestamp_minus_infinity;
}
inline bool is_timestamp(__int128 at) { return at >= first_timestamp && at < end_timestamp; }
inline bool is_date(std::int64_t days) { return days >= first_date && days < end_date; }

struct civil_date {
    std::int64_t year = 2000;  // astronomical: 0 is 1 BC
    int month = 1, day = 1;
};
struct civil_time {
    int hour = 0, minute = 0, second = 0, microsecond = 0;
};

std::int64_t days_of(civil_date);
civil_date date_of_days(std::int64_t days);
int days_in_month(std::int64_t year, int month);
int weekday_of(std::int64_t days);  // 0 Sunday
int day_of_year(civil_date);
civil_time time_of(std::int64_t microseconds);  // of a day, 0 .. 24:00
inline std::int64_t time_us(civil_time t) {
    return ((t.hour * 60LL + t.minute) * 60 + t.second) * second_us + t.microsecond;
}
// Floor division of a timestamp into days and time of day.
inline std::int64_t day_part(std::int64_t at) { return at / day_us - (at % day_us < 0 ? 1 : 0); }
inline std::int64_t time_part(std::int64_t at) { return at - day_part(at) * day_us; }

// ISO 8601 week.
struct iso_week {
    std::int64_t year = 0;
    int week = 0;
};
iso_week iso_week_of(std::int64_t days);
std::int64_t iso_week_start(std::int64_t iso_year, int week);  // its Monday

time_zone const& zone_of(session_style const&);
// Offset east of UTC, in seconds, at a UTC timestamp and at a local one.
zone_offset offset_at(time_zone const&, std::int64_t timestamp);
std::int64_t local_of_utc(std::int64_t timestamp, time_zone const&);
std::int64_t utc_of_local(std::int64_t local, time_zone const&);

// Text input. `what` names the type in errors.
sql_result<std::int64_t> parse_date(std::string_view, io_context const&);
sql_result<std::int64_t> parse_timestamp(std::string_view, io_context const&);
sql_result<std::int64_t> parse_timestamptz(std::string_view, io_context const&);
sql_result<std::int64_t> parse_time(std::string_view, io_context const&);
sql_result<timetz_value> parse_timetz(std::string_view, io_context const&);
sql_result<interval_value> parse_interval(std::string_view, std::int32_t modifier,
                                          io_context const&);

// `text` names a zone for AT TIME ZONE and SET: abbreviation, name, offset. 22023.
sql_result<time_zone_ptr> zone_named(std::string_view text);

void print_date(std::int64_t, session_style const&, std::string& out);
void print_timestamp(std::int64_t, session_style const&, std::string& out);
void print_timestamptz(std::int64_t, session_style const&, std::string& out);
void print_time(std::int64_t, std::string& out);
void print_timetz(timetz_value, std::string& out);
void print_interval(interval_value, session_style const&, std::string& out);
// ISO 8601 with T, as to_json writes them.
void print_json_timestamp(type_oid, std::int64_t, session_style const&, std::string& out);

// Rounds to `precision` digits of a second (0..6).
std::int64_t round_to_precision(std::int64_t microseconds, int precision);
// Interval fields and precision of a modifier.
interval_value apply_interval_modifier(interval_value, std::int32_t modifier);

}  // namespace sluice::sql
