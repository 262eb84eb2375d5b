#include "backend/store/log_partition.hpp"

#include <vector>

namespace sluice::store {

void log_partition::publish(log_offset end) {
    std::vector<waker> ready;
    {
        std::scoped_lock guard(mutex_);
        if (end > published_end_) published_end_ = end;
        end = published_end_;
        for (auto at = waiters_.begin(); at != waiters_.end();) {
            if (at->second.known < end) {
                ready.push_back(std::move(at->second.wake));
                at = waiters_.erase(at);
            } else {
                ++at;
            }
        }
    }
    for (auto& wake : ready) wake(end);
}

std::uint64_t log_partition::wait_past(log_offset known, std::size_t waiters_max, waker wake) {
    result<log_offset> now = log_offset{};
    {
        std::scoped_lock guard(mutex_);
        if (published_end_ > known) {
            now = published_end_;
        } else if (waiters_.size() >= waiters_max) {
            now = failure{error::overloaded, "limits.log_waiters"};
        } else {
            waiters_.emplace(next_wait_, waiter{known, std::move(wake)});
            return next_wait_++;
        }
    }
    wake(std::move(now));
    return 0;
}

void log_partition::give_up(std::uint64_t wait, error why) {
    waker wake;
    {
        std::scoped_lock guard(mutex_);
        auto found = waiters_.find(wait);
        if (found == waiters_.end()) return;
        wake = std::move(found->second.wake);
        waiters_.erase(found);
    }
    wake(why);
}

void log_partition::give_up_all(error why) {
    std::map<std::uint64_t, waiter> all;
    {
        std::scoped_lock guard(mutex_);
        all.swap(waiters_);
    }
    for (auto& [wait, one] : all) one.wake(why);
}

}  // namespace sluice::store
