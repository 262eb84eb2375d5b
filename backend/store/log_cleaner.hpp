// Compaction of logs (cleanup.policy=compact): of each key only the newest record stays. A pass over
// a partition first remembers the newest offset of every key in the dirty part, as many keys as
// limits.store_log_cleaner has room for; then it goes through the runs from the log's start to there
// and replaces those that lose records, neighbours together, in commits of bounded size. What stays
// keeps its offset; the last run is never touched, so the end never moves. A pass that breaks off
// leaves a right log, and the next one begins it again. Bytes and rules: gateway/design/0007-logs.md.
//
// Thread rule: one thread at a time, the one that does the upkeep of logs: nobody else erases runs.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "backend/store/index_read.hpp"
#include "backend/store/log_key_map.hpp"
#include "backend/store/log_read.hpp"
#include "backend/store/log_table.hpp"
#include "backend/store/model/log_filter.hpp"
#include "backend/store/model/topic_cleaning.hpp"
#include "gateway/core/blocking_token.hpp"

namespace sluice::store {

class log_cleaner {
public:
    using log_key = kv::key_space::log_key;

    log_cleaner(engine&, std::function<bool()> is_stopping);
    ~log_cleaner();

    struct outcome {
        std::uint64_t passes = 0;        // that came to their end
        std::uint64_t runs = 0;          // replaced or erased
        std::uint64_t records = 0;       // gone
        bool unfinished = false;         // call again: there was more to read than was allowed
        std::set<log_key> changed;       // whose runs are others now
    };
    // Goes on with the pass under way and begins others, one partition after another, until about
    // `bytes_most` were read. What fails is told, and its partition left for the next time.
    outcome run(std::uint64_t bytes_most, blocking_token);
    // The log is gone.
    void forget(log_key const&);

private:
    struct job;
    struct group;
    // Bytes of what is clean, counted once per start and clean point.
    struct clean_count {
        log_offset start{}, clean{};
        std::uint64_t bytes = 0;
    };
    result<std::unique_ptr<job>> look_at(topic_handle const&, partition_index, blocking_token);
    result<std::uint64_t> clean_bytes(index_view const&, log_key const&, log_offset start,
                                      log_offset clean);
    bool go_on(outcome&, blocking_token);
    result<bool> work(job&, outcome&, blocking_token);
    result<void> map_next(job&, blocking_token);
    result<bool> clean_next(job&, outcome&, blocking_token);
    result<filtered_batches> filter_run(job&, index_view const&, log_run const&, blocking_token);
    result<void> write(job&, group, outcome&, blocking_token);
    result<void> end_pass(job&, outcome&, blocking_token);

    engine& store_;
    std::function<bool()> const is_stopping_;
    std::unique_ptr<job> job_;           // under way
    std::uint64_t budget_ = 0;           // bytes that may still be read
    std::map<log_key, clean_count> counts_;
    std::pair<std::string, partition_index> last_;   // that a pass began with: others come first
};

}  // namespace sluice::store
