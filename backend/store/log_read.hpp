// Reading a log: runs found by offset in one published snapshot, their batches read and checked.
// Blocking; coroutines call it through the blocking pool.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backend/store/index_read.hpp"
#include "backend/store/log_run_record.hpp"

namespace sluice::store {

struct log_run {
    log_offset base{};
    log_run_record record;
    log_offset end() const noexcept {
        return log_offset{to_underlying(base) + static_cast<std::int64_t>(record.offsets)};
    }
};

// Runs from the one that holds `from` on, until their bytes reach `bytes_most` (at least one, if
// there is one).
result<std::vector<log_run>> find_log_runs(index_view const&, dataset_id, partition_index,
                                           log_offset from, std::uint64_t bytes_most);
// The end of the log as the index knows it; 0 when there is no run.
result<log_offset> log_end(index_view const&, dataset_id, partition_index);
result<log_offset> log_start(index_view const&, dataset_id, partition_index);

// The batches of one run as stored. The view that found the run is still held. corrupt, io_failed.
result<std::string> read_log_run(engine&, dataset_id, partition_index, log_run const&,
                                 blocking_token);

}  // namespace sluice::store
