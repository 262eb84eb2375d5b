#include "protocols/sql/functions/interval_math.hpp"

#include <cmath>
#include <limits>

#include "protocols/sql/types/interval_fields.hpp"

namespace sluice::sql {

std::optional<std::int64_t> add_interval(std::int64_t at, interval_value span,
                                         time_zone const* zone) {
    if (!is_finite_timestamp(at)) return at;
    auto const shifted = [&](auto move) -> std::optional<std::int64_t> {
        auto const local = zone == nullptr ? at : local_of_utc(at, *zone);
        auto const days = move(day_part(local));
        auto const wide = static_cast<__int128>(days) * day_us + time_part(local);
        if (!is_timestamp(wide)) return std::nullopt;
        auto const moved = static_cast<std::int64_t>(wide);
        return zone == nullptr ? moved : utc_of_local(moved, *zone);
    };
    if (span.months != 0) {
        auto const moved = shifted([&](std::int64_t days) {
            auto date = date_of_days(days);
            auto const months = date.year * 12 + date.month - 1 + span.months;
            date.year = months >= 0 ? months / 12 : -((-months + 11) / 12);
            date.month = static_cast<int>(months - date.year * 12) + 1;
            date.day = std::min(date.day, days_in_month(date.year, date.month));
            return days_of(date);
        });
        if (!moved) return std::nullopt;
        at = *moved;
    }
    if (span.days != 0) {
        auto const moved = shifted([&](std::int64_t days) { return days + span.days; });
        if (!moved) return std::nullopt;
        at = *moved;
    }
    auto const wide = static_cast<__int128>(at) + span.microseconds;
    if (!is_timestamp(wide)) return std::nullopt;
    return static_cast<std::int64_t>(wide);
}

interval_value age_between(std::int64_t first, std::int64_t second) {
    bool const negative = first < second;
    auto const later = date_of_days(day_part(first)), earlier = date_of_days(day_part(second));
    std::int64_t years = later.year - earlier.year;
    int months = later.month - earlier.month, days = later.day - earlier.day;
    std::int64_t rest = time_part(first) - time_part(second);
    if (negative) {
        years = -years;
        months = -months;
        days = -days;
        rest = -rest;
    }
    if (rest < 0) {
        rest += day_us;
        --days;
    }
    while (days < 0) {
        // Days of the month that the earlier moment is in.
        auto const& of = negative ? later : earlier;
        days += days_in_month(of.year, of.month);
        --months;
    }
    while (months < 0) {
        months += 12;
        --years;
    }
    interval_value value{rest, days, static_cast<std::int32_t>(years * 12 + months)};
    return negative ? negated(value) : value;
}

interval_value justify_hours(interval_value value) {
    auto const days = value.microseconds / day_us;
    value.microseconds -= days * day_us;
    value.days += static_cast<std::int32_t>(days);
    if (value.days > 0 && value.microseconds < 0) {
        value.microseconds += day_us;
        --value.days;
    } else if (value.days < 0 && value.microseconds > 0) {
        value.microseconds -= day_us;
        ++value.days;
    }
    return value;
}

interval_value justify_days(interval_value value) {
    auto const months = value.days / 30;
    value.days -= months * 30;
    value.months += months;
    if (value.months > 0 && value.days < 0) {
        value.days += 30;
        --value.months;
    } else if (value.months < 0 && value.days > 0) {
        value.days -= 30;
        ++value.months;
    }
    return value;
}

interval_value justify_interval(interval_value value) {
    auto const days = value.microseconds / day_us;
    value.microseconds -= days * day_us;
    value.days += static_cast<std::int32_t>(days);
    auto const months = value.days / 30;
    value.days -= months * 30;
    value.months += months;
    if (value.months > 0 && (value.days < 0 || (value.days == 0 && value.microseconds < 0))) {
        value.days += 30;
        --value.months;
    } else if (value.months < 0 &&
               (value.days > 0 || (value.days == 0 && value.microseconds > 0))) {
        value.days -= 30;
        ++value.months;
    }
    if (value.days > 0 && value.microseconds < 0) {
        value.microseconds += day_us;
        --value.days;
    } else if (value.days < 0 && value.microseconds > 0) {
        value.microseconds -= day_us;
        ++value.days;
    }
    return value;
}

namespace {

double to_microsecond(double seconds) { return std::rint(seconds * 1e6) / 1e6; }

template <class Apply>
std::optional<interval_value> apply_factor(interval_value value, Apply apply) {
    auto const in_range = [](double number, double limit) {
        return number >= -limit && number < limit;  // false for NaN
    };
    double const months = apply(value.months), days = apply(value.days);
    if (!in_range(months, 2147483648.0) || !in_range(days, 2147483648.0)) return std::nullopt;
    interval_value result;
    result.months = static_cast<std::int32_t>(months);
    result.days = static_cast<std::int32_t>(days);
    // What is left of a month becomes days of a month of 30, what is left of a day seconds.
    double month_days = to_microsecond((months - result.months) * 30);
    double seconds = to_microsecond(
        (days - result.days + month_days - static_cast<std::int64_t>(month_days)) * 86400.0);
    if (std::fabs(seconds) >= 86400.0) {
        result.days += static_cast<std::int32_t>(seconds / 86400.0);
        seconds -= static_cast<std::int64_t>(seconds / 86400.0) * 86400.0;
    }
    result.days += static_cast<std::int32_t>(month_days);
    double const rest = std::rint(apply(static_cast<double>(value.microseconds)) + seconds * 1e6);
    if (!in_range(rest, 9223372036854775808.0)) return std::nullopt;
    result.microseconds = static_cast<std::int64_t>(rest);
    return result;
}

}  // namespace

std::optional<interval_value> scaled_interval(interval_value value, double factor) {
    return apply_factor(value, [factor](double part) { return part * factor; });
}
std::optional<interval_value> divided_interval(interval_value value, double divisor) {
    return apply_factor(value, [divisor](double part) { return part / divisor; });
}

}  // namespace sluice::sql
