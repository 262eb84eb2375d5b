// Reading a log: runs found by offset in one published snapshot, their batches read and checked.
// Blocking, unless the view is in memory; coroutines call it through read_index or the blocking
// pool.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/store/index_read.hpp"
#include "backend/store/log_run_record.hpp"
#include "backend/store/payload_cache.hpp"

namespace sluice::store {

struct log_run {
    log_offset base{};
    log_run_record record;
    std::vector<journal::location> more;     // where the frames behind the first are
    log_offset end() const noexcept {
        return log_offset{to_underlying(base) + static_cast<std::int64_t>(record.offsets)};
    }
    journal::location frame(std::uint64_t piece) const noexcept {
        return piece == 0 ? record.at : more[piece - 1];
    }
};

// Runs of one partition in order, from some offset on. One thread; the view outlives it.
class log_run_cursor {
public:
    // Stands on the run that holds `from`, or the first behind it.
    log_run_cursor(index_view const&, dataset_id, partition_index, log_offset from);

    // nullopt: the end. corrupt; would_block.
    result<std::optional<log_run>> take();

private:
    std::unique_ptr<kv::cursor> cursor_;
    log_offset const from_;
};

// Runs from the one that holds `from` on, until their bytes reach `bytes_most` (at least one, if
// there is one).
result<std::vector<log_run>> find_log_runs(index_view const&, dataset_id, partition_index,
                                           log_offset from, std::uint64_t bytes_most);
result<std::optional<log_run>> last_log_run(index_view const&, dataset_id, partition_index);
// The end of the log as its runs say; 0 when there is none.
result<log_offset> log_end(index_view const&, dataset_id, partition_index);
result<log_offset> log_start(index_view const&, dataset_id, partition_index);
// As its state record says; 0 without one.
result<log_offset> stored_log_start(index_view const&, dataset_id, partition_index);

// Writes into a run's batches, as they were read, the offsets that they have, and the leader epoch
// if there is one.
void number_run(log_run const&, char* batches, std::size_t size,
                std::optional<std::int32_t> epoch) noexcept;

// Where the payload cache has the bytes of one frame of a run; those of a cleaned one are never
// there, for they stand in the place of others.
inline payload_cache::key log_cache_key(dataset_id dataset, partition_index partition,
                                        log_offset base, std::uint64_t piece) noexcept {
    return {payload_id{log_frame_owner(dataset, partition)}, log_frame_offset(base, piece)};
}
// The batches of one run as stored, behind what `into` holds. The view that found the run is still
// held. corrupt, io_failed.
result<void> read_log_run(engine&, dataset_id, partition_index, log_run const&, std::string& into,
                          blocking_token);

}  // namespace sluice::store
