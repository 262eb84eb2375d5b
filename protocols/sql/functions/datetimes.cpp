// Arithmetic of dates, times, timestamps and intervals; now() and its relatives; age, justify.
#include "protocols/sql/functions/interval_math.hpp"

#include <cmath>

#include "protocols/sql/functions/registry.hpp"
#include "protocols/sql/types/numeric.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

sql_error timestamp_range() { return {"22008", "timestamp out of range"}; }
sql_error date_range() { return {"22008", "date out of range"}; }
datum checked_timestamp(function_frame& f, __int128 at) {
    if (!is_timestamp(at)) return f.fail(timestamp_range());
    return static_cast<std::int64_t>(at);
}
datum checked_date(function_frame& f, std::int64_t days) {
    if (!is_date(days)) return f.fail(date_range());
    return days;
}
interval_value interval_at(function_frame& f, std::size_t i) {
    return std::get<interval_value>(f[i]);
}
time_zone const& zone(function_frame& f) { return zone_of(f.context.io.style); }

// ---- now

datum now(function_frame& f) { return f.context.io.transaction_time; }
datum statement_now(function_frame& f) { return f.context.statement_time; }
std::int64_t clock_of(function_frame& f) {
    return f.context.clock ? f.context.clock() : f.context.statement_time;
}
datum clock_now(function_frame& f) { return clock_of(f); }

// ---- dates

datum date_plus(function_frame& f) {
    if (!is_finite_date(f.integer(0))) return f[0];
    return checked_date(f, f.integer(0) + f.integer(1));
}
datum days_plus(function_frame& f) {
    if (!is_finite_date(f.integer(1))) return f[1];
    return checked_date(f, f.integer(0) + f.integer(1));
}
datum date_minus_days(function_frame& f) {
    if (!is_finite_date(f.integer(0))) return f[0];
    return checked_date(f, f.integer(0) - f.integer(1));
}
datum date_minus(function_frame& f) {
    if (!is_finite_date(f.integer(0)) || !is_finite_date(f.integer(1)))
        return f.fail({"22008", "cannot subtract infinite dates"});
    return f.integer(0) - f.integer(1);
}
std::int64_t timestamp_of(std::int64_t days) {
    if (days == date_infinity) return timestamp_infinity;
    if (days == date_minus_infinity) return timestamp_minus_infinity;
    return days * day_us;
}
bool date_fits(std::int64_t days) {
    return !is_finite_date(days) || is_timestamp(static_cast<__int128>(days) * day_us);
}
datum date_plus_time(function_frame& f, std::size_t date, std::int64_t time) {
    auto const days = f.integer(date);
    if (!date_fits(days)) return f.fail({"22008", "date out of range for timestamp"});
    if (!is_finite_date(days)) return timestamp_of(days);
    return checked_timestamp(f, static_cast<__int128>(days) * day_us + time);
}
datum date_with_time(function_frame& f) { return date_plus_time(f, 0, f.integer(1)); }
datum time_with_date(function_frame& f) { return date_plus_time(f, 1, f.integer(0)); }
datum date_with_timetz(function_frame& f) {
    auto const time = std::get<timetz_value>(f[1]);
    return date_plus_time(f, 0, time.microseconds + time.seconds_west * second_us);
}
datum timestamptz_of_parts(function_frame& f) {
    auto const local = date_plus_time(f, 0, f.integer(1));
    if (f.error) return local;
    return checked_timestamp(f, utc_of_local(std::get<std::int64_t>(local), zone(f)));
}

// ---- timestamps

