// Reference counts of payloads, as one verb changes them: taken together first, so that a payload
// that gains one and loses one stays untouched, then written as absolute values under the payloads'
// locks. A payload of one extent that loses its last reference goes in the same commit; a larger
// one is left to the reaper. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "backend/store/change.hpp"
#include "backend/store/index_read.hpp"
#include "gateway/core/ids.hpp"

namespace sluice::store {

lock_name payload_lock(payload_id);

class payload_references {
public:
    void add(payload_id payload) { ++deltas_[payload]; }
    void drop(payload_id payload) { --deltas_[payload]; }
    bool empty() const noexcept { return deltas_.empty(); }
    void clear() noexcept { deltas_.clear(); }

    // Locks all payloads concerned, in order of their ids.
    task<result<void>> lock(engine&, std::shared_ptr<lock_set>) const;

    result<void> lock_blocking(engine&, lock_set&, blocking_token) const;

    // What the counts become: reads only, and may run again. Locks are held.
    struct outcome {
        kv::mutation_batch mutations;
        std::vector<change::freed_bytes> freed;
        bool leaves_unreferenced = false;
        void move_into(change&);
    };
    result<outcome> read(index_view const&) const;
    // lock, read, and put into the change.
    task<result<void>> settle(engine&, change&) const;

private:
    std::map<payload_id, std::int64_t> deltas_;
};

// Erases a payload that has frames in one extent; the caller holds its lock and knows that nobody
// refers to it.
result<void> erase_single_extent(index_view const&, payload_id, payload_references::outcome&);

}  // namespace sluice::store
