// The audit log's part in the engine: its partition and the hook that turns the audit records of a group into
// batches. Internal to backend/store.
//
// Thread rule: close_group on the journal's writer thread; everything else from any thread.
#pragma once

#include <string>
#include <vector>

#include "backend/journal/journal.hpp"
#include "backend/store/index_read.hpp"
#include "backend/store/log_partition.hpp"

namespace sluice::store {

class audit_state {
public:
    audit_state(log_offset end, wall_clock const& clock) : partition_(end), clock_(clock) {}

    // For journal::set_group_closer.
    void close_group(std::vector<std::string> const& records, journal::commit& into);
    log_partition& partition() noexcept { return partition_; }

private:
    log_partition partition_;
    wall_clock const& clock_;
};

}  // namespace sluice::store
