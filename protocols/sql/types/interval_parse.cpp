#include <charconv>
#include <cmath>
#include <limits>

#include "protocols/sql/types/datetime.hpp"
#include "protocols/sql/types/datetime_fields.hpp"

namespace sluice::sql {
namespace {

enum class unit : std::uint8_t {
    none,
    microsecond,
    millisecond,
    second,
    minute,
    hour,
    day,
    week,
    month,
    quarter,
    year,
    decade,
    century,
    millennium
};

struct unit_name {
    std::string_view name;
    unit what;
};
constexpr unit_name unit_names[] = {
    {"c", unit::century},
    {"cent", unit::century},
    {"centuries", unit::century},
    {"century", unit::century},
    {"d", unit::day},
    {"day", unit::day},
    {"days", unit::day},
    {"dec", unit::decade},
    {"decade", unit::decade},
    {"decades", unit::decade},
    {"decs", unit::decade},
    {"h", unit::hour},
    {"hour", unit::hour},
    {"hours", unit::hour},
    {"hr", unit::hour},
    {"hrs", unit::hour},
    {"m", unit::minute},
    {"microsecon", unit::microsecond},
    {"microsecond", unit::microsecond},
    {"microseconds", unit::microsecond},
    {"mil", unit::millennium},
    {"millennia", unit::millennium},
    {"millennium", unit::millennium},
    {"millisecon", unit::millisecond},
    {"millisecond", unit::millisecond},
    {"milliseconds", unit::millisecond},
    {"mils", unit::millennium},
    {"min", unit::minute},
    {"mins", unit::minute},
    {"minute", unit::minute},
    {"minutes", unit::minute},
    {"mon", unit::month},
    {"mons", unit::month},
    {"month", unit::month},
    {"months", unit::month},
    {"ms", unit::millisecond},
    {"msec", unit::millisecond},
    {"msecond", unit::millisecond},
    {"mseconds", unit::millisecond},
    {"msecs", unit::millisecond},
    {"qtr", unit::quarter},
    {"quarter", unit::quarter},
    {"s", unit::second},
    {"sec", unit::second},
    {"second", unit::second},
    {"seconds", unit::second},
    {"secs", unit::second},
    {"us", unit::microsecond},
    {"usec", unit::microsecond},
    {"usecond", unit::microsecond},
    {"useconds", unit::microsecond},
    {"usecs", unit::microsecond},
    {"w", unit::week},
    {"week", unit::week},
    {"weeks", unit::week},
    {"y", unit::year},
    {"year", unit::year},
    {"years", unit::year},
    {"yr", unit::year},
    {"yrs", unit::year},
};

unit unit_named(std::string_view name) {
    for (auto const& each : unit_names)
        if (each.name == name) return each.what;
    return unit::none;
}

// Sums parts; latches overflow.
struct interval_sum {
    std::int64_t months = 0, days = 0, microseconds = 0;
    bool overflow = false;

    void add_microseconds(__int128 value) {
        auto const sum = value + microseconds;
        if (sum > std::numeric_limits<std::int64_t>::max() ||
            sum < std::numeric_limits<std::int64_t>::min())
            overflow = true;
        else
            microseconds = static_cast<std::int64_t>(sum);
    }
    static void add_small(std::int64_t& to, __int128 value, bool& overflow) {
        auto const sum = value + to;
        if (sum > std::numeric_limits<std::int32_t>::max() ||
            sum < std::numeric_limits<std::int32_t>::min())
            overflow = true;
        else
            to = static_cast<std::int64_t>(sum);
    }
    void add_days(__int128 value) { add_small(days, value, overflow); }
    void add_months(__int128 value) { add_small(months, value, overflow); }
    // A fraction of `length` microseconds; of days, the rest going to microseconds; of months.
    void part_of(double fraction, double length) {
        add_microseconds(static_cast<__int128>(std::rint(fraction * length)));
    }
    void part_of_days(double fraction, int length) {
        fraction *= length;
        auto const whole = std::trunc(fraction);
        add_days(static_cast<__int128>(whole));
        part_of(fraction - whole, static_cast<double>(day_us));
    }
    void part_of_years(double fraction, int years) {
        add_months(static_cast<__int128>(std::rint(fraction * years * 12)));
    }

