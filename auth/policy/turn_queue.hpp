// One at a time, in order of arrival, for coroutines on any executor: changes to identity and
// policy read the current state, check, commit and publish, and must not overlap. Bounded:
// overloaded when the line is full. Thread-safe. Outlives its turns.
#pragma once

#include <deque>
#include <memory>
#include <mutex>

#include "gateway/core/async.hpp"
#include "gateway/core/result.hpp"

namespace sluice::auth {

class turn_queue {
public:
    explicit turn_queue(std::size_t longest) : longest_(longest) {}

    // Whoever holds it has the turn; its end calls the next.
    class turn {
    public:
        explicit turn(turn_queue& queue) noexcept : queue_(&queue) {}
        turn(turn&& other) noexcept : queue_(std::exchange(other.queue_, nullptr)) {}
        turn& operator=(turn&&) = delete;
        ~turn() {
            if (queue_) queue_->pass_on();
        }

    private:
        turn_queue* queue_;
    };

    task<result<turn>> take();

private:
    void pass_on();

    std::size_t const longest_;
    std::mutex mutex_;
    bool taken_ = false;
    std::deque<callback<bool>> waiting_;
};

}  // namespace sluice::auth
