// How old records of a topic go: by age and size, by newer ones of their keys, or both. Taken out of
// the topic's settings, whose texts were checked when they were given; what is not given has Kafka's
// default. Pure functions, any thread.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::store {

struct topic_cleaning {
    bool deletes = true;                 // cleanup.policy: retention applies
    bool compacts = false;               // cleanup.policy: only the newest record of a key stays
    std::int64_t tombstones_stay_ms = 86'400'000;                        // delete.retention.ms
    double dirty_ratio = 0.5;                                            // min.cleanable.dirty.ratio
    std::int64_t lag_least_ms = 0;                                       // min.compaction.lag.ms
    std::int64_t lag_most_ms = std::numeric_limits<std::int64_t>::max(); // max.compaction.lag.ms

    bool operator==(topic_cleaning const&) const = default;
};

topic_cleaning cleaning_of(std::map<std::string, std::string> const& settings);

// "compact", "delete" or both, in any order; nullopt: anything else.
struct cleanup_policy {
    bool deletes = false;
    bool compacts = false;
};
std::optional<cleanup_policy> parse_cleanup_policy(std::string_view text);
// A whole text that is a number from 0 to 1.
std::optional<double> parse_ratio(std::string_view text);

}  // namespace sluice::store