    // value.fraction units
    bool add(unit what, std::int64_t value, double fraction) {
        auto const wide = static_cast<__int128>(value);
        switch (what) {
            case unit::microsecond:
                add_microseconds(wide + static_cast<__int128>(std::rint(fraction)));
                break;
            case unit::millisecond:
                add_microseconds(wide * 1000), part_of(fraction, 1000);
                break;
            case unit::second:
                add_microseconds(wide * second_us), part_of(fraction, 1e6);
                break;
            case unit::minute:
                add_microseconds(wide * minute_us), part_of(fraction, 6e7);
                break;
            case unit::hour:
                add_microseconds(wide * hour_us), part_of(fraction, 3.6e9);
                break;
            case unit::day:
                add_days(wide), part_of(fraction, static_cast<double>(day_us));
                break;
            case unit::week:
                add_days(wide * 7), part_of_days(fraction, 7);
                break;
            case unit::month:
                add_months(wide), part_of_days(fraction, 30);
                break;
            case unit::quarter:
                add_months(wide * 3), part_of_years(fraction / 4, 1);
                break;
            case unit::year:
                add_months(wide * 12), part_of_years(fraction, 1);
                break;
            case unit::decade:
                add_months(wide * 120), part_of_years(fraction, 10);
                break;
            case unit::century:
                add_months(wide * 1200), part_of_years(fraction, 100);
                break;
            case unit::millennium:
                add_months(wide * 12000), part_of_years(fraction, 1000);
                break;
            case unit::none:
                return false;
        }
        return !overflow;
    }
    void negate() {
        months = -months;
        days = -days;
        microseconds = -microseconds;
    }
};

enum class bad : std::uint8_t { none, format, field };

// [-]digits[.digits]
bool read_number(std::string_view text, std::int64_t& value, double& fraction, bool& overflow) {
    bool const negative = !text.empty() && text[0] == '-';
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
    auto const point = text.find('.');
    auto const whole = text.substr(0, point);
    value = 0;
    fraction = 0;
    if (!whole.empty()) {
        auto const read = std::from_chars(whole.data(), whole.data() + whole.size(), value);
        if (read.ec == std::errc::result_out_of_range) return overflow = true, false;
        if (read.ec != std::errc() || read.ptr != whole.data() + whole.size()) return false;
    }
    if (point != std::string_view::npos) {
        auto const padded = "0" + std::string(text.substr(point));
        if (padded.size() > 2) {
            auto const read =
                std::from_chars(padded.data(), padded.data() + padded.size(), fraction);
            if (read.ec != std::errc() || read.ptr != padded.data() + padded.size()) return false;
        } else if (whole.empty()) {
            return false;
        }
    }
    if (negative) {
        value = -value;
        fraction = -fraction;
    }
    return true;
}

// The unit a number without one has: that of the interval's lowest field.
unit default_unit(std::int32_t modifier) {
    if (modifier < 0) return unit::second;
    int const fields = (modifier >> 16) & 0x7FFF;
    if ((fields & 4096) != 0) return unit::second;
    if ((fields & 2048) != 0) return unit::minute;
    if ((fields & 1024) != 0) return unit::hour;
    if ((fields & 8) != 0) return unit::day;
    if ((fields & 2) != 0) return unit::month;
    if ((fields & 4) != 0) return unit::year;
    return unit::second;
}

class interval_reader {
public:
    interval_reader(std::int32_t modifier, interval_style style)
        : modifier_(modifier), style_(style) {}