template <int Sign>
datum timestamp_shift(function_frame& f) {
    auto const span = Sign > 0 ? interval_at(f, 1) : negated(interval_at(f, 1));
    bool const with_zone = f.types[0].oid == oid::timestamptz;
    auto const moved = add_interval(f.integer(0), span, with_zone ? &zone(f) : nullptr);
    if (!moved) return f.fail(timestamp_range());
    return *moved;
}
datum interval_plus_timestamp(function_frame& f) {
    bool const with_zone = f.types[1].oid == oid::timestamptz;
    auto const moved =
        add_interval(f.integer(1), interval_at(f, 0), with_zone ? &zone(f) : nullptr);
    if (!moved) return f.fail(timestamp_range());
    return *moved;
}
template <int Sign, std::size_t Date>
datum date_shift(function_frame& f) {
    auto const days = f.integer(Date);
    if (!date_fits(days)) return f.fail({"22008", "date out of range for timestamp"});
    auto const span = interval_at(f, 1 - Date);
    auto const moved = add_interval(timestamp_of(days), Sign > 0 ? span : negated(span), nullptr);
    if (!moved) return f.fail(timestamp_range());
    return *moved;
}
datum timestamp_minus(function_frame& f) {
    auto const a = f.integer(0), b = f.integer(1);
    if (!is_finite_timestamp(a) || !is_finite_timestamp(b))
        return f.fail({"22008", "cannot subtract infinite timestamps"});
    auto const difference = static_cast<__int128>(a) - b;
    if (difference != static_cast<std::int64_t>(difference))
        return f.fail({"22008", "interval out of range"});
    return justify_hours({static_cast<std::int64_t>(difference), 0, 0});
}
datum age(function_frame& f) {
    auto const a = f.integer(0), b = f.integer(1);
    bool const with_zone = f.types[0].oid == oid::timestamptz;
    if (!is_finite_timestamp(a) || !is_finite_timestamp(b)) return f.fail(timestamp_range());
    return with_zone ? age_between(local_of_utc(a, zone(f)), local_of_utc(b, zone(f)))
                     : age_between(a, b);
}
datum age_today(function_frame& f) {
    bool const with_zone = f.types[0].oid == oid::timestamptz;
    auto const today = day_part(local_of_utc(f.context.io.transaction_time, zone(f))) * day_us;
    auto const at = f.integer(0);
    if (!is_finite_timestamp(at)) return f.fail(timestamp_range());
    return age_between(today, with_zone ? local_of_utc(at, zone(f)) : at);
}

// ---- times

datum time_shift(function_frame& f) {
    return time_part(f.integer(0) + interval_at(f, 1).microseconds % day_us);
}
datum time_shift_back(function_frame& f) {
    return time_part(f.integer(0) - interval_at(f, 1).microseconds % day_us);
}
datum interval_plus_time(function_frame& f) {
    return time_part(f.integer(1) + interval_at(f, 0).microseconds % day_us);
}
datum time_minus(function_frame& f) { return interval_value{f.integer(0) - f.integer(1), 0, 0}; }
template <int Sign>
datum timetz_shift(function_frame& f) {
    auto time = std::get<timetz_value>(f[0]);
    time.microseconds =
        time_part(time.microseconds + Sign * (interval_at(f, 1).microseconds % day_us));
    return time;
}

// ---- intervals

datum interval_range(function_frame& f) { return f.fail({"22008", "interval out of range"}); }
datum combine(function_frame& f, interval_value a, interval_value b) {
    interval_value sum;
    if (__builtin_add_overflow(a.months, b.months, &sum.months) ||
        __builtin_add_overflow(a.days, b.days, &sum.days) ||
        __builtin_add_overflow(a.microseconds, b.microseconds, &sum.microseconds))
        return interval_range(f);
    return sum;
}
datum interval_plus(function_frame& f) { return combine(f, interval_at(f, 0), interval_at(f, 1)); }
datum interval_minus(function_frame& f) {
    return combine(f, interval_at(f, 0), negated(interval_at(f, 1)));
}
datum interval_negate(function_frame& f) {
    auto const value = interval_at(f, 0);
    if (value.months == INT32_MIN || value.days == INT32_MIN || value.microseconds == INT64_MIN)
        return interval_range(f);
    return negated(value);
}
datum scaled(function_frame& f, interval_value value, double factor, bool divide) {
    if (divide && factor == 0) return f.fail({"22012", "division by zero"});
    auto const result = divide ? divided_interval(value, factor) : scaled_interval(value, factor);
    return result ? datum(*result) : interval_range(f);
}
datum interval_times(function_frame& f) { return scaled(f, interval_at(f, 0), f.number(1), false); }
datum times_interval(function_frame& f) { return scaled(f, interval_at(f, 1), f.number(0), false); }
datum interval_over(function_frame& f) { return scaled(f, interval_at(f, 0), f.number(1), true); }
datum hours_justified(function_frame& f) { return justify_hours(interval_at(f, 0)); }
datum days_justified(function_frame& f) { return justify_days(interval_at(f, 0)); }
datum all_justified(function_frame& f) { return justify_interval(interval_at(f, 0)); }

datum is_finite(function_frame& f) {
    if (f.types[0].oid == oid::date) return is_finite_date(f.integer(0));
    return is_finite_timestamp(f.integer(0));
}
datum always_finite(function_frame&) { return true; }

