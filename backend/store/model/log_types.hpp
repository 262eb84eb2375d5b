// What the log verbs take and give. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gateway/core/clock.hpp"
#include "gateway/core/ids.hpp"

namespace sluice::store {

// Whole v2 batches of one partition, checked before by check_log_batch and by the front's rules.
// All of one producer or none.
struct log_append_part {
    std::string topic;
    partition_index partition{};
    std::string batches;
};

// Why the producer rules turned a batch away (KIP-98): nothing was appended.
enum class producer_refusal : std::uint8_t {
    none,
    sequence_out_of_order,  // a gap after the last accepted sequence
    duplicate_forgotten,    // older than the five batches that are remembered
    epoch_fenced,           // a newer epoch of this producer wrote here
};

struct log_appended {
    log_offset base{};  // of the first batch; for a duplicate, the offset it got the first time
    log_offset log_start{};
    bool duplicate = false;
    producer_refusal refused = producer_refusal::none;
};

struct log_bounds {
    log_offset start{};  // the first that may still be read
    log_offset end{};    // high watermark: one past the last published
};

// Batches as stored, base offsets and leader epochs in place, whole, the first one holding the
// offset asked for.
struct log_slice {
    log_bounds bounds;
    std::string batches;  // empty: nothing past the offset yet
};

struct log_time_match {
    log_offset offset{};
    unix_millis timestamp{};
};

struct committed_offset {
    std::string topic;
    partition_index partition{};
    log_offset offset{};
    std::int32_t leader_epoch = -1;
    std::string metadata;
    unix_millis committed{};
};

}  // namespace sluice::store
