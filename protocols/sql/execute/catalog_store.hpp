// The published catalog of the server and the one lock of those that change it. Sessions read
// current() at each statement; a transaction with DDL holds the lock (relation_locks, resource 0)
// from its first change to its end, writes the changed records with its commit and publishes then.
// Thread rule: any thread. Lifetime: outlives all sessions.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "gateway/core/ids.hpp"
#include "protocols/sql/catalog/catalog.hpp"

namespace sluice::sql {

class catalog_store {
public:
    catalog_store(catalog_ptr loaded, lsn head_changed)
        : current_(std::move(loaded)), head_changed_(head_changed) {}

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
        current_ = std::move(next);
        head_changed_ = committed;
        publications_.fetch_add(1, std::memory_order_release);
    }

private:
    mutable std::mutex mutex_;
    catalog_ptr current_;
    lsn head_changed_;
    std::atomic<std::uint64_t> publications_{1};
};

}  // namespace sluice::sql
