// A fixed number of threads for work that may block: device reads, index reads that miss the cache, key
// derivation. The queue is bounded; a full pool refuses instead of growing.
//
//     auto read = [&store, key](blocking_token token) { return store.get(key, token); };
//     auto value = co_await pool.run(std::move(read));       // result<T>, also when `read` returns T or void
//
// Thread rule: any thread. Lifetime: outlives the tasks that await it; stop() (also the destructor)
// refuses new work, finishes what is queued and joins.
#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "gateway/core/async.hpp"
#include "gateway/core/blocking_token.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice {

struct blocking_pool_options {
    std::string name = "blocking";   // of the threads
    unsigned threads = 4;            // limits.*_threads
    std::size_t queued_max = 1024;   // limits.*_queued: beyond it run() answers overloaded
};

namespace detail {

// What awaiting the work answers: result<T> for work that returns T or result<T>.
template <class T>
struct pooled {
    using type = result<T>;
};
template <class T>
struct pooled<result<T>> {
    using type = result<T>;
};
template <class Work>
using pooled_result = typename pooled<std::invoke_result_t<Work&, blocking_token>>::type;

}  // namespace detail

class blocking_pool {
public:
    explicit blocking_pool(blocking_pool_options options);
    blocking_pool(blocking_pool const&) = delete;
    blocking_pool& operator=(blocking_pool const&) = delete;
    ~blocking_pool();

    // Runs `work(blocking_token)` on a pool thread and resumes on the task's own executor. Answers what it
    // returned; overloaded when the queue is full, cancelled when the task was told to stop before, closed
    // after stop(): in these cases `work` never runs. An exception in `work` is thrown to the awaiter.
    template <class Work>
    task<detail::pooled_result<Work>> run(Work work);

    // Without a coroutine: false when refused. `work` must not throw.
    [[nodiscard]] bool submit(std::function<void(blocking_token)> work);

    void stop();
    std::size_t queued() const;
    std::size_t running() const;

private:
    class state;
    // Why submit refused.
    failure refusal() const;
    std::unique_ptr<state> state_;
};

template <class Work>
task<detail::pooled_result<Work>> blocking_pool::run(Work work) {
    using outcome = detail::pooled_result<Work>;
    bool const cancelled = co_await is_cancelled();
    if (cancelled) co_return error::cancelled;
    std::optional<outcome> answered;
    std::exception_ptr thrown;
    auto enqueue = [&](callback<bool> done) {
        auto job = [&, done](blocking_token token) {
            try {
                if constexpr (std::is_void_v<std::invoke_result_t<Work&, blocking_token>>) {
                    work(token);
                    answered.emplace();
                } else {
                    answered.emplace(work(token));
                }
            } catch (...) {
                thrown = std::current_exception();
            }
            done(true);
        };
        if (!submit(std::move(job))) {
            answered.emplace(refusal());
            done(true);
        }
    };
    co_await await_callback<bool>(std::move(enqueue));
    if (thrown) std::rethrow_exception(thrown);
    co_return std::move(*answered);
}

}  // namespace sluice
