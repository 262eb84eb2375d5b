// extract and date_part, date_trunc, date_bin, make_*, AT TIME ZONE, to_timestamp(number).
#include <cmath>

#include "protocols/sql/functions/interval_math.hpp"
#include "protocols/sql/functions/registry.hpp"
#include "protocols/sql/types/interval_fields.hpp"
#include "protocols/sql/types/numeric.hpp"
#include "protocols/sql/types/scalar_text.hpp"
#include "protocols/sql/types/text_tools.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

enum class unit : std::uint8_t {
    unknown,
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
    millennium,
    dow,
    doy,
    isodow,
    isoyear,
    julian,
    epoch,
    timezone,
    timezone_hour,
    timezone_minute
};
struct unit_name {
    std::string_view name;
    unit what;
};
constexpr unit_name names[] = {
    {"microsecond", unit::microsecond},
    {"microseconds", unit::microsecond},
    {"us", unit::microsecond},
    {"usec", unit::microsecond},
    {"usecs", unit::microsecond},
    {"useconds", unit::microsecond},
    {"millisecond", unit::millisecond},
    {"milliseconds", unit::millisecond},
    {"ms", unit::millisecond},
    {"msec", unit::millisecond},
    {"msecs", unit::millisecond},
    {"mseconds", unit::millisecond},
    {"second", unit::second},
    {"seconds", unit::second},
    {"sec", unit::second},
    {"secs", unit::second},
    {"s", unit::second},
    {"minute", unit::minute},
    {"minutes", unit::minute},
    {"min", unit::minute},
    {"mins", unit::minute},
    {"m", unit::minute},
    {"hour", unit::hour},
    {"hours", unit::hour},
    {"hr", unit::hour},
    {"hrs", unit::hour},
    {"h", unit::hour},
    {"day", unit::day},
    {"days", unit::day},
    {"d", unit::day},
    {"week", unit::week},
    {"weeks", unit::week},
    {"w", unit::week},
    {"month", unit::month},
    {"months", unit::month},
    {"mon", unit::month},
    {"mons", unit::month},
    {"quarter", unit::quarter},
    {"qtr", unit::quarter},
    {"year", unit::year},
    {"years", unit::year},
    {"yr", unit::year},
    {"yrs", unit::year},
    {"y", unit::year},
    {"decade", unit::decade},
    {"decades", unit::decade},
    {"dec", unit::decade},
    {"decs", unit::decade},
    {"century", unit::century},
    {"centuries", unit::century},
    {"cent", unit::century},
    {"c", unit::century},
    {"millennium", unit::millennium},
    {"millennia", unit::millennium},
    {"mil", unit::millennium},
    {"mils", unit::millennium},
    {"dow", unit::dow},
    {"doy", unit::doy},
    {"isodow", unit::isodow},
    {"isoyear", unit::isoyear},
    {"julian", unit::julian},
    {"epoch", unit::epoch},
    {"timezone", unit::timezone},
    {"timezone_hour", unit::timezone_hour},
    {"timezone_minute", unit::timezone_minute},
    {"timezone_h", unit::timezone_hour},
    {"timezone_m", unit::timezone_minute},
};
unit unit_of(std::string const& text) {
    auto const lower = ascii_lower(text);
    for (auto const& each : names)
        if (each.name == lower) return each.what;
    return unit::unknown;
}

std::int64_t century_of(std::int64_t year, int span) {
    return year > 0 ? (year + span - 1) / span : -((span - 1 - (year - 1)) / span);
}

// A part as an integer with decimals: 12.345678 seconds is 12345678 with 6.
struct part {
    __int128 value = 0;
    int scale = 0;
};
numeric numeric_of(part p) {
    numeric unit_value(1);
    for (int i = 0; i < p.scale; ++i) unit_value = unit_value * numeric(10);
    return divide(numeric::of_int128(p.value), unit_value, p.scale, false);
}
datum give(function_frame& f, part p) {
    auto const value = numeric_of(p);
    if (f.result.oid == oid::numeric) return value.encode();
    return value.to_double();
}
datum give_infinite(function_frame& f, bool minus) {
    if (f.result.oid == oid::float8) return minus ? -HUGE_VAL : HUGE_VAL;
    return numeric::special(minus ? numeric::kind::minus_infinity : numeric::kind::plus_infinity)
        .encode();
}
datum not_supported(function_frame& f, std::string const& name, char const* type, bool known) {
    auto const lower = ascii_lower(name);
    if (known) return f.fail({"0A000", "unit \"" + lower + "\" not supported for type " + type});
    return f.fail({"22023", "unit \"" + lower + "\" not recognized for type " + type});
}

