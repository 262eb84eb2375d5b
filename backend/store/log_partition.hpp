// What is known in memory of one partition: the end that the next commit gets, advanced in journal
// order, and the end that readers may see, advanced when a commit is published. Readers at the end
// wait here. After a failed write the store is read-only; the ends come from the index again at the
// next start.
//
// Thread rule: any thread; assign under the journal's ordering lock or on its writer thread, so
// that the order of calls is journal order. Wakers run on the thread that published and must not
// block.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>

#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

class log_partition {
public:
    using waker = std::function<void(result<log_offset>)>;

    explicit log_partition(log_offset end) : assigned_end_(end), published_end_(end) {}

    // The base offset for `count` offsets.
    log_offset assign(std::int64_t count) {
        std::scoped_lock guard(mutex_);
        auto const base = assigned_end_;
        assigned_end_ = log_offset{to_underlying(assigned_end_) + count};
        return base;
    }
    // Everything before `end` is visible in the published snapshot.
    void publish(log_offset end);
    log_offset published_end() const {
        std::scoped_lock guard(mutex_);
        return published_end_;
    }

    // Calls `wake` once with the published end when it is past `known`, perhaps inside. Overloaded:
    // too many wait.
    std::uint64_t wait_past(log_offset known, std::size_t waiters_max, waker wake);
    // Ends that wait with `why`, if it still is one.
    void give_up(std::uint64_t wait, error why);
    void give_up_all(error why);

private:
    struct waiter {
        log_offset known;
        waker wake;
    };
    mutable std::mutex mutex_;
    log_offset assigned_end_;
    log_offset published_end_;
    std::map<std::uint64_t, waiter> waiters_;
    std::uint64_t next_wait_ = 1;
};

}  // namespace sluice::store
