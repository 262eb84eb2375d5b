// What the log verbs take and give. Plain values.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/core/clock.hpp"
#include "gateway/core/ids.hpp"

namespace sluice::store {

// Which transaction of a producer is open, if any: numbers that rise, 0: none. Shared by whoever
// coordinates the transactions and the appends under way; closed in the journal's order, so that no
// append of a transaction comes behind its end.
class transaction_gate {
public:
    void open(std::uint64_t number) noexcept { number_.store(number); }
    void close() noexcept { number_.store(0); }
    bool is_open(std::uint64_t number) const noexcept { return number_.load() == number; }

private:
    std::atomic<std::uint64_t> number_{0};
};
// What an append of a transaction is let in by.
struct transaction_ticket {
    std::shared_ptr<transaction_gate const> gate;
    std::uint64_t number = 0;
};

// Whole v2 batches of one partition, checked before by check_log_batch and by the front's rules.
// All of one producer or none.
struct log_append_part {
    std::string topic;
    partition_index partition{};
    std::string batches;
    transaction_ticket ticket{};  // of a batch of a transaction
};

// Why the producer rules turned a batch away (KIP-98): nothing was appended.
enum class producer_refusal : std::uint8_t {
    none,
    sequence_out_of_order,  // a gap after the last accepted sequence
    duplicate_forgotten,    // older than the five batches that are remembered
    epoch_fenced,           // a newer epoch of this producer wrote here
    transaction_state,      // its transaction is over, or it is one and the batch is of none
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
    // Last stable offset: nothing before it belongs to a transaction that is still open.
    log_offset stable{};
};

enum class log_isolation : std::uint8_t { uncommitted, committed };

// The records of this producer from `first` on, up to its next marker, were aborted.
struct aborted_transaction {
    std::int64_t producer = 0;
    log_offset first{};
    bool operator==(aborted_transaction const&) const = default;
};

// Batches as stored, base offsets and leader epochs in place, whole, the first one holding the
// offset asked for.
struct log_slice {
    log_bounds bounds;
    std::string batches;  // empty: nothing past the offset yet
    // log_isolation::committed: those that reach into `batches`, by their first offsets.
    std::vector<aborted_transaction> aborted;
};

// What a partition remembers of a producer.
struct active_producer {
    std::int64_t producer = 0;
    std::int16_t epoch = 0;
    std::int32_t last_sequence = -1;
    unix_millis last_used{};
    std::int32_t coordinator_epoch = -1;
    log_offset transaction_first{-1};  // -1: none is open
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
