// The audit log: dataset `__audit`, one partition, append-only. Records that travel with commits
// arrive here as one batch per group (the journal's group closer); append_audit is for decisions
// that changed nothing. Offsets are dense and in commit order. Reading it writes no record and
// wakes nobody.
//
// Thread rule: any executor; the engine outlives the task.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backend/store/audit_records.hpp"
#include "backend/store/model/log_record.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice::store {

class engine;

inline constexpr dataset_id audit_dataset{1};

// Durable when it returns. `freeing` admission: a full device still records refusals.
task<result<lsn>> append_audit(engine&, audit_records);

struct read_audit_request {
    log_offset from{};
    std::uint32_t max_records = 1000;     // capped by limits.list_page
};
struct audit_page {
    std::vector<log_record> records;      // `value` is the encoded audit record
    log_offset next{};                    // where to go on
    log_offset end{};                     // published end when it was read
};
// out_of_range: before the start or past the end of the log.
task<result<audit_page>> read_audit(engine&, read_audit_request);

// Published end of the log.
log_offset audit_end(engine&);
// Waits until the published end is past `known`, or answers deadline_exceeded / cancelled
// (shutdown).
task<result<log_offset>> wait_for_audit(engine&, log_offset known, monotonic_time deadline);

}  // namespace sluice::store
