// to_char of timestamps and intervals; to_date and to_timestamp by template.
#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "protocols/sql/functions/format_fields.hpp"
#include "protocols/sql/functions/registry.hpp"
#include "protocols/sql/types/datetime.hpp"
#include "protocols/sql/types/datetime_fields.hpp"
#include "protocols/sql/types/interval_fields.hpp"
#include "protocols/sql/types/text_tools.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

// What is printed, of a moment or an interval.
struct printed_moment {
    std::int64_t year = 0;  // astronomical
    int month = 0;
    std::int64_t day = 0, hour = 0;
    int minute = 0, second = 0, microsecond = 0;
    std::int64_t days = 0;  // since 2000-01-01
    int doy = 0;
    bool is_interval = false;
    zone_offset offset;
    bool zoned = false;
};

std::string padded(std::int64_t value, int width, bool fill) {
    auto digits = std::to_string(value < 0 ? -value : value);
    if (fill && static_cast<int>(digits.size()) < width)
        digits.insert(0, static_cast<std::size_t>(width) - digits.size(), '0');
    return value < 0 ? "-" + digits : digits;
}
std::string with_case(std::string text, letter_case letters) {
    if (letters == letter_case::upper) return upper_case(text);
    if (letters == letter_case::lower) return lower_case(text);
    return text;
}
std::string named(std::string name, format_node const& node, std::size_t width) {
    auto text = with_case(std::move(name), node.letters);
    if (node.fill && text.size() < width) text.append(width - text.size(), ' ');
    return text;
}
constexpr char const* roman_months[] = {"I",   "II",   "III", "IV", "V",  "VI",
                                        "VII", "VIII", "IX",  "X",  "XI", "XII"};

void add_ordinal(std::string& text, int kind) {
    if (kind == 0 || text.empty()) return;
    char const last = text.back();
    char const* suffix = "TH";
    bool const teen = text.size() > 1 && text[text.size() - 2] == '1';
    if (!teen && last == '1') suffix = "ST";
    if (!teen && last == '2') suffix = "ND";
    if (!teen && last == '3') suffix = "RD";
    text += kind == 1 ? suffix : ascii_lower(suffix);
}

std::string signed_hours(std::int32_t seconds) {
    return std::string(seconds < 0 ? "-" : "+") + padded(std::abs(seconds) / 3600, 2, true);
}

bool print_clock(format_node const& n, printed_moment const& m, std::string& out) {
    switch (n.what) {
        case format_field::hh12: {
            auto const hour = m.hour % 12 == 0 ? (m.hour < 0 ? -12 : 12) : m.hour % 12;
            out = padded(hour, m.hour < 0 ? 3 : 2, n.fill);
            return true;
        }
        case format_field::hh24:
            out = padded(m.hour, 2, n.fill);
            return true;
        case format_field::mi:
            out = padded(m.minute, 2, n.fill);
            return true;
        case format_field::ss:
            out = padded(m.second, 2, n.fill);
            return true;
        case format_field::ms:
            out = padded(m.microsecond / 1000, 3, true);
            return true;
        case format_field::us:
            out = padded(m.microsecond, 6, true);
            return true;
        case format_field::fraction:
            out = padded(m.microsecond, 6, true).substr(0, static_cast<std::size_t>(n.digits));
            return true;
        case format_field::seconds_of_day:
            out = std::to_string(m.hour * 3600 + m.minute * 60 + m.second);
            return true;
        case format_field::meridiem: {
            bool const after = m.hour % 24 >= 12;
            out = n.dotted ? (after ? "P.M." : "A.M.") : (after ? "PM" : "AM");
            if (n.letters == letter_case::lower) out = ascii_lower(out);
            return true;
        }
        default:
            return false;
    }
}

bool print_year(format_node const& n, printed_moment const& m, std::string& out) {
    auto const year = m.is_interval || m.year > 0 ? m.year : 1 - m.year;
    auto const iso = [&] {
        if (m.is_interval) return m.year;
        auto const value = iso_week_of(m.days).year;
        return value > 0 ? value : 1 - value;
    };
    switch (n.what) {
        case format_field::y_yyy:
            out = std::to_string(year / 1000) + "," + padded(std::llabs(year % 1000), 3, true);
            return true;
        case format_field::yyyy:
            out = padded(year, 4, n.fill);
            return true;
        case format_field::yyy:
            out = padded(year % 1000, 3, n.fill);
            return true;
        case format_field::yy:
            out = padded(year % 100, 2, n.fill);
            return true;
        case format_field::y:
            out = std::to_string(year % 10);
            return true;
        case format_field::iyyy:
            out = padded(iso(), 4, n.fill);
            return true;
        case format_field::iyy:
            out = padded(iso() % 1000, 3, n.fill);
            return true;
        case format_field::iy:
            out = padded(iso() % 100, 2, n.fill);
            return true;
        case format_field::i:
            out = std::to_string(iso() % 10);
            return true;
        case format_field::cc: {
            auto century = m.is_interval ? m.year / 100
                           : m.year > 0  ? (m.year - 1) / 100 + 1
                                         : m.year / 100 - 1;
            out = padded(century, century < 0 ? 2 : 2, n.fill);
            return true;
        }
        default:
            return false;
    }
}

