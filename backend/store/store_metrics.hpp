// What the store counts about itself; the gateway's metrics page reads snapshots of it.
// Thread rule: any thread, relaxed counters.
#pragma once

#include <atomic>
#include <cstdint>

namespace sluice::store {

struct store_metrics {
    std::atomic<std::uint64_t> objects_put{0}, objects_deleted{0}, objects_opened{0};
    std::atomic<std::uint64_t> events_without_topic{0};
    std::atomic<std::uint64_t> payload_bytes_in{0}, payload_bytes_out{0};
    std::atomic<std::uint64_t> index_reads_from_memory{0}, index_reads_blocking{0};
    std::atomic<std::uint64_t> cache_hits{0}, cache_misses{0};
    std::atomic<std::uint64_t> listing_steps{0};                 // cursor moves of listings
    std::atomic<std::uint64_t> frames_in_use{0}, frames_in_use_peak{0};
    std::atomic<std::uint64_t> lock_waits{0}, lock_deadlocks{0}, lock_timeouts{0};
    std::atomic<std::uint64_t> reclaim_segments{0}, reclaim_bytes_moved{0}, reclaim_moves_lost{0};
    std::atomic<std::uint64_t> reaped_payloads{0};
    std::atomic<std::uint64_t> scrub_segments{0}, scrub_bytes{0}, scrub_corrupt{0};
};

// A copy of the numbers at one moment.
struct store_counters {
    std::uint64_t objects_put = 0, objects_deleted = 0, objects_opened = 0;
    std::uint64_t events_without_topic = 0;
    std::uint64_t payload_bytes_in = 0, payload_bytes_out = 0;
    std::uint64_t index_reads_from_memory = 0, index_reads_blocking = 0;
    std::uint64_t cache_hits = 0, cache_misses = 0, cache_bytes = 0;
    std::uint64_t listing_steps = 0;
    std::uint64_t frames_in_use = 0, frames_in_use_peak = 0;
    std::uint64_t locks_held = 0, lock_waits = 0, lock_deadlocks = 0, lock_timeouts = 0;
    std::uint64_t reclaim_segments = 0, reclaim_bytes_moved = 0, reclaim_moves_lost = 0;
    std::uint64_t reaped_payloads = 0;
    std::uint64_t scrub_segments = 0, scrub_bytes = 0, scrub_corrupt = 0;
};

}  // namespace sluice::store
