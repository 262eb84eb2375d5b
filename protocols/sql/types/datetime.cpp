#include "protocols/sql/types/datetime.hpp"

#include <cstdlib>

namespace sluice::sql {

// Days since 0000-03-01 in eras of 400 years, then shifted (the usual civil calendar arithmetic).
std::int64_t days_of(civil_date date) {
    auto const year = date.year - (date.month <= 2 ? 1 : 0);
    auto const era = (year >= 0 ? year : year - 399) / 400;
    auto const year_of_era = year - era * 400;
    auto const month = (date.month + 9) % 12;
    auto const day_of_year = (153 * month + 2) / 5 + date.day - 1;
    auto const day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 730425;
}

civil_date date_of_days(std::int64_t days) {
    days += 730425;
    auto const era = (days >= 0 ? days : days - 146096) / 146097;
    auto const day_of_era = days - era * 146097;
    auto const year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    auto const day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    auto const month = (5 * day_of_year + 2) / 153;
    civil_date date;
    date.day = static_cast<int>(day_of_year - (153 * month + 2) / 5 + 1);
    date.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
    date.year = year_of_era + era * 400 + (date.month <= 2 ? 1 : 0);
    return date;
}

int days_in_month(std::int64_t year, int month) {
    constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool const leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

int weekday_of(std::int64_t days) { return static_cast<int>(((days + 6) % 7 + 7) % 7); }

int day_of_year(civil_date date) {
    return static_cast<int>(days_of(date) - days_of({date.year, 1, 1})) + 1;
}

civil_time time_of(std::int64_t microseconds) {
    civil_time time;
    time.hour = static_cast<int>(microseconds / hour_us);
    time.minute = static_cast<int>(microseconds / minute_us % 60);
    time.second = static_cast<int>(microseconds / second_us % 60);
    time.microsecond = static_cast<int>(microseconds % second_us);
    return time;
}

// Week 1 has January 4th; weeks begin on Monday.
std::int64_t iso_week_start(std::int64_t iso_year, int week) {
    auto const fourth = days_of({iso_year, 1, 4});
    auto const monday = fourth - (weekday_of(fourth) + 6) % 7;
    return monday + (week - 1) * 7LL;
}

iso_week iso_week_of(std::int64_t days) {
    auto year = date_of_days(days).year + 1;
    while (iso_week_start(year, 1) > days) --year;
    return {year, static_cast<int>((days - iso_week_start(year, 1)) / 7) + 1};
}

// ---- zones

time_zone const& zone_of(session_style const& style) {
    return style.zone ? *style.zone : *utc_time_zone();
}

namespace {
std::int64_t unix_seconds(std::int64_t timestamp) {
    auto const seconds = timestamp / second_us - (timestamp % second_us < 0 ? 1 : 0);
    return seconds - unix_epoch_seconds;
}
}  // namespace

zone_offset offset_at(time_zone const& zone, std::int64_t timestamp) {
    return zone.at(unix_seconds(timestamp));
}
std::int64_t local_of_utc(std::int64_t timestamp, time_zone const& zone) {
    return timestamp + offset_at(zone, timestamp).seconds_east * second_us;
}
std::int64_t utc_of_local(std::int64_t local, time_zone const& zone) {
    return local - zone.offset_of_local(unix_seconds(local)) * second_us;
}

std::int64_t round_to_precision(std::int64_t microseconds, int precision) {
    constexpr std::int64_t units[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    auto const unit = units[precision];
    auto const half = unit / 2;
    if (microseconds >= 0) return (microseconds + half) / unit * unit;
    return -((-microseconds + half) / unit * unit);
}

// ---- text output

namespace {

void append_number(std::string& out, std::int64_t value, int width) {
    auto const text = std::to_string(value);
    for (auto left = width - static_cast<int>(text.size()); left > 0; --left) out.push_back('0');
    out += text;
}

void append_fraction(std::string& out, int microsecond) {
    if (microsecond == 0) return;
    out.push_back('.');
    char digits[7] = "000000";
    for (int i = 5; i >= 0; --i, microsecond /= 10)
        digits[i] = static_cast<char>('0' + microsecond % 10);
    std::size_t length = 6;
    while (digits[length - 1] == '0') --length;
    out.append(digits, length);
}

void append_time(std::string& out, std::int64_t microseconds) {
    auto const time = time_of(microseconds);
    append_number(out, time.hour, 2);
    out.push_back(':');
    append_number(out, time.minute, 2);
    out.push_back(':');
    append_number(out, time.second, 2);
    append_fraction(out, time.microsecond);
}

void append_offset(std::string& out, std::int32_t seconds_east, bool always_minutes) {
    out.push_back(seconds_east < 0 ? '-' : '+');
    auto const seconds = std::abs(seconds_east);
    append_number(out, seconds / 3600, 2);
    if (seconds % 3600 == 0 && !always_minutes) return;
    out.push_back(':');
    append_number(out, seconds / 60 % 60, 2);
    if (seconds % 60 == 0) return;
    out.push_back(':');
    append_number(out, seconds % 60, 2);
}

constexpr char const* short_days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr char const* short_months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::int64_t shown_year(std::int64_t year) { return year > 0 ? year : 1 - year; }

void append_pair(std::string& out, int first, char separator, int second) {
    append_number(out, first, 2);
    out.push_back(separator);
    append_number(out, second, 2);
}

// The date alone, without BC.
void append_date(std::string& out, civil_date date, session_style const& style) {
    auto const year = shown_year(date.year);
    bool const day_first = style.order == date_order::dmy;
    switch (style.dates) {
        case date_style::iso:
            append_number(out, year, 4);
            out.push_back('-');
            append_pair(out, date.month, '-', date.day);
            return;
        case date_style::sql:
            append_pair(out, day_first ? date.day : date.month, '/',
                        day_first ? date.month : date.day);
            out.push_back('/');
            break;
        case date_style::german:
            append_pair(out, date.day, '.', date.month);
            out.push_back('.');
            break;
        case date_style::postgres:
            append_pair(out, day_first ? date.day : date.month, '-',
                        day_first ? date.month : date.day);
            out.push_back('-');
            break;
    }
    append_number(out, year, 4);
}

void append_zone(std::string& out, zone_offset const* offset, session_style const& style) {
    if (offset == nullptr) return;
    if (style.dates == date_style::iso) {
        append_offset(out, offset->seconds_east, false);
    } else if (!offset->abbreviation.empty() && offset->abbreviation[0] != '+' &&
               offset->abbreviation[0] != '-') {
        out.push_back(' ');
        out += offset->abbreviation;
    } else {
        if (style.dates == date_style::postgres) out.push_back(' ');
        append_offset(out, offset->seconds_east, false);
    }
}

void append_timestamp(std::string& out, std::int64_t local, zone_offset const* offset,
                      session_style const& style) {
    auto const days = day_part(local);
    auto const date = date_of_days(days);
    if (style.dates == date_style::postgres) {
        out += short_days[weekday_of(days)];
        out.push_back(' ');
        if (style.order == date_order::dmy) {
            append_number(out, date.day, 2);
            out.push_back(' ');
            out += short_months[date.month - 1];
        } else {
            out += short_months[date.month - 1];
            out.push_back(' ');
            append_number(out, date.day, 2);
        }
        out.push_back(' ');
        append_time(out, time_part(local));
        out.push_back(' ');
        append_number(out, shown_year(date.year), 4);
    } else {
        append_date(out, date, style);
        out.push_back(' ');
        append_time(out, time_part(local));
    }
    append_zone(out, offset, style);
    if (date.year <= 0) out += " BC";
}

}  // namespace

void print_date(std::int64_t days, session_style const& style, std::string& out) {
    if (days == date_infinity) {
        out += "infinity";
    } else if (days == date_minus_infinity) {
        out += "-infinity";
    } else {
        auto const date = date_of_days(days);
        append_date(out, date, style);
        if (date.year <= 0) out += " BC";
    }
}

void print_timestamp(std::int64_t at, session_style const& style, std::string& out) {
    if (!is_finite_timestamp(at)) {
        out += at == timestamp_infinity ? "infinity" : "-infinity";
        return;
    }
    append_timestamp(out, at, nullptr, style);
}

void print_timestamptz(std::int64_t at, session_style const& style, std::string& out) {
    if (!is_finite_timestamp(at)) {
        out += at == timestamp_infinity ? "infinity" : "-infinity";
        return;
    }
    auto const offset = offset_at(zone_of(style), at);
    append_timestamp(out, at + offset.seconds_east * second_us, &offset, style);
}

void print_time(std::int64_t at, std::string& out) { append_time(out, at); }

void print_timetz(timetz_value value, std::string& out) {
    append_time(out, value.microseconds);
    append_offset(out, -value.seconds_west, false);
}

void print_json_timestamp(type_oid type, std::int64_t at, session_style const& style,
                          std::string& out) {
    constexpr type_oid date{1082}, with_zone{1184};
    session_style iso = style;
    iso.dates = date_style::iso;
    if (type == date) return print_date(at, iso, out);
    if (!is_finite_timestamp(at)) return print_timestamp(at, iso, out);
    auto const offset = type == with_zone ? offset_at(zone_of(style), at) : zone_offset{};
    auto const local = at + offset.seconds_east * second_us;
    auto const day = date_of_days(day_part(local));
    append_date(out, day, iso);
    out.push_back('T');
    append_time(out, time_part(local));
    if (type == with_zone) append_offset(out, offset.seconds_east, true);
    if (day.year <= 0) out += " BC";
}

}  // namespace sluice::sql
