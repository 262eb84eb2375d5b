// Bounds and times of consumer groups (KIP-848); Kafka's names beside them. Plain values.
#pragma once

#include <chrono>
#include <cstddef>

namespace sluice::kafka {

struct consumer_group_limits {
    std::chrono::milliseconds session_timeout{45'000};    // group.consumer.session.timeout.ms
    std::chrono::milliseconds heartbeat_interval{5'000};  // group.consumer.heartbeat.interval.ms
    std::size_t max_size = 10'000;                        // group.consumer.max.size
    std::size_t regex_bytes = 1024;                       // of one expression
    std::size_t regexes_max = 100;                        // different ones in a group
    std::size_t state_bytes = 400 * 1024;  // of a group's record, past which nobody more comes in
};

}  // namespace sluice::kafka