bool print_day(format_node const& n, printed_moment const& m, std::string& out) {
    auto const weekday = weekday_of(m.days);
    switch (n.what) {
        case format_field::mm:
            out = padded(m.month, 2, n.fill);
            return true;
        case format_field::dd:
            out = padded(m.day, 2, n.fill);
            return true;
        case format_field::ddd:
            out = padded(m.doy, 3, n.fill);
            return true;
        case format_field::iddd:
            out = padded(m.days - iso_week_start(iso_week_of(m.days).year, 1) + 1, 3, n.fill);
            return true;
        case format_field::d:
            out = std::to_string(weekday + 1);
            return true;
        case format_field::id:
            out = std::to_string(weekday == 0 ? 7 : weekday);
            return true;
        case format_field::ww:
            out = padded((m.doy - 1) / 7 + 1, 2, n.fill);
            return true;
        case format_field::iw:
            out = padded(iso_week_of(m.days).week, 2, n.fill);
            return true;
        case format_field::w:
            out = std::to_string((m.day - 1) / 7 + 1);
            return true;
        case format_field::julian:
            out = std::to_string(m.days + julian_epoch_days);
            return true;
        case format_field::quarter:
            out = m.month == 0 ? "" : std::to_string((m.month - 1) / 3 + 1);
            return true;
        default:
            return false;
    }
}

bool print_name(format_node const& n, printed_moment const& m, std::string& out) {
    auto const weekday = static_cast<std::size_t>(weekday_of(m.days));
    auto const month = static_cast<std::size_t>(m.month > 0 ? m.month - 1 : 0);
    switch (n.what) {
        case format_field::month_name:
            if (m.month > 0) out = named(full_month_names[month], n, 9);
            return true;
        case format_field::month_short:
            if (m.month > 0)
                out = with_case(std::string(full_month_names[month]).substr(0, 3), n.letters);
            return true;
        case format_field::day_name:
            out = named(full_day_names[weekday], n, 9);
            return true;
        case format_field::day_short:
            out = with_case(std::string(full_day_names[weekday]).substr(0, 3), n.letters);
            return true;
        case format_field::roman: {
            if (m.month == 0) return true;
            out = n.letters == letter_case::lower ? ascii_lower(roman_months[month])
                                                  : roman_months[month];
            if (n.fill && out.size() < 4) out.append(4 - out.size(), ' ');
            return true;
        }
        case format_field::era:
            out = m.year > 0 ? (n.dotted ? "A.D." : "AD") : (n.dotted ? "B.C." : "BC");
            if (n.letters == letter_case::lower) out = ascii_lower(out);
            return true;
        case format_field::tz:
            if (m.zoned)
                out = n.letters == letter_case::lower ? ascii_lower(m.offset.abbreviation)
                                                      : std::string(m.offset.abbreviation);
            return true;
        case format_field::tzh:
            out = signed_hours(m.offset.seconds_east);
            return true;
        case format_field::tzm:
            out = padded(std::abs(m.offset.seconds_east) / 60 % 60, 2, true);
            return true;
        case format_field::of:
            out = signed_hours(m.offset.seconds_east);
            if (m.offset.seconds_east % 3600 != 0)
                out += ":" + padded(std::abs(m.offset.seconds_east) / 60 % 60, 2, true);
            return true;
        default:
            return false;
    }
}

bool only_of_dates(format_field what) {
    switch (what) {
        case format_field::era:
        case format_field::day_name:
        case format_field::day_short:
        case format_field::tz:
        case format_field::tzh:
        case format_field::tzm:
        case format_field::of:
        case format_field::d:
        case format_field::id:
        case format_field::julian:
            return true;
        default:
            return false;
    }
}

datum print_moment(function_frame& f, printed_moment const& m) {
    std::string all;
    for (auto const& node : split_format(f.text(1))) {
        if (node.what == format_field::literal) {
            all += node.text;
            continue;
        }
        if (m.is_interval && only_of_dates(node.what))
            return f.fail(sql_error("22007", "invalid format specification for an interval value")
                              .with_hint("Intervals are not tied to specific calendar dates."));
        std::string out;
        bool const number =
            print_clock(node, m, out) || print_year(node, m, out) || print_day(node, m, out);
        if (number) {
            if (node.what != format_field::meridiem) add_ordinal(out, node.ordinal);
        } else {
            print_name(node, m, out);
        }
        all += out;
        if (all.size() > f.context.io.limits.value_bytes)
            return f.fail({"54000", "requested length too large"});
    }
    return all;
}

datum moment_text(function_frame& f) {
    auto const at = f.integer(0);
    if (!is_finite_timestamp(at) || f.text(1).empty()) return sql_null{};
    printed_moment m;
    m.zoned = f.types[0].oid == oid::timestamptz;
    if (m.zoned) m.offset = offset_at(zone_of(f.context.io.style), at);
    auto const local = at + m.offset.seconds_east * second_us;
    m.days = day_part(local);
    auto const date = date_of_days(m.days);
    auto const time = time_of(time_part(local));
    m.year = date.year;
    m.month = date.month;
    m.day = date.day;
    m.doy = day_of_year(date);
    m.hour = time.hour;
    m.minute = time.minute;
    m.second = time.second;
    m.microsecond = time.microsecond;
    return print_moment(f, m);
}
datum interval_text(function_frame& f) {
    if (f.text(1).empty()) return sql_null{};
    auto const value = std::get<interval_value>(f[0]);
    auto const parts = split_interval(value);
    printed_moment m;
    m.is_interval = true;
    m.year = parts.years;
    m.month = parts.months;
    m.day = parts.days;
    m.hour = parts.hours;
    m.minute = parts.minutes;
    m.second = parts.seconds;
    m.microsecond = parts.microseconds;
    m.doy = static_cast<int>((parts.years * 12 + parts.months) * 30 + parts.days);
    return print_moment(f, m);
}

}  // namespace

void register_format_functions(function_registry& to) {
    to.scalars({{"timestamp_to_char", moment_text},
                {"timestamptz_to_char", moment_text},
                {"interval_to_char", interval_text}});
    register_number_formats(to);
    register_format_readers(to);
}

}  // namespace sluice::sql
