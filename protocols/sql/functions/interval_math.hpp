// What intervals do to moments: addition by months, then days, then microseconds; age; scaling.
// Nullopt: out of range. Source: PostgreSQL 15 manual 9.9.
#pragma once

#include <optional>

#include "protocols/sql/types/datetime.hpp"

namespace sluice::sql {

inline interval_value negated(interval_value v) { return {-v.microseconds, -v.days, -v.months}; }
// With a zone, months and days move the local clock of it.
std::optional<std::int64_t> add_interval(std::int64_t at, interval_value span,
                                         time_zone const* zone);
interval_value age_between(std::int64_t later, std::int64_t earlier);  // local timestamps
interval_value justify_hours(interval_value);
interval_value justify_days(interval_value);
interval_value justify_interval(interval_value);
std::optional<interval_value> scaled_interval(interval_value, double factor);
std::optional<interval_value> divided_interval(interval_value, double divisor);

}  // namespace sluice::sql
