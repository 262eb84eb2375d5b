// Date and time templates of to_char, to_date and to_timestamp: split into fields once per call.
// Source: PostgreSQL 15 manual 9.8.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::sql {

enum class format_field : unsigned char {
    literal,
    hh12,
    hh24,
    mi,
    ss,
    ms,
    us,
    fraction,
    seconds_of_day,
    meridiem,
    y_yyy,
    yyyy,
    yyy,
    yy,
    y,
    iyyy,
    iyy,
    iy,
    i,
    era,
    month_name,
    month_short,
    mm,
    day_name,
    day_short,
    ddd,
    iddd,
    dd,
    d,
    id,
    w,
    ww,
    iw,
    cc,
    julian,
    quarter,
    roman,
    tz,
    tzh,
    tzm,
    of
};
enum class letter_case : unsigned char { upper, capital, lower };

struct format_node {
    format_field what = format_field::literal;
    std::string text;  // literal; otherwise the keyword
    letter_case letters = letter_case::upper;
    bool dotted = false;  // a.m., b.c.
    int digits = 0;       // FF1..6
    bool fill = true;     // false: FM
    int ordinal = 0;      // 1 TH, 2 th
    bool quoted = false;  // a literal in double quotes or escaped
};

std::vector<format_node> split_format(std::string_view format);

extern char const* const full_month_names[12];
extern char const* const full_day_names[7];

}  // namespace sluice::sql