    // Fields from the last to the first, so that a unit is known before its number.
    bad read(std::string_view text, interval_sum& sum) {
        std::vector<date_field> fields;
        if (!split_date_fields(text, fields) || fields.empty()) return bad::format;
        bool ago = false, any = false;
        unit current = unit::none;
        bool force_negative = style_ == interval_style::sql_standard && fields[0].text[0] == '-';
        if (force_negative)
            for (std::size_t i = 1; i < fields.size(); ++i)
                if (fields[i].text[0] == '-' || fields[i].text[0] == '+') force_negative = false;
        for (auto i = fields.size(); i-- > 0;) {
            auto const& field = fields[i];
            auto failed = bad::none;
            switch (field.what) {
                case date_field::kind::word:
                    if (field.text == "ago") {
                        if (i + 1 != fields.size()) return bad::format;
                        ago = true;
                        break;
                    }
                    if (field.text == "and") break;
                    current = unit_named(field.text);
                    if (current == unit::none) return bad::format;
                    break;
                case date_field::kind::time:
                    failed = clock(field.text, false, force_negative, sum);
                    current = unit::day;
                    any = true;
                    break;
                case date_field::kind::zone:
                    if (field.text.find(':') != std::string::npos) {
                        failed =
                            clock(field.text.substr(1), field.text[0] == '-', force_negative, sum);
                        current = unit::day;
                    } else {
                        failed = number(field.text, current, force_negative, sum);
                    }
                    any = true;
                    break;
                case date_field::kind::date:
                case date_field::kind::number:
                    failed = number(field.text, current, force_negative, sum);
                    any = true;
                    break;
                case date_field::kind::special:
                    return bad::format;
            }
            if (failed != bad::none) return failed;
            if (sum.overflow) return bad::field;
        }
        if (!any) return bad::format;
        if (ago) sum.negate();
        return bad::none;
    }

private:
    bad clock(std::string_view text, bool negative, bool force, interval_sum& sum) {
        bool out_of_range = false;
        std::int64_t value = 0;
        bool const minutes_seconds =
            modifier_ >= 0 && ((modifier_ >> 16) & 0x7FFF) == (2048 | 4096);
        if (!read_clock(text, value, out_of_range, minutes_seconds))
            return out_of_range ? bad::field : bad::format;
        if (!once(bit(unit::hour) | bit(unit::minute) | bit(unit::second))) return bad::format;
        sum.add_microseconds(negative || force ? -value : value);
        return bad::none;
    }

    bad number(std::string_view text, unit& current, bool force, interval_sum& sum) {
        bool overflow = false;
        std::int64_t value = 0;
        double fraction = 0;
        auto const dash = text.find('-', 1);
        if (dash != std::string_view::npos) return year_month(text, dash, current, force, sum);
        if (!read_number(text, value, fraction, overflow))
            return overflow ? bad::field : bad::format;
        if (force && text[0] != '-') {
            value = -value;
            fraction = -fraction;
        }
        if (current == unit::none) current = default_unit(modifier_);
        if (!once(bits_of(current, fraction))) return bad::format;
        sum.add(current, value, fraction);
        current = unit::none;
        return bad::none;
    }

    // years-months
    bad year_month(std::string_view text, std::size_t dash, unit& current, bool force,
                   interval_sum& sum) {
        bool overflow = false;
        std::int64_t years = 0, months = 0;
        double fraction = 0;
        bool const negative = text[0] == '-' || force;
        auto first = text.substr(0, dash);
        if (first[0] == '-' || first[0] == '+') first.remove_prefix(1);
        if (!read_number(first, years, fraction, overflow) || fraction != 0 ||
            !read_number(text.substr(dash + 1), months, fraction, overflow) || fraction != 0)
            return overflow ? bad::field : bad::format;
        if (months < 0 || months >= 12) return bad::field;
        if (!once(bit(unit::month))) return bad::format;
        auto const total = static_cast<__int128>(years) * 12 + months;
        sum.add_months(negative ? -total : total);
        current = unit::none;
        return bad::none;
    }

    // Each unit may stand once; a clock time is hours, minutes and seconds.
    bool once(unsigned mask) {
        bool const fresh = (seen_ & mask) == 0;
        seen_ |= mask;
        return fresh;
    }
    static unsigned bit(unit what) { return 1U << static_cast<unsigned>(what); }
    static unsigned bits_of(unit what, double fraction) {
        if (what != unit::second || fraction == 0) return bit(what);
        return bit(what) | bit(unit::millisecond) | bit(unit::microsecond);
    }