bool time_part_of(unit what, std::int64_t time, part& out) {
    switch (what) {
        case unit::microsecond:
            out = {time % minute_us, 0};
            return true;
        case unit::millisecond:
            out = {time % minute_us, 3};
            return true;
        case unit::second:
            out = {time % minute_us, 6};
            return true;
        case unit::minute:
            out = {time / minute_us % 60, 0};
            return true;
        case unit::hour:
            out = {time / hour_us, 0};
            return true;
        default:
            return false;
    }
}
bool date_part_of(unit what, std::int64_t days, part& out) {
    auto const date = date_of_days(days);
    auto const year = date.year > 0 ? date.year : date.year - 1;
    switch (what) {
        case unit::day:
            out = {date.day, 0};
            return true;
        case unit::month:
            out = {date.month, 0};
            return true;
        case unit::quarter:
            out = {(date.month - 1) / 3 + 1, 0};
            return true;
        case unit::week:
            out = {iso_week_of(days).week, 0};
            return true;
        case unit::year:
            out = {year, 0};
            return true;
        case unit::decade:
            out = {date.year >= 0 ? date.year / 10 : -((8 - (date.year - 1)) / 10), 0};
            return true;
        case unit::century:
            out = {century_of(date.year, 100), 0};
            return true;
        case unit::millennium:
            out = {century_of(date.year, 1000), 0};
            return true;
        case unit::dow:
            out = {weekday_of(days), 0};
            return true;
        case unit::isodow:
            out = {weekday_of(days) == 0 ? 7 : weekday_of(days), 0};
            return true;
        case unit::doy:
            out = {day_of_year(date), 0};
            return true;
        case unit::isoyear: {
            auto const iso = iso_week_of(days).year;
            out = {iso > 0 ? iso : iso - 1, 0};
            return true;
        }
        default:
            return false;
    }
}

bool monotonic(unit what) {
    return what == unit::year || what == unit::decade || what == unit::century ||
           what == unit::millennium || what == unit::julian || what == unit::isoyear ||
           what == unit::epoch;
}

datum part_of_timestamp(function_frame& f) {
    auto const what = unit_of(f.text(0));
    auto const at = f.integer(1);
    bool const zoned = f.types[1].oid == oid::timestamptz;
    char const* type = zoned ? "timestamp with time zone" : "timestamp without time zone";
    if (what == unit::unknown) return not_supported(f, f.text(0), type, false);
    if (!is_finite_timestamp(at)) {
        if (monotonic(what)) return give_infinite(f, at == timestamp_minus_infinity);
        if (!zoned && what >= unit::timezone) return not_supported(f, f.text(0), type, true);
        return sql_null{};
    }
    auto const offset = zoned ? offset_at(zone_of(f.context.io.style), at) : zone_offset{};
    auto const local = at + offset.seconds_east * second_us;
    part out;
    if (time_part_of(what, time_part(local), out) || date_part_of(what, day_part(local), out))
        return give(f, out);
    switch (what) {
        case unit::epoch:
            return give(f, {static_cast<__int128>(at) - unix_epoch_seconds * second_us, 6});
        case unit::julian: {
            auto const days = numeric(day_part(local) + julian_epoch_days);
            auto const time = sql_divide(numeric(time_part(local)), numeric(day_us));
            auto const value = days + *time;
            return f.result.oid == oid::numeric ? datum(value.encode()) : datum(value.to_double());
        }
        case unit::timezone:
            if (zoned) return give(f, {offset.seconds_east, 0});
            break;
        case unit::timezone_hour:
            if (zoned) return give(f, {offset.seconds_east / 3600, 0});
            break;
        case unit::timezone_minute:
            if (zoned) return give(f, {offset.seconds_east / 60 % 60, 0});
            break;
        default:
            break;
    }
    return not_supported(f, f.text(0), type, true);
}

