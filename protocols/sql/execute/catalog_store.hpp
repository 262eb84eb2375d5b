// The published catalog of the server and the one lock of those that change it. Sessions read
// current() at each statement; a transaction with DDL holds the lock (relation_locks, resource 0)
// from its first change to its end, writes the changed records with its commit and publishes then.
// Roles are the guard's principals: not stored here, looked at again with every command.
// Thread rule: any thread. Lifetime: outlives all sessions.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "gateway/core/ids.hpp"
#include "protocols/sql/catalog/catalog.hpp"
#include "protocols/sql/execute/principal_roles.hpp"

namespace sluice::sql {

class catalog_store {
public:
    catalog_store(catalog_ptr loaded, lsn head_changed, auth::guarded_tables& principals)
        : principals_(principals), current_(std::move(loaded)), head_changed_(head_changed) {
        look_at_roles();
    }

    // Who came, changed or went since the last look is in current() after it.
    void look_at_roles() {
        auto const now = principals_.principals();
        std::scoped_lock const lock{mutex_};
        if (now == roles_) return;
        current_ = catalog_snapshot::with_roles(*current_, roles_of(*now));
        roles_ = now;
        publications_.fetch_add(1, std::memory_order_release);
    }

    catalog_ptr current() const {
        std::scoped_lock const lock{mutex_};
        return current_;
    }
    // Grows with each publish: who took current() at this number has the newest.
    std::uint64_t publications() const noexcept {
        return publications_.load(std::memory_order_acquire);
    }
    // The commit that wrote the head record, as the next change expects it.
    lsn head_changed() const {
        std::scoped_lock const lock{mutex_};
        return head_changed_;
    }
    // Only by the holder of the catalog lock, after its commit.
    void publish(catalog_ptr next, lsn committed) {
        std::scoped_lock const lock{mutex_};
        // Roles may have changed while the transaction ran.
        if (next->contents().roles != current_->contents().roles) roles_ = nullptr;
        current_ = std::move(next);
        head_changed_ = committed;
        publications_.fetch_add(1, std::memory_order_release);
    }

private:
    auth::guarded_tables& principals_;
    mutable std::mutex mutex_;
    auth::known_principals roles_;  // of current_
    catalog_ptr current_;
    lsn head_changed_;
    std::atomic<std::uint64_t> publications_{1};
};

}  // namespace sluice::sql
