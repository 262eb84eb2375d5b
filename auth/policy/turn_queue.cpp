#include "auth/policy/turn_queue.hpp"

namespace sluice::auth {

task<result<turn_queue::turn>> turn_queue::take() {
    auto wait_in_line = [this](callback<bool> go) {
        std::unique_lock lock(mutex_);
        if (taken_ && waiting_.size() < longest_) {
            waiting_.push_back(std::move(go));
            return;
        }
        bool mine = !taken_;
        taken_ = true;
        lock.unlock();
        go(mine);
    };
    bool mine = co_await await_callback<bool>(std::move(wait_in_line));
    if (!mine) co_return failure{error::overloaded, "too many changes are waiting"};
    co_return turn(*this);
}

void turn_queue::pass_on() {
    callback<bool> next;
    {
        std::lock_guard lock(mutex_);
        if (waiting_.empty()) {
            taken_ = false;
            return;
        }
        next = std::move(waiting_.front());
        waiting_.pop_front();
    }
    next(true);
}

}  // namespace sluice::auth