datum part_of_date(function_frame& f) {
    auto const what = unit_of(f.text(0));
    auto const days = f.integer(1);
    if (what == unit::unknown) return not_supported(f, f.text(0), "date", false);
    part out;
    bool const timely = time_part_of(what, 0, out) || what >= unit::timezone;
    if (timely) return not_supported(f, f.text(0), "date", true);
    if (!is_finite_date(days))
        return monotonic(what) ? give_infinite(f, days == date_minus_infinity) : datum();
    if (what == unit::julian) return give(f, {days + julian_epoch_days, 0});
    if (what == unit::epoch)
        return give(f, {(days - unix_epoch_days) * static_cast<__int128>(86400), 0});
    if (date_part_of(what, days, out)) return give(f, out);
    return not_supported(f, f.text(0), "date", true);
}
datum double_part_of_date(function_frame& f) {
    auto const days = f.integer(1);
    std::array<datum, 2> const arguments{
        f[0], datum(days == date_infinity         ? timestamp_infinity
                    : days == date_minus_infinity ? timestamp_minus_infinity
                                                  : days * day_us)};
    std::array<sql_type, 2> const types{sql_type{oid::text, -1}, sql_type{oid::timestamp, -1}};
    function_frame inner{arguments, types, f.result, f.context, false, f.function, nullptr};
    auto value = part_of_timestamp(inner);
    f.error = std::move(inner.error);
    return value;
}

datum part_of_time(function_frame& f) {
    auto const what = unit_of(f.text(0));
    bool const zoned = f.types[1].oid == oid::timetz;
    char const* type = zoned ? "time with time zone" : "time without time zone";
    auto const zone = zoned ? std::get<timetz_value>(f[1]) : timetz_value{f.integer(1), 0};
    part out;
    if (what == unit::unknown) return not_supported(f, f.text(0), type, false);
    if (time_part_of(what, zone.microseconds, out)) return give(f, out);
    switch (what) {
        case unit::epoch:
            return give(f, {zone.microseconds + zone.seconds_west * second_us, 6});
        case unit::timezone:
            if (zoned) return give(f, {-zone.seconds_west, 0});
            break;
        case unit::timezone_hour:
            if (zoned) return give(f, {-zone.seconds_west / 3600, 0});
            break;
        case unit::timezone_minute:
            if (zoned) return give(f, {-zone.seconds_west / 60 % 60, 0});
            break;
        default:
            break;
    }
    return not_supported(f, f.text(0), type, true);
}

datum part_of_interval(function_frame& f) {
    auto const what = unit_of(f.text(0));
    auto const value = std::get<interval_value>(f[1]);
    auto const parts = split_interval(value);
    auto const seconds = parts.seconds * second_us + parts.microseconds;
    switch (what) {
        case unit::unknown:
            return not_supported(f, f.text(0), "interval", false);
        case unit::microsecond:
            return give(f, {seconds, 0});
        case unit::millisecond:
            return give(f, {seconds, 3});
        case unit::second:
            return give(f, {seconds, 6});
        case unit::minute:
            return give(f, {parts.minutes, 0});
        case unit::hour:
            return give(f, {parts.hours, 0});
        case unit::day:
            return give(f, {parts.days, 0});
        case unit::month:
            return give(f, {parts.months, 0});
        case unit::quarter:
            return give(f, {parts.months / 3 + 1, 0});
        case unit::year:
            return give(f, {parts.years, 0});
        case unit::decade:
            return give(f, {parts.years / 10, 0});
        case unit::century:
            return give(f, {parts.years / 100, 0});
        case unit::millennium:
            return give(f, {parts.years / 1000, 0});
        case unit::epoch: {
            // A year has 365.25 days here.
            auto const days = static_cast<__int128>(value.months / 12) * 36525 * 864 +
                              (static_cast<__int128>(value.months % 12) * 30 + value.days) * 86400;
            return give(f, {days * second_us + value.microseconds, 6});
        }
        default:
            return not_supported(f, f.text(0), "interval", true);
    }
}

