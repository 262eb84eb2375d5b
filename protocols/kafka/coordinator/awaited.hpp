// One value that one coroutine waits for and another thread brings, in either order. set() once,
// from any thread; wait() once. Shared by the two.
#pragma once

#include <mutex>
#include <optional>
#include <utility>

#include "gateway/core/async.hpp"

namespace sluice::kafka {

template <class T>
class awaited {
public:
    void set(T value) {
        callback<T> waiter;
        {
            std::lock_guard const lock(mutex_);
            if (!waiter_) {
                value_.emplace(std::move(value));
                return;
            }
            waiter = std::move(waiter_);
        }
        waiter(std::move(value));
    }

    task<T> wait() {
        auto begin = [this](callback<T> done) {
            std::optional<T> there;
            {
                std::lock_guard const lock(mutex_);
                there.swap(value_);
                if (!there) waiter_ = std::move(done);
            }
            if (there) done(std::move(*there));
        };
        co_return co_await await_callback<T>(std::move(begin));
    }

private:
    std::mutex mutex_;
    std::optional<T> value_;
    callback<T> waiter_;
};

}  // namespace sluice::kafka
