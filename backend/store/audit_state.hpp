// The audit log's part in the engine: its partition and the hook that turns the audit records of a
// group into batches. Internal to backend/store.
//
// Thread rule: close_group on the journal's writer thread; everything else from any thread.
#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "backend/journal/journal.hpp"
#include "backend/store/index_read.hpp"
#include "backend/store/log_partition.hpp"

namespace sluice::store {

class audit_state {
public:
    audit_state(partition_state state, wall_clock const& clock)
        : partition_(std::move(state)), clock_(clock) {}

    // For journal::set_group_closer.
    void close_group(std::vector<std::string> const& records, lsn at, journal::commit& into);
    // A commit with audit records has this LSN and is published: so are its group and the batches
    // that close it. Called before the verb is told, so that its records count as published when it
    // returns.
    void published(lsn commit);
    log_partition& partition() noexcept { return partition_; }

private:
    struct closed_group {
        lsn at;            // of the closing commit: behind the group's other commits
        log_offset end;
    };
    log_partition partition_;
    wall_clock const& clock_;
    std::mutex mutex_;
    // on their way to being published; at most the journal's groups in flight
    std::deque<closed_group> closed_;
};

}  // namespace sluice::store
