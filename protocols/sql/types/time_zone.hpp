// A time zone as the session's TimeZone setting names it: a zone of the system's tz database, a
// fixed offset, or a POSIX rule. Immutable once loaded, shared by sessions (shared_ptr: the cache
// and every style that names it). Seconds are Unix seconds; offsets are east of UTC. Sources: RFC
// 8536 (TZif), PostgreSQL 15 manual B.1 (how gaps and overlaps of local time are read).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::sql {

struct zone_offset {
    std::int32_t seconds_east = 0;
    bool daylight = false;
    std::string_view abbreviation;  // lives as long as the zone
};

class time_zone {
public:
    virtual ~time_zone() = default;
    virtual std::string const& name() const = 0;
    virtual zone_offset at(std::int64_t unix_seconds) const = 0;
    // For a local clock reading: a reading in a gap is taken with the offset before it, one that
    // exists twice with standard time (PostgreSQL's rule).
    std::int32_t offset_of_local(std::int64_t local_seconds) const;
    // The next change after `unix_seconds`; false: none.
    virtual bool next_change(std::int64_t unix_seconds, std::int64_t& at) const = 0;
    // Does the zone have an abbreviation of this name (in its whole history)?
    virtual bool knows_abbreviation(std::string_view upper) const = 0;
};
using time_zone_ptr = std::shared_ptr<time_zone const>;

// Null: no such zone. Names are matched without regard to case; anything that could leave the tz
// folder is not a name. Cached (bounded by the number of zones there are).
time_zone_ptr find_time_zone(std::string_view name);
time_zone_ptr fixed_time_zone(std::int32_t seconds_east, std::string name);
time_zone_ptr const& utc_time_zone();

// PostgreSQL's default abbreviations (timezone_abbreviations = 'Default'); false: unknown.
struct zone_abbreviation {
    std::int32_t seconds_east = 0;
    bool daylight = false;
    std::string_view zone;  // not empty: the offset depends on the date, ask this zone
};
bool find_zone_abbreviation(std::string_view upper, zone_abbreviation&);

}  // namespace sluice::sql