    std::int32_t modifier_;
    interval_style style_;
    unsigned seen_ = 0;
};

// P1Y2M3DT4H5M6S, P1W, P0001-02-03T04:05:06
class iso_reader {
public:
    bad read(std::string_view text, interval_sum& sum) {
        if (text.size() < 2 || text[0] != 'P') return bad::format;
        text.remove_prefix(1);
        bool date_part = true, any_field = false;
        while (!text.empty()) {
            if (text[0] == 'T') {
                date_part = false;
                any_field = false;
                text.remove_prefix(1);
                continue;
            }
            std::int64_t value = 0;
            double fraction = 0;
            if (!number(text, value, fraction)) return bad::format;
            char const letter = text.empty() ? '\0' : text[0];
            if (letter == '\0' || letter == '-' || letter == ':' || letter == 'T')
                return alternative(text, value, fraction, date_part, any_field, sum);
            text.remove_prefix(1);
            auto const what = unit_of(letter, date_part);
            if (what == unit::none) return bad::format;
            if (!sum.add(what, value, fraction)) return bad::field;
            any_field = true;
        }
        return any_field ? bad::none : bad::format;
    }

private:
    static unit unit_of(char letter, bool date_part) {
        switch (letter) {
            case 'Y':
                return date_part ? unit::year : unit::none;
            case 'M':
                return date_part ? unit::month : unit::minute;
            case 'W':
                return date_part ? unit::week : unit::none;
            case 'D':
                return date_part ? unit::day : unit::none;
            case 'H':
                return date_part ? unit::none : unit::hour;
            case 'S':
                return date_part ? unit::none : unit::second;
            default:
                return unit::none;
        }
    }
    static bool number(std::string_view& text, std::int64_t& value, double& fraction) {
        std::size_t length = 0;
        if (length < text.size() && (text[0] == '-' || text[0] == '+')) ++length;
        while (length < text.size() &&
               ((text[length] >= '0' && text[length] <= '9') || text[length] == '.'))
            ++length;
        bool overflow = false;
        bool const ok =
            read_number(text.substr(0, length), value, fraction, overflow) && length > 0;
        text.remove_prefix(length);
        return ok;
    }
    // The form with separators: years-months-days or hours:minutes:seconds.
    bad alternative(std::string_view text, std::int64_t value, double fraction, bool date_part,
                    bool any_field, interval_sum& sum) {
        if (any_field) return bad::format;
        char const separator = date_part ? '-' : ':';
        unit const units[] = {date_part ? unit::year : unit::hour,
                              date_part ? unit::month : unit::minute,
                              date_part ? unit::day : unit::second};
        for (int i = 0;; ++i) {
            if (!sum.add(units[i], value, fraction)) return bad::field;
            if (text.empty()) return bad::none;
            if (text[0] == 'T' && date_part) {
                text.remove_prefix(1);
                std::int64_t next = 0;
                double rest = 0;
                if (!number(text, next, rest)) return bad::format;
                return alternative(text, next, rest, false, false, sum);
            }
            if (text[0] != separator || i == 2) return bad::format;
            text.remove_prefix(1);
            if (!number(text, value, fraction)) return bad::format;
        }
    }
};

}  // namespace

sql_result<interval_value> parse_interval(std::string_view text, std::int32_t modifier,
                                          io_context const& context) {
    interval_sum sum;
    auto failed = interval_reader(modifier, context.style.intervals).read(text, sum);
    if (failed == bad::format) {
        interval_sum iso;
        auto const other = iso_reader().read(text, iso);
        if (other != bad::format) {
            failed = other;
            sum = iso;
        }
    }
    if (sum.overflow) failed = bad::field;
    auto const quoted = "\"" + std::string(text) + "\"";
    if (failed == bad::field)
        return sql_error("22015", "interval field value out of range: " + quoted);
    if (failed != bad::none)
        return sql_error("22007", "invalid input syntax for type interval: " + quoted);
    interval_value const value{sum.microseconds, static_cast<std::int32_t>(sum.days),
                               static_cast<std::int32_t>(sum.months)};
    return apply_interval_modifier(value, modifier);
}

}  // namespace sluice::sql