// ---- date_trunc

std::optional<std::int64_t> truncated(unit what, std::int64_t local) {
    auto const days = day_part(local), time = time_part(local);
    auto const at_day = [](std::int64_t day) { return day * day_us; };
    auto const within = [&](std::int64_t step) { return at_day(days) + time / step * step; };
    auto date = date_of_days(days);
    auto const year_start = [&](std::int64_t year) { return at_day(days_of({year, 1, 1})); };
    switch (what) {
        case unit::microsecond:
            return local;
        case unit::millisecond:
            return within(1000);
        case unit::second:
            return within(second_us);
        case unit::minute:
            return within(minute_us);
        case unit::hour:
            return within(hour_us);
        case unit::day:
            return at_day(days);
        case unit::week:
            return at_day(days - (weekday_of(days) + 6) % 7);
        case unit::month:
            return at_day(days_of({date.year, date.month, 1}));
        case unit::quarter:
            return at_day(days_of({date.year, (date.month - 1) / 3 * 3 + 1, 1}));
        case unit::year:
            return year_start(date.year);
        case unit::decade:
            return year_start(date.year > 0 ? date.year / 10 * 10
                                            : -((8 - (date.year - 1)) / 10) * 10);
        case unit::century:
            return year_start(date.year > 0 ? (date.year + 99) / 100 * 100 - 99
                                            : -((99 - (date.year - 1)) / 100) * 100 + 1);
        case unit::millennium:
            return year_start(date.year > 0 ? (date.year + 999) / 1000 * 1000 - 999
                                            : -((999 - (date.year - 1)) / 1000) * 1000 + 1);
        default:
            return std::nullopt;
    }
}

datum truncate_with(function_frame& f, time_zone const* zone) {
    auto const what = unit_of(f.text(0));
    auto const at = f.integer(1);
    char const* type = zone != nullptr ? "timestamp with time zone" : "timestamp without time zone";
    if (!is_finite_timestamp(at)) return at;
    auto const local = zone == nullptr ? at : local_of_utc(at, *zone);
    auto const cut = truncated(what, local);
    if (!cut) return not_supported(f, f.text(0), type, what != unit::unknown);
    if (zone == nullptr) return *cut;
    if (what <= unit::hour) return at - (local - *cut);  // the offset stays
    return utc_of_local(*cut, *zone);
}
datum truncate_timestamp(function_frame& f) { return truncate_with(f, nullptr); }
datum truncate_timestamptz(function_frame& f) {
    return truncate_with(f, &zone_of(f.context.io.style));
}
datum truncate_in_zone(function_frame& f) {
    auto const zone = zone_named(f.text(2));
    if (zone.has_error()) return f.fail(zone.error());
    return truncate_with(f, zone->get());
}
datum truncate_interval(function_frame& f) {
    auto const what = unit_of(f.text(0));
    auto v = std::get<interval_value>(f[1]);
    auto const years = [&](int step) {
        v.months = v.months / (12 * step) * (12 * step), v.days = 0, v.microseconds = 0;
    };
    switch (what) {
        case unit::microsecond:
            break;
        case unit::millisecond:
            v.microseconds = v.microseconds / 1000 * 1000;
            break;
        case unit::second:
            v.microseconds = v.microseconds / second_us * second_us;
            break;
        case unit::minute:
            v.microseconds = v.microseconds / minute_us * minute_us;
            break;
        case unit::hour:
            v.microseconds = v.microseconds / hour_us * hour_us;
            break;
        case unit::day:
            v.microseconds = 0;
            break;
        case unit::month:
            v.days = 0, v.microseconds = 0;
            break;
        case unit::quarter:
            v.months = v.months / 3 * 3, v.days = 0, v.microseconds = 0;
            break;
        case unit::year:
            years(1);
            break;
        case unit::decade:
            years(10);
            break;
        case unit::century:
            years(100);
            break;
        case unit::millennium:
            years(1000);
            break;
        default:
            return not_supported(f, f.text(0), "interval", what != unit::unknown);
    }
    return v;
}
datum bin(function_frame& f) {
    auto const stride = std::get<interval_value>(f[0]);
    if (stride.months != 0)
        return f.fail(
            {"0A000", "timestamps cannot be binned into intervals containing months or years"});
    auto const step = static_cast<__int128>(stride.days) * day_us + stride.microseconds;
    if (step <= 0) return f.fail({"22008", "stride must be greater than zero"});
    if (!is_finite_timestamp(f.integer(1))) return f[1];
    if (!is_finite_timestamp(f.integer(2))) return f.fail({"22008", "origin out of range"});
    auto const difference = static_cast<__int128>(f.integer(1)) - f.integer(2);
    auto whole = difference - difference % step;
    if (difference < 0 && difference % step != 0) whole -= step;
    return static_cast<std::int64_t>(f.integer(2) + whole);
}

