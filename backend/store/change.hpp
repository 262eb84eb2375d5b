// A commit being put together, with everything that has to happen when it is published: locks
// released, freed bytes reported, streams let go, fresh bytes cached. One object per verb, moved
// into commit_change. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backend/journal/journal.hpp"
#include "backend/store/audit_records.hpp"
#include "backend/store/lock_table.hpp"
#include "backend/store/payload_cache.hpp"
#include "backend/store/payload_writer.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice::store {

class engine;

struct change {
    struct freed_bytes {
        segment_id segment{};
        std::uint64_t bytes = 0;
    };

    std::unique_ptr<journal::commit> commit = std::make_unique<journal::commit>();
    std::shared_ptr<lock_set> locks;                 // shared by the verb and its commits in flight
    std::vector<std::shared_ptr<void>> streams;      // see journal::open_stream
    std::vector<freed_bytes> freed;
    std::vector<std::pair<payload_cache::key, chunk>> fresh;
    bool leaves_unreferenced = false;                // there is work for the reaper
    // On a journal thread, before the locks are released and the verb is told. Must not block.
    std::function<void(lsn)> on_published;

    kv::mutation_batch& mutations() noexcept { return commit->mutations; }
};

std::shared_ptr<lock_set> make_locks(engine&);

// Takes one more lock; waits at most limits.lock_wait: deadline_exceeded, conflict, overloaded.
task<result<void>> take_lock(engine&, std::shared_ptr<lock_set>, lock_name, lock_mode);
result<void> take_lock_blocking(engine&, lock_set&, lock_name, lock_mode, blocking_token);

// Submits; returns when it is published and the change's locks are free.
task<result<lsn>> commit_change(engine&, change,
                                journal::admission_class = journal::admission_class::ordinary);
result<lsn> commit_change_blocking(engine&, change, journal::admission_class, blocking_token);

// too_large: limits.audit_records_bytes
result<void> add_audit(engine&, change&, audit_records);

// What a record keeps of a payload.
struct attached_payload {
    payload_id id{};          // 0: the bytes belong into the record
    std::string bytes;
};
// Adds head, extents and reverse entries with one reference. `in_record`: how many bytes may stay
// in the record.
result<attached_payload> attach_payload(engine&, change&, stored_payload, std::size_t in_record);

}  // namespace sluice::store
