// Replacing neighbouring runs of a log by one that holds what is left of them: the frames are
// written first, without a lock; then, under the partition's lock and in one commit, the new run
// takes the place of the old ones, wherever reclaim moved those meanwhile. Only the log's upkeep
// erases or replaces runs, so between the two steps nothing but their places can change.
//
// Blocking. One thread.
#pragma once

#include <string>
#include <vector>

#include "backend/store/change.hpp"
#include "backend/store/log_clean_record.hpp"
#include "backend/store/log_read.hpp"
#include "backend/store/model/log_filter.hpp"

namespace sluice::store {

struct log_rewrite {
    dataset_id dataset{};
    partition_index partition{};
    std::vector<log_run> runs;           // in order, without another between them
    filtered_batches left;               // of all of them; nothing: they are erased
    log_clean_record progress;           // committed with it
};
// conflict: the runs are not there any more.
result<void> rewrite_runs(engine&, log_rewrite const&, blocking_token);

}  // namespace sluice::store