// ---- make_*

sql_error field_error(std::string what) { return {"22008", std::move(what)}; }
std::string padded(std::int64_t value, int width) {
    char text[32];
    std::snprintf(text, sizeof text, "%0*lld", width, static_cast<long long>(value));
    return text;
}
bool date_of_parts(function_frame& f, std::int64_t& days) {
    auto year = f.integer(0);
    auto const month = f.integer(1), day = f.integer(2);
    auto const bad = [&] {
        f.fail(field_error("date field value out of range: " + std::to_string(f.integer(0)) + "-" +
                           padded(month, 2) + "-" + padded(day, 2)));
        return false;
    };
    if (year == 0) return bad();
    if (year < 0) ++year;
    if (month < 1 || month > 12 || day < 1 || year > 5900000 || year < -5000 ||
        day > days_in_month(year, static_cast<int>(month)))
        return bad();
    days = days_of({year, static_cast<int>(month), static_cast<int>(day)});
    if (!is_date(days)) {
        f.fail({"22008", "date out of range: " + std::to_string(f.integer(0)) + "-" +
                             padded(month, 2) + "-" + padded(day, 2)});
        return false;
    }
    return true;
}
bool time_of_parts(function_frame& f, std::size_t first, std::int64_t& time) {
    auto const hour = f.integer(first), minute = f.integer(first + 1);
    double const seconds = f.number(first + 2);
    double const us = std::rint(seconds * 1e6);
    if (std::isnan(seconds) || hour < 0 || minute < 0 || minute > 59 || us < 0 || us > 60e6 ||
        hour > 24 || (hour == 24 && (minute > 0 || us > 0))) {
        char text[64];
        std::snprintf(text, sizeof text, "%02d:%02d:%02g", static_cast<int>(hour),
                      static_cast<int>(minute), seconds);
        f.fail(field_error(std::string("time field value out of range: ") + text));
        return false;
    }
    time = (hour * 60 + minute) * minute_us + static_cast<std::int64_t>(us);
    return true;
}
datum make_date(function_frame& f) {
    std::int64_t days = 0;
    return date_of_parts(f, days) ? datum(days) : datum();
}
datum make_time(function_frame& f) {
    std::int64_t time = 0;
    return time_of_parts(f, 0, time) ? datum(time) : datum();
}
datum make_timestamp(function_frame& f) {
    std::int64_t days = 0, time = 0;
    if (!date_of_parts(f, days) || !time_of_parts(f, 3, time)) return sql_null{};
    auto const local = static_cast<__int128>(days) * day_us + time;
    if (!is_timestamp(local)) return f.fail({"22008", "timestamp out of range"});
    auto const at = static_cast<std::int64_t>(local);
    if (f.result.oid == oid::timestamp) return at;
    if (f.size() == 6) return utc_of_local(at, zone_of(f.context.io.style));
    auto const zone = zone_named(f.text(6));
    if (zone.has_error()) return f.fail(zone.error());
    return utc_of_local(at, **zone);
}
datum make_interval(function_frame& f) {
    auto const months = static_cast<__int128>(f.integer(0)) * 12 + f.integer(1);
    auto const days = static_cast<__int128>(f.integer(2)) * 7 + f.integer(3);
    double const us = std::rint(f.number(6) * 1e6);
    if (!std::isfinite(us) || std::fabs(us) > 9e18 || months != static_cast<std::int32_t>(months) ||
        days != static_cast<std::int32_t>(days))
        return f.fail({"22008", "interval out of range"});
    return interval_value{
        f.integer(4) * hour_us + f.integer(5) * minute_us + static_cast<std::int64_t>(us),
        static_cast<std::int32_t>(days), static_cast<std::int32_t>(months)};
}
datum timestamp_of_epoch(function_frame& f) {
    double const seconds = f.number(0);
    if (std::isnan(seconds)) return f.fail({"22008", "timestamp cannot be NaN"});
    if (std::isinf(seconds)) return seconds > 0 ? timestamp_infinity : timestamp_minus_infinity;
    double const us = std::rint((seconds + static_cast<double>(unix_epoch_seconds)) * 1e6);
    if (std::fabs(us) > 9.3e18 || !is_timestamp(static_cast<__int128>(us))) {
        std::string text;
        print_float8(seconds, 0, text);
        return f.fail({"22008", "timestamp out of range: \"" + text + "\""});
    }
    return static_cast<std::int64_t>(us);
}

