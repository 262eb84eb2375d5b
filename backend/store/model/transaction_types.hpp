// What the verbs of transactions over logs take and give. Topics are named by dataset, so that one
// which was dropped and made again is another one. Plain values.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backend/store/model/log_types.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/ids.hpp"

namespace sluice::store {

struct transaction_partition {
    dataset_id topic{};
    partition_index partition{};
    auto operator<=>(transaction_partition const&) const = default;
};

// An offset that becomes a group's when the transaction commits.
struct transaction_offset {
    std::string group;
    dataset_id topic{};
    committed_offset offset;             // its topic's name does not matter
};

// The coordinator's durable state of a transactional id, opaque to the store.
struct saved_transaction {
    std::string id;
    std::string state;
};
struct saved_transaction_offset {
    std::string id;
    transaction_offset offset;
};

// A transaction that has records in a partition and no marker behind them.
struct open_transaction_part {
    std::int64_t producer = 0;
    std::int16_t epoch = 0;
    transaction_partition where;
    unix_millis last_used{};
};

// What ends a transaction, in one commit: a marker in each partition, the offsets as the groups' own
// or gone, and the coordinator's state.
struct transaction_ending {
    std::string id;                      // empty: markers and nothing else
    std::string state;
    std::int64_t producer = 0;
    std::int16_t epoch = 0;              // that the markers carry
    std::int32_t coordinator_epoch = 0;
    bool aborts = false;
    std::vector<transaction_partition> partitions;
    std::vector<transaction_offset> offsets;
    // Closed in the journal's order. Shared with the coordinator; null: none.
    std::shared_ptr<transaction_gate> gate;
};

}  // namespace sluice::store
