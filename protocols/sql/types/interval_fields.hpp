// An interval taken apart into years ... microseconds; every part has the sign of its group. Pure.
#pragma once

#include "protocols/sql/types/datum.hpp"

namespace sluice::sql {

struct interval_parts {
    std::int64_t years = 0;
    int months = 0;
    std::int64_t days = 0;
    std::int64_t hours = 0;
    int minutes = 0, seconds = 0, microseconds = 0;

    bool has_time() const {
        return hours != 0 || minutes != 0 || seconds != 0 || microseconds != 0;
    }
    bool time_negative() const {
        return hours < 0 || minutes < 0 || seconds < 0 || microseconds < 0;
    }
    interval_parts negated() const {
        return {-years, -months, -days, -hours, -minutes, -seconds, -microseconds};
    }
};

interval_parts split_interval(interval_value);

}  // namespace sluice::sql
