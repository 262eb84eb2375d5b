// The background work on logs: erases what dropped topics held, what lies before a partition's
// start and what retention lets go, forgets producers that were idle for too long, and has logs
// compacted (log_cleaner), which never keeps the rest waiting for long. Commits of
// bounded size under the partition's lock, admission `freeing`; a crash between two of them leaves
// what the next pass finds again. Time is the engine's clock.
//
// Thread rule: wake and run_once from any thread (one run at a time); the background thread is its
// own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include "backend/store/change.hpp"
#include "backend/store/index_read.hpp"
#include "backend/store/log_cleaner.hpp"
#include "backend/store/log_read.hpp"
#include "backend/store/log_table.hpp"
#include "gateway/core/blocking_token.hpp"
#include "gateway/core/worker_thread.hpp"

namespace sluice::store {

// Whoever moves or erases frames of a partition, or moves its start, holds this exclusively.
// Appends need no lock.
lock_name partition_lock(dataset_id, partition_index);

// What a commit erases of a log: runs from its front, wholly before some offset.
struct front_erasure {
    std::uint64_t runs = 0;
    bool more = false;           // there are more of them
};
// Puts erasures of at most `most` runs into `work`.
result<front_erasure> erase_front(index_view const&, dataset_id, partition_index,
                                  log_offset before, std::size_t most, change& work);

inline constexpr std::size_t runs_per_erasure = 1000;

class log_upkeep {
public:
    explicit log_upkeep(engine&);
    ~log_upkeep();

    void start();
    void stop();             // ends after the commit under way
    void wake() noexcept;    // there may be something to erase

    struct outcome {
        std::uint64_t runs = 0;          // erased
        std::uint64_t topics = 0;        // dropped ones that are gone now
        std::uint64_t producers = 0;     // forgotten
        log_cleaner::outcome cleaned;
    };
    // One pass over everything; of compaction a bounded part.
    result<outcome> run_once(blocking_token);

private:
    // How many bytes a partition holds, counted from run to run by each pass.
    struct size_count {
        log_offset start{}, end{};       // what is counted
        std::uint64_t bytes = 0;
    };
    void loop(std::stop_token);
    bool is_stopping();
    result<void> erase_dropped(outcome&, blocking_token);
    result<bool> erase_dropped_log(dataset_id, std::uint32_t partitions, outcome&, blocking_token);
    result<void> erase_offsets_of(dataset_id, blocking_token);
    result<void> keep_partition(topic_handle const&, partition_index, outcome&, blocking_token);
    result<log_offset> wanted_start(index_view const&, topic_log&, partition_index);
    result<log_offset> start_by_bytes(index_view const&, topic_log&, partition_index,
                                      std::uint64_t most);
    result<void> forget_producers(topic_handle const&, partition_index, outcome&, blocking_token);

    engine& store_;
    std::mutex run_mutex_;
    std::map<kv::key_space::log_key, size_count> sizes_;   // of partitions with retention by bytes
    log_cleaner cleaner_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    bool woken_ = true;
    bool stopping_ = false;
    worker_thread thread_;
};

}  // namespace sluice::store
