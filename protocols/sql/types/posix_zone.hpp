// A time zone written as a POSIX TZ rule (EST5EDT,M3.2.0,M11.1.0; <+0330>-3:30) or a fixed offset.
// Immutable. Source: POSIX.1 8.3 and RFC 8536 3.3; without a rule PostgreSQL takes M3.2.0,M11.1.0.
#pragma once

#include "protocols/sql/types/time_zone.hpp"

namespace sluice::sql {

class posix_zone final : public time_zone {
public:
    static std::shared_ptr<posix_zone const> parse(std::string_view text);  // null: not a rule
    static std::shared_ptr<posix_zone const> fixed(std::int32_t seconds_east, std::string name);

    std::string const& name() const override { return name_; }
    zone_offset at(std::int64_t unix_seconds) const override;
    bool next_change(std::int64_t unix_seconds, std::int64_t& at) const override;
    bool knows_abbreviation(std::string_view upper) const override;

private:
    struct date_rule {
        enum class kind : std::uint8_t { julian, zero_based, month_week } what = kind::month_week;
        int month = 0, week = 0, day = 0;
        std::int32_t seconds = 7200;
        std::int64_t local_in(std::int64_t year) const;  // Unix seconds of the local reading
    };
    static bool read_rule(std::string_view& text, date_rule&);

    std::string name_, standard_, summer_;
    std::int32_t standard_east_ = 0, summer_east_ = 0;
    bool has_summer_ = false;
    date_rule start_, end_;
};

}  // namespace sluice::sql