// ---- AT TIME ZONE

datum at_zone(function_frame& f, time_zone const& zone) {
    if (auto const* time = std::get_if<timetz_value>(&f[1])) {
        auto const offset = offset_at(zone, f.context.io.transaction_time);
        auto const utc = time->microseconds + time->seconds_west * second_us;
        auto const local = utc + offset.seconds_east * second_us;
        return timetz_value{time_part(local), -offset.seconds_east};
    }
    auto const at = f.integer(1);
    if (!is_finite_timestamp(at)) return at;
    auto const moved =
        f.types[1].oid == oid::timestamptz ? local_of_utc(at, zone) : utc_of_local(at, zone);
    if (!is_timestamp(moved)) return f.fail({"22008", "timestamp out of range"});
    return moved;
}
datum at_named_zone(function_frame& f) {
    auto const zone = zone_named(f.text(0));
    if (zone.has_error()) return f.fail(zone.error());
    return at_zone(f, **zone);
}
datum at_interval_zone(function_frame& f) {
    auto const span = std::get<interval_value>(f[0]);
    if (span.months != 0 || span.days != 0) {
        std::string text;
        print_interval(span, f.context.io.style, text);
        return f.fail(
            {"22023", "interval time zone \"" + text + "\" must not include months or days"});
    }
    return at_zone(f,
                   *fixed_time_zone(static_cast<std::int32_t>(span.microseconds / second_us), ""));
}

}  // namespace

void register_datetime_parts(function_registry& to) {
    to.scalars({
        {"extract_timestamp", part_of_timestamp},
        {"extract_timestamptz", part_of_timestamp},
        {"timestamp_part", part_of_timestamp},
        {"timestamptz_part", part_of_timestamp},
        {"extract_date", part_of_date},
        {"extract_time", part_of_time},
        {"extract_timetz", part_of_time},
        {"time_part", part_of_time},
        {"timetz_part", part_of_time},
        {"extract_interval", part_of_interval},
        {"interval_part", part_of_interval},
        {"timestamp_trunc", truncate_timestamp},
        {"timestamptz_trunc", truncate_timestamptz},
        {"timestamptz_trunc_zone", truncate_in_zone},
        {"interval_trunc", truncate_interval},
        {"timestamp_bin", bin},
        {"timestamptz_bin", bin},
        {"make_date", make_date},
        {"make_time", make_time},
        {"make_timestamp", make_timestamp},
        {"make_timestamptz", make_timestamp},
        {"make_timestamptz_at_timezone", make_timestamp},
        {"make_interval", make_interval},
        {"float8_timestamptz", timestamp_of_epoch},
        {"timestamp_zone", at_named_zone},
        {"timestamptz_zone", at_named_zone},
        {"timetz_zone", at_named_zone},
        {"timestamp_izone", at_interval_zone},
        {"timestamptz_izone", at_interval_zone},
        {"timetz_izone", at_interval_zone},
    });
    to.scalar(1384, double_part_of_date);
}

}  // namespace sluice::sql
