#include "protocols/sql/records/timestamp.hpp"

#include <array>
#include <chrono>

namespace sluice::sql::records {
namespace {

constexpr std::int64_t day_seconds = 24 * 3600;

// Reads the fixed-width fields of a moment; latches the first error.
class field_cursor {
public:
    explicit field_cursor(std::string_view text) : rest_(text) {}

    int digits(std::size_t count) {
        if (rest_.size() < count) return fail();
        int value = 0;
        for (auto const c : rest_.substr(0, count)) {
            if (c < '0' || c > '9') return fail();
            value = value * 10 + (c - '0');
        }
        rest_.remove_prefix(count);
        return value;
    }
    bool take(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void expect(char c) {
        if (!take(c)) fail();
    }
    bool at_digit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }
    bool at_end() const { return rest_.empty(); }
    bool ok() const { return !failed_; }
    int fail() {
        failed_ = true;
        rest_ = {};
        return 0;
    }

private:
    std::string_view rest_;
    bool failed_ = false;
};

void read_fraction(field_cursor& from, timestamp& out) {
    std::uint32_t unit = 100'000'000;
    while (from.ok() && from.at_digit()) {
        if (out.fraction_digits == 9) {
            from.fail();
            return;
        }
        out.nanos += static_cast<std::uint32_t>(from.digits(1)) * unit;
        unit /= 10;
        ++out.fraction_digits;
    }
    if (out.fraction_digits == 0) from.fail();
}

void read_offset(field_cursor& from, timestamp& out) {
    if (from.take('Z')) return;
    bool const minus = from.take('-');
    if (!minus) from.expect('+');
    auto const hours = from.digits(2);
    from.expect(':');
    auto const minutes = from.digits(2);
    if (hours > 23 || minutes > 59) from.fail();
    auto const offset = hours * 60 + minutes;
    out.offset_minutes = static_cast<std::int16_t>(minus ? -offset : offset);
    out.offset_known = !minus || offset != 0;
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
    return a / b - (a % b != 0 && (a % b < 0) != (b < 0) ? 1 : 0);
}

void print_number(int value, int width, std::string& out) {
    auto const digits = std::to_string(value);
    for (auto left = width - static_cast<int>(digits.size()); left > 0; --left) out += '0';
    out += digits;
}

std::int64_t unit_seconds(time_part part) {
    switch (part) {
        case time_part::day: return day_seconds;
        case time_part::hour: return 3600;
        case time_part::minute: return 60;
        default: return 1;
    }
}

record_fault out_of_years() {
    return {fault::evaluator_invalid_arguments, "The timestamp is outside the years 1 to 9999."};
}

// The same wall-clock moment that many months later, on the month's last day at most.
record_result<timestamp> add_months(timestamp const& base, std::int64_t months) {
    auto fields = fields_of(base);
    constexpr std::int64_t most = 12 * 10'000;
    if (months < -most || months > most) return out_of_years();
    auto const total = std::int64_t{fields.year} * 12 + fields.month - 1 + months;
    fields.year = static_cast<int>(floor_divide(total, 12));
    fields.month = static_cast<unsigned>(total - std::int64_t{fields.year} * 12) + 1;
    if (fields.year < 1 || fields.year > 9999) return out_of_years();
    auto const last = std::chrono::year_month_day_last(
        std::chrono::year(fields.year),
        std::chrono::month_day_last(std::chrono::month(fields.month)));
    fields.day = std::min(fields.day, static_cast<unsigned>(last.day()));
    auto const seconds = seconds_of(fields, base.offset_minutes);
    if (!seconds) return out_of_years();
    auto out = base;
    out.seconds = *seconds;
    return out;
}

std::int64_t months_between(timestamp const& a, timestamp const& b) {
    auto at = a;
    auto to = b;
    at.offset_minutes = to.offset_minutes = 0;
    auto const from_fields = fields_of(at);
    auto const to_fields = fields_of(to);
    auto months = std::int64_t{to_fields.year - from_fields.year} * 12 +
                  static_cast<int>(to_fields.month) - static_cast<int>(from_fields.month);
    auto const moved = add_months(at, months);
    if (moved.has_error()) return months;
    if (months > 0 && to < *moved) --months;
    if (months < 0 && *moved < to) ++months;
    return months;
}

}  // namespace

std::optional<time_part> time_part_named(std::string_view name) {
    static constexpr std::array<std::string_view, 8> names{
        "year", "month", "day", "hour", "minute", "second", "timezone_hour", "timezone_minute"};
    std::string lower(name);
    for (auto& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == lower) return static_cast<time_part>(i);
    return std::nullopt;
}

std::optional<std::int64_t> seconds_of(time_fields const& fields, int offset_minutes) {
    if (fields.year < 1 || fields.year > 9999 || fields.hour > 23 || fields.minute > 59 ||
        fields.second > 59)
        return std::nullopt;
    std::chrono::year_month_day const day{std::chrono::year(fields.year),
                                          std::chrono::month(fields.month),
                                          std::chrono::day(fields.day)};
    if (!day.ok()) return std::nullopt;
    auto const days = std::chrono::sys_days(day).time_since_epoch().count();
    return days * day_seconds + fields.hour * 3600 + fields.minute * 60 + fields.second -
           std::int64_t{offset_minutes} * 60;
}

time_fields fields_of(timestamp const& of) {
    auto const local = of.seconds + std::int64_t{of.offset_minutes} * 60;
    auto const days = floor_divide(local, day_seconds);
    auto const rest = static_cast<unsigned>(local - days * day_seconds);
    std::chrono::year_month_day const day{
        std::chrono::sys_days(std::chrono::days(static_cast<int>(days)))};
    time_fields out;
    out.year = static_cast<int>(day.year());
    out.month = static_cast<unsigned>(day.month());
    out.day = static_cast<unsigned>(day.day());
    out.hour = rest / 3600;
    out.minute = rest / 60 % 60;
    out.second = rest % 60;
    return out;
}

std::optional<timestamp> parse_timestamp(std::string_view text) {
    using precision = timestamp::precision;
    field_cursor from(text);
    timestamp out;
    time_fields fields;
    out.known = precision::year;
    fields.year = from.digits(4);
    if (from.take('-')) {
        out.known = precision::month;
        fields.month = static_cast<unsigned>(from.digits(2));
        if (from.take('-')) {
            out.known = precision::day;
            fields.day = static_cast<unsigned>(from.digits(2));
        }
    }
    bool const has_mark = from.take('T');
    out.offset_known = false;
    if (has_mark && out.known == precision::day && !from.at_end()) {
        out.known = precision::minute;
        out.offset_known = true;
        fields.hour = static_cast<unsigned>(from.digits(2));
        from.expect(':');
        fields.minute = static_cast<unsigned>(from.digits(2));
        if (from.take(':')) {
            out.known = precision::second;
            fields.second = static_cast<unsigned>(from.digits(2));
            if (from.take('.')) read_fraction(from, out);
        }
        read_offset(from, out);
    }
    if (!from.ok() || !from.at_end()) return std::nullopt;
    if (!has_mark && out.known != precision::day) return std::nullopt;
    auto const seconds = seconds_of(fields, out.offset_minutes);
    if (!seconds) return std::nullopt;
    out.seconds = *seconds;
    return out;
}

void print(timestamp const& of, std::string& out) {
    using precision = timestamp::precision;
    auto const fields = fields_of(of);
    print_number(fields.year, 4, out);
    if (of.known >= precision::month) {
        out += '-';
        print_number(static_cast<int>(fields.month), 2, out);
    }
    if (of.known >= precision::day) {
        out += '-';
        print_number(static_cast<int>(fields.day), 2, out);
    }
    out += 'T';
    if (of.known < precision::minute) return;
    print_number(static_cast<int>(fields.hour), 2, out);
    out += ':';
    print_number(static_cast<int>(fields.minute), 2, out);
    if (of.known >= precision::second) {
        out += ':';
        print_number(static_cast<int>(fields.second), 2, out);
        if (of.fraction_digits > 0) {
            std::string digits;
            print_number(static_cast<int>(of.nanos), 9, digits);
            out += '.';
            out.append(digits, 0, of.fraction_digits);
        }
    }
    if (!of.offset_known) {
        out += "-00:00";
    } else if (of.offset_minutes == 0) {
        out += 'Z';
    } else {
        auto const minutes = of.offset_minutes < 0 ? -of.offset_minutes : of.offset_minutes;
        out += of.offset_minutes < 0 ? '-' : '+';
        print_number(minutes / 60, 2, out);
        out += ':';
        print_number(minutes % 60, 2, out);
    }
}

std::int64_t extract(time_part part, timestamp const& from) {
    auto const fields = fields_of(from);
    switch (part) {
        case time_part::year: return fields.year;
        case time_part::month: return fields.month;
        case time_part::day: return fields.day;
        case time_part::hour: return fields.hour;
        case time_part::minute: return fields.minute;
        case time_part::second: return fields.second;
        case time_part::timezone_hour: return from.offset_minutes / 60;
        case time_part::timezone_minute: return from.offset_minutes % 60;
    }
    return 0;
}

record_result<timestamp> add_to(timestamp const& base, time_part part, std::int64_t quantity) {
    using precision = timestamp::precision;
    constexpr std::int64_t years_max = 10'000;
    if (part == time_part::year) {
        if (quantity < -years_max || quantity > years_max) return out_of_years();
        return add_months(base, quantity * 12);
    }
    auto out = base;
    if (part == time_part::month) {
        out.known = std::max(out.known, precision::month);
        return add_months(out, quantity);
    }
    auto const unit = unit_seconds(part);
    constexpr std::int64_t seconds_max = years_max * 366 * day_seconds;
    if (quantity < -seconds_max / unit || quantity > seconds_max / unit) return out_of_years();
    out.seconds += quantity * unit;
    auto const needed = part == time_part::day      ? precision::day
                        : part == time_part::second ? precision::second
                                                    : precision::minute;
    if (needed >= precision::minute && out.known < precision::minute) out.offset_known = true;
    out.known = std::max(out.known, needed);
    auto const fields = fields_of(out);
    if (fields.year < 1 || fields.year > 9999) return out_of_years();
    return out;
}

std::int64_t difference(time_part part, timestamp const& a, timestamp const& b) {
    if (part == time_part::year) return months_between(a, b) / 12;
    if (part == time_part::month) return months_between(a, b);
    auto seconds = b.seconds - a.seconds;
    if (seconds > 0 && b.nanos < a.nanos) --seconds;
    if (seconds < 0 && b.nanos > a.nanos) ++seconds;
    return seconds / unit_seconds(part);
}

}  // namespace sluice::sql::records
