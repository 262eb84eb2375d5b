// What is known in memory of one partition. In journal order advance the end that the next commit
// gets, the newest timestamp and what is remembered of producers; with publishing advance the end
// and start that readers may see. Readers at the end wait here. After a failed write the store is
// read-only; all of it comes from the index again at the next start.
//
// Thread rule: any thread; assign, admit, forget and close under the journal's ordering lock or on
// its writer thread, so that the order of calls is journal order. Wakers run on the thread that
// published and must not block.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "backend/store/log_append.hpp"
#include "backend/store/model/log_types.hpp"
#include "backend/store/producer_window.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

// Producers remembered in all partitions of a store together.
using producer_count = std::atomic<std::size_t>;

struct partition_state {
    log_offset start{};
    log_offset end{};
    unix_millis newest{std::numeric_limits<std::int64_t>::min()};   // timestamp ever appended
    std::unordered_map<std::int64_t, producer_window> producers;
    log_offset last_aborted{-1};         // marker of the last aborted transaction
};

class log_partition {
public:
    using waker = std::function<void(result<log_offset>)>;

    explicit log_partition(log_offset end) : log_partition(partition_state{{}, end, {}, {}}) {}
    explicit log_partition(partition_state state, std::int32_t leader_epoch = 0);

    // -- journal order
    struct admitted {
        log_offset base{};
        unix_millis newest{};            // so far, with what was admitted
        bool duplicate = false;
        producer_refusal refused = producer_refusal::none;
    };
    // The place of a run that no rule can refuse.
    admitted assign(batches_shape const& shape) {
        std::scoped_lock guard(mutex_);
        return place(shape);
    }
    // The place of a run, or why it gets none. overloaded: limits.producers, counted in `all`;
    // not_found: closed. `window`: filled with what the producer's record must say.
    result<admitted> admit(batches_shape const&, transaction_ticket const&, unix_millis now,
                           producer_count& all, std::size_t producers_max,
                           producer_window* window);
    // The place of the marker that ends a producer's transaction, whether one is open here or not.
    struct marker {
        std::int64_t producer = 0;
        std::int16_t epoch = 0;
        std::int32_t coordinator_epoch = 0;
        bool aborts = false;
        batches_shape shape;
    };
    struct placed_marker {
        admitted place;
        log_offset first{-1};            // of the transaction; -1: none was open
        log_offset stable{};             // behind it, as far as is known in journal order
        producer_window window;          // what the producer's record must say
    };
    placed_marker end_transaction(marker const&, unix_millis now, producer_count& all);
    // Forgets the producer unless it was used since `before` or is in a transaction.
    bool forget(std::int64_t producer, unix_millis before, producer_count& all);
    // Nothing is admitted any more.
    void close();
    // Behind all that has its place, visible or not.
    log_offset assigned_end() const {
        std::scoped_lock guard(mutex_);
        return assigned_end_;
    }

    // -- publishing
    // Everything before `end` is visible in the published snapshot.
    void publish(log_offset end);
    void publish_start(log_offset start);
    log_offset published_end() const {
        std::scoped_lock guard(mutex_);
        return published_end_;
    }
    log_bounds bounds() const {
        std::scoped_lock guard(mutex_);
        return {start_, published_end_, stable()};
    }
    bool is_closed() const {
        std::scoped_lock guard(mutex_);
        return closed_;
    }
    std::int32_t leader_epoch() const noexcept { return leader_epoch_; }
    // Producers not used since `before`, at most `most`.
    std::vector<std::int64_t> idle_producers(unix_millis before, std::size_t most) const;
    std::size_t producers() const;
    std::vector<active_producer> active_producers() const;
    std::optional<active_producer> find_producer(std::int64_t producer) const;
    // A transaction was begun here since the store was opened, or was open then.
    bool saw_transactions() const {
        std::scoped_lock guard(mutex_);
        return saw_transactions_;
    }
    // The last marker that aborted one, in journal order; -1: none.
    log_offset last_aborted() const {
        std::scoped_lock guard(mutex_);
        return last_aborted_;
    }

    // Calls `wake` once with the published end when it is past `known`, perhaps inside. Overloaded:
    // too many wait; not_found: closed.
    std::uint64_t wait_past(log_offset known, std::size_t waiters_max, waker wake);
    // Ends that wait with `why`, if it still is one.
    void give_up(std::uint64_t wait, error why);
    void give_up_all(error why);

private:
    struct waiter {
        log_offset known;
        waker wake;
    };
    // A transaction that is open, or whose marker is not published yet.
    struct open_transaction {
        std::int64_t producer = 0;
        log_offset marker{-1};           // -1: it has none yet
    };
    admitted place(batches_shape const&);
    log_offset stable() const;

    std::int32_t const leader_epoch_;
    mutable std::mutex mutex_;
    log_offset start_;
    log_offset assigned_end_;
    log_offset published_end_;
    unix_millis newest_;
    bool closed_ = false;
    std::unordered_map<std::int64_t, producer_window> producers_;
    std::map<log_offset, open_transaction> open_;    // by their first offsets
    std::size_t ending_ = 0;                         // of them have a marker
    log_offset last_aborted_{-1};
    bool saw_transactions_ = false;
    std::map<std::uint64_t, waiter> waiters_;
    std::uint64_t next_wait_ = 1;
};

}  // namespace sluice::store