// (start, end) OVERLAPS (start, end) of timestamps and times; any may be null.
template <bool FirstSpan, bool SecondSpan>
datum overlaps(function_frame& f) {
    auto const ending = [&](std::size_t start, bool span) -> datum {
        if (!span || f.null_at(start) || f.null_at(start + 1)) return f[start + 1];
        bool const with_zone = f.types[start].oid == oid::timestamptz;
        if (f.types[start].oid == oid::time)
            return time_part(f.integer(start) + interval_at(f, start + 1).microseconds % day_us);
        auto const moved = add_interval(f.integer(start), interval_at(f, start + 1),
                                        with_zone ? &zone(f) : nullptr);
        return moved ? datum(*moved) : f.fail(timestamp_range());
    };
    datum s1 = f[0], e1 = ending(0, FirstSpan), s2 = f[2], e2 = ending(2, SecondSpan);
    if (f.error) return sql_null{};
    auto const less = [&](datum const& a, datum const& b) {
        return compare_values(f.types[0].oid, a, b) < 0;
    };
    auto const order = [&](datum& start, datum& end) {
        if (is_null(start))
            std::swap(start, end);
        else if (!is_null(end) && less(end, start))
            std::swap(start, end);
        return !is_null(start);
    };
    if (!order(s1, e1) || !order(s2, e2)) return sql_null{};
    auto const decide = [&](datum const& later, datum const& earlier_end) -> datum {
        if (is_null(earlier_end)) return sql_null{};
        return less(later, earlier_end);
    };
    if (less(s2, s1)) {
        auto const met = decide(s1, e2);
        if (is_null(met) || std::get<bool>(met)) return met;
        return is_null(e1) ? datum() : datum(false);
    }
    if (less(s1, s2)) {
        auto const met = decide(s2, e1);
        if (is_null(met) || std::get<bool>(met)) return met;
        return is_null(e2) ? datum() : datum(false);
    }
    if (is_null(e1) || is_null(e2)) return sql_null{};
    return true;
}

}  // namespace

void register_datetime_functions(function_registry& to) {
    to.scalars({
        {"now", now},
        {"statement_timestamp", statement_now},
        {"clock_timestamp", clock_now},
        {"date_pli", date_plus},
        {"date_mii", date_minus_days},
        {"date_mi", date_minus},
        {"datetime_timestamp", date_with_time},
        {"datetimetz_timestamptz", date_with_timetz},
        {"timestamp_pl_interval", timestamp_shift<1>},
        {"timestamp_mi_interval", timestamp_shift<-1>},
        {"timestamptz_pl_interval", timestamp_shift<1>},
        {"timestamptz_mi_interval", timestamp_shift<-1>},
        {"date_pl_interval", date_shift<1, 0>},
        {"date_mi_interval", date_shift<-1, 0>},
        {"timestamp_mi", timestamp_minus},
        {"timestamp_age", age},
        {"timestamptz_age", age},
        {"time_pl_interval", time_shift},
        {"time_mi_interval", time_shift_back},
        {"time_mi_time", time_minus},
        {"timetz_pl_interval", timetz_shift<1>},
        {"timetz_mi_interval", timetz_shift<-1>},
        {"interval_pl", interval_plus},
        {"interval_mi", interval_minus},
        {"interval_um", interval_negate},
        {"interval_mul", interval_times},
        {"mul_d_interval", times_interval},
        {"interval_div", interval_over},
        {"interval_justify_hours", hours_justified},
        {"interval_justify_days", days_justified},
        {"interval_justify_interval", all_justified},
        {"date_finite", is_finite},
        {"timestamp_finite", is_finite},
        {"interval_finite", always_finite},
        {"overlaps_timestamp", overlaps<false, false>},
        {"overlaps_time", overlaps<false, false>},
    });
    to.scalar(2550, days_plus);
    to.scalar(2546, date_shift<1, 1>);
    to.scalar(1848, interval_plus_time);
    to.scalar(2548, interval_plus_timestamp);
    to.scalar(2549, interval_plus_timestamp);
    to.scalar(1296, time_with_date);
    to.scalar(1176, timestamptz_of_parts);
    to.scalar(1386, age_today);
    to.scalar(2059, age_today);
    for (auto const oid : {2042U, 1305U, 1309U}) to.scalar(oid, overlaps<true, true>);
    for (auto const oid : {1310U, 1306U, 2043U}) to.scalar(oid, overlaps<false, true>);
    for (auto const oid : {1311U, 1307U, 2044U}) to.scalar(oid, overlaps<true, false>);
}

}  // namespace sluice::sql
