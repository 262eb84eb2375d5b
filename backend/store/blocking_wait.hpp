// Waiting for a callback on a thread that may block: start-up, background threads, tools and tests.
// Coroutines use await_callback instead.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "backend/journal/journal.hpp"
#include "gateway/core/blocking_token.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

// `initiate` is called once with a callback that is called exactly once, there or later on any
// thread.
template <class T, class Initiate>
T wait_for_callback(Initiate initiate, blocking_token) {
    struct place {
        std::mutex mutex;
        std::condition_variable filled;
        std::optional<T> value;
    };
    auto shared = std::make_shared<place>();  // with the callback, which may still notify when the
                                              // waiter left
    initiate(std::function<void(T)>([shared](T value) {
        std::scoped_lock guard(shared->mutex);
        shared->value.emplace(std::move(value));
        shared->filled.notify_one();
    }));
    std::unique_lock guard(shared->mutex);
    shared->filled.wait(guard, [&] { return shared->value.has_value(); });
    return std::move(*shared->value);
}

// Fills the commit's on_done.
inline result<lsn> submit_blocking(journal::journal& journal,
                                   std::unique_ptr<journal::commit> commit,
                                   journal::admission_class admission, blocking_token token) {
    auto submit = [&](std::function<void(result<lsn>)> done) {
        commit->on_done = std::move(done);
        journal.submit(std::move(commit), admission);
    };
    return wait_for_callback<result<lsn>>(std::move(submit), token);
}

}  // namespace sluice::store
