// Table-level locks of transactions, PostgreSQL 15's eight modes and their conflicts (manual 13.3.1).
// Rows have locks of their own in the store; these keep DROP, TRUNCATE, ALTER and LOCK TABLE apart
// from transactions that write. Reads take none: a snapshot keeps what it needs.
//
// A wait ends when the lock is granted, when cancel_wait() is called for its owner, or at once with
// `deadlock` when the waiting would close a circle among relation locks. A circle through row locks
// ends by the caller's time limit. Thread rule: any thread; the coroutine resumes on its own
// executor. Lifetime: outlives all owners; an owner releases everything before it goes.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <vector>

#include "gateway/core/async.hpp"
#include "gateway/core/task.hpp"

namespace sluice::sql {

enum class relation_lock_mode : std::uint8_t {
    access_share = 1,
    row_share,
    row_exclusive,
    share_update_exclusive,
    share,
    share_row_exclusive,
    exclusive,
    access_exclusive
};
std::string_view name_of(relation_lock_mode) noexcept;  // "AccessExclusiveLock"
bool conflicts(relation_lock_mode, relation_lock_mode) noexcept;

enum class lock_outcome : std::uint8_t { granted, not_available, cancelled, deadlock };

class relation_locks {
public:
    enum class owner : std::uint64_t {};
    using resource = std::uint64_t;  // relation oid; 0: the catalog itself

    owner new_owner();
    // Taken again in the same or a weaker mode: granted at once.
    task<lock_outcome> lock(owner who, resource what, relation_lock_mode mode, bool wait);
    lock_outcome try_lock(owner who, resource what, relation_lock_mode mode);
    void release_all(owner who);
    void cancel_wait(owner who);
    bool holds(owner who, resource what, relation_lock_mode mode) const;

private:
    struct request {
        owner who{};
        resource what = 0;
        relation_lock_mode mode{};
        callback<lock_outcome> done;
    };
    struct entry {
        std::vector<std::pair<owner, relation_lock_mode>> held;
        std::list<request> waiting;
    };

    bool grantable(entry const& at, owner who, relation_lock_mode mode, bool queued) const;
    bool closes_circle(owner who, resource what, relation_lock_mode mode) const;
    void grant_waiting(resource what, std::vector<callback<lock_outcome>>& granted);

    mutable std::mutex mutex_;
    std::map<resource, entry> entries_;
    std::uint64_t owners_ = 0;
};

}  // namespace sluice::sql
