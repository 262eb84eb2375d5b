// What the index knows of transactions that were aborted, for readers and for the cleaner.
//
// Pure functions over a view, any thread.
#pragma once

#include <vector>

#include "backend/store/index_read.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

// Batches of the producer from `first` on, before `marker`, count for nothing.
struct aborted_range {
    std::int64_t producer = 0;
    log_offset first{}, marker{};
};

// Those that have offsets in [from, end), which lies below the last stable offset; by first offset.
result<std::vector<aborted_range>> find_aborted(index_view const&, dataset_id, partition_index,
                                                log_offset from, log_offset end);

}  // namespace sluice::store
