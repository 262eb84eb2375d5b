#include <cstdlib>

#include "protocols/sql/types/datetime.hpp"
#include "protocols/sql/types/interval_fields.hpp"

namespace sluice::sql {

interval_parts split_interval(interval_value value) {
    interval_parts parts;
    parts.years = value.months / 12;
    parts.months = value.months % 12;
    parts.days = value.days;
    parts.hours = value.microseconds / hour_us;
    auto rest = value.microseconds - parts.hours * hour_us;
    parts.minutes = static_cast<int>(rest / minute_us);
    rest -= parts.minutes * minute_us;
    parts.seconds = static_cast<int>(rest / second_us);
    parts.microseconds = static_cast<int>(rest - parts.seconds * second_us);
    return parts;
}

interval_value apply_interval_modifier(interval_value value, std::int32_t modifier) {
    if (modifier < 0) return value;
    int const precision = modifier & 0xFFFF;
    int const fields = (modifier >> 16) & 0x7FFF;
    constexpr int year = 4, month = 2, day = 8, hour = 1024, minute = 2048, second = 4096;
    if (fields != 0x7FFF) {
        int lowest = second;
        if ((fields & second) != 0)
            lowest = second;
        else if ((fields & minute) != 0)
            lowest = minute;
        else if ((fields & hour) != 0)
            lowest = hour;
        else if ((fields & day) != 0)
            lowest = day;
        else if ((fields & month) != 0)
            lowest = month;
        else if ((fields & year) != 0)
            lowest = year;
        switch (lowest) {
            case year:
                value.months = value.months / 12 * 12;
                [[fallthrough]];
            case month:
                value.days = 0;
                [[fallthrough]];
            case day:
                value.microseconds = 0;
                break;
            case hour:
                value.microseconds = value.microseconds / hour_us * hour_us;
                break;
            case minute:
                value.microseconds = value.microseconds / minute_us * minute_us;
                break;
            default:
                break;
        }
    }
    if (precision <= 6 && (fields == 0x7FFF || (fields & second) != 0))
        value.microseconds = round_to_precision(value.microseconds, precision);
    return value;
}

namespace {

void two_digits(std::string& out, std::int64_t value) {
    if (value < 10) out.push_back('0');
    out += std::to_string(value);
}

void fraction(std::string& out, int microseconds) {
    if (microseconds == 0) return;
    char digits[7] = "000000";
    auto rest = std::abs(microseconds);
    for (int i = 5; i >= 0; --i, rest /= 10) digits[i] = static_cast<char>('0' + rest % 10);
    std::size_t length = 6;
    while (digits[length - 1] == '0') --length;
    out.push_back('.');
    out.append(digits, length);
}

void seconds_text(std::string& out, int seconds, int microseconds, bool pad) {
    if (pad)
        two_digits(out, std::abs(seconds));
    else
        out += std::to_string(std::abs(seconds));
    fraction(out, microseconds);
}

void clock_text(std::string& out, interval_parts const& parts) {
    two_digits(out, std::llabs(parts.hours));
    out.push_back(':');
    two_digits(out, std::abs(parts.minutes));
    out.push_back(':');
    seconds_text(out, parts.seconds, parts.microseconds, true);
}

void print_postgres(interval_parts const& parts, std::string& out) {
    bool first = true, before_negative = false;
    auto const field = [&](std::int64_t value, char const* unit) {
        if (value == 0) return;
        if (!first) out.push_back(' ');
        if (before_negative && value > 0) out.push_back('+');
        out += std::to_string(value);
        out.push_back(' ');
        out += unit;
        if (value != 1) out.push_back('s');
        before_negative = value < 0;
        first = false;
    };
    field(parts.years, "year");
    field(parts.months, "mon");
    field(parts.days, "day");
    if (first || parts.has_time()) {
        bool const minus = parts.time_negative();
        if (!first) out.push_back(' ');
        if (minus)
            out.push_back('-');
        else if (before_negative)
            out.push_back('+');
        clock_text(out, parts);
    }
}

void print_verbose(interval_parts const& parts, std::string& out) {
    bool first = true, ago = false;
    out.push_back('@');
    auto const field = [&](std::int64_t value, char const* unit) {
        if (value == 0) return;
        if (first) {
            ago = value < 0;
            value = std::llabs(value);
        } else if (ago) {
            value = -value;
        }
        first = false;
        out.push_back(' ');
        out += std::to_string(value);
        out.push_back(' ');
        out += unit;
        if (value != 1) out.push_back('s');
    };
    field(parts.years, "year");
    field(parts.months, "mon");
    field(parts.days, "day");
    field(parts.hours, "hour");
    field(parts.minutes, "min");
    if (parts.seconds != 0 || parts.microseconds != 0) {
        bool const minus = parts.seconds < 0 || parts.microseconds < 0;
        out.push_back(' ');
        if (first)
            ago = minus;
        else if (minus != ago)
            out.push_back('-');
        first = false;
        seconds_text(out, parts.seconds, parts.microseconds, false);
        out += " sec";
        if (std::abs(parts.seconds) != 1 || parts.microseconds != 0) out.push_back('s');
    }
    if (first) out += " 0";
    if (ago) out += " ago";
}

void print_sql_standard(interval_parts parts, std::string& out) {
    bool const negative = parts.years < 0 || parts.months < 0 || parts.days < 0 ||
                          parts.hours < 0 || parts.minutes < 0 || parts.seconds < 0 ||
                          parts.microseconds < 0;
    bool const positive = parts.years > 0 || parts.months > 0 || parts.days > 0 ||
                          parts.hours > 0 || parts.minutes > 0 || parts.seconds > 0 ||
                          parts.microseconds > 0;
    bool const year_month = parts.years != 0 || parts.months != 0;
    bool const day_time = parts.days != 0 || parts.has_time();
    bool const standard = !(negative && positive) && !(year_month && day_time);
    if (negative && standard) {
        out.push_back('-');
        parts = parts.negated();
    }
    if (!negative && !positive) {
        out.push_back('0');
    } else if (!standard) {  // every group with its sign
        auto const sign = [&](bool minus) { out.push_back(minus ? '-' : '+'); };
        sign(parts.years < 0 || parts.months < 0);
        out +=
            std::to_string(std::llabs(parts.years)) + "-" + std::to_string(std::abs(parts.months));
        out.push_back(' ');
        sign(parts.days < 0);
        out += std::to_string(std::llabs(parts.days)) + " ";
        sign(parts.time_negative());
        out += std::to_string(std::llabs(parts.hours)) + ":";
        two_digits(out, std::abs(parts.minutes));
        out.push_back(':');
        seconds_text(out, parts.seconds, parts.microseconds, true);
    } else if (year_month) {
        out += std::to_string(parts.years) + "-" + std::to_string(parts.months);
    } else {
        if (parts.days != 0) out += std::to_string(parts.days) + " ";
        out += std::to_string(parts.hours) + ":";
        two_digits(out, parts.minutes);
        out.push_back(':');
        seconds_text(out, parts.seconds, parts.microseconds, true);
    }
}

void print_iso(interval_parts const& parts, std::string& out) {
    if (!parts.has_time() && parts.years == 0 && parts.months == 0 && parts.days == 0) {
        out += "PT0S";
        return;
    }
    auto const field = [&](std::int64_t value, char unit) {
        if (value == 0) return;
        out += std::to_string(value);
        out.push_back(unit);
    };
    out.push_back('P');
    field(parts.years, 'Y');
    field(parts.months, 'M');
    field(parts.days, 'D');
    if (!parts.has_time()) return;
    out.push_back('T');
    field(parts.hours, 'H');
    field(parts.minutes, 'M');
    if (parts.seconds != 0 || parts.microseconds != 0) {
        if (parts.seconds < 0 || parts.microseconds < 0) out.push_back('-');
        seconds_text(out, parts.seconds, parts.microseconds, false);
        out.push_back('S');
    }
}

}  // namespace

void print_interval(interval_value value, session_style const& style, std::string& out) {
    auto const parts = split_interval(value);
    switch (style.intervals) {
        case interval_style::postgres:
            print_postgres(parts, out);
            return;
        case interval_style::postgres_verbose:
            print_verbose(parts, out);
            return;
        case interval_style::sql_standard:
            print_sql_standard(parts, out);
            return;
        case interval_style::iso_8601:
            print_iso(parts, out);
            return;
    }
}

}  // namespace sluice::sql
