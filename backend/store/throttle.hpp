// Bytes per second for a background thread: take() returns when the bytes are due, or false when it
// is to stop. Thread rule: take from one thread; stop from any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "gateway/core/clock.hpp"

namespace sluice::store {

class throttle {
public:
    explicit throttle(std::uint64_t bytes_per_second) : bytes_per_second_(bytes_per_second) {}

    bool take(std::uint64_t bytes, wall_clock const& clock) {
        std::unique_lock guard(mutex_);
        auto const now = clock.monotonic();
        if (due_ < now) due_ = now;
        auto const wait = due_ - now;
        due_ += std::chrono::nanoseconds(bytes * 1'000'000'000 / bytes_per_second_);
        if (wait > slack) stopped_changed_.wait_for(guard, wait, [this] { return stopped_; });
        return !stopped_;
    }
    void stop() {
        std::scoped_lock guard(mutex_);
        stopped_ = true;
        stopped_changed_.notify_all();
    }

private:
    static constexpr std::chrono::milliseconds slack{20};   // bursts up to this long go at once
    std::uint64_t const bytes_per_second_;
    std::mutex mutex_;
    std::condition_variable stopped_changed_;
    monotonic_time due_{};
    bool stopped_ = false;
};

}  // namespace sluice::store
