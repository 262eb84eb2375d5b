// The bridge from callbacks to coroutines.
//
//     auto write = [&](callback<result<location>> done) { journal.append_chunk(..., std::move(done)); };
//     auto written = co_await await_callback<result<location>>(std::move(write));
//
// `initiate` is called once, on the coroutine's thread, with a callback to pass on. The callback may run
// inside that call or later on any thread; the coroutine always resumes on its own executor, never
// inside the callback. Calling it twice, or dropping every copy without a call, is a broken invariant.
// What is waited for cannot be withdrawn: cancelling the coroutine does not end this wait.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "gateway/core/assert.hpp"
#include "gateway/core/task.hpp"

namespace sluice {

template <class T>
using callback = std::function<void(T)>;

// Completion token for Asio operations: `auto [code, count] = co_await op(..., awaiting_tuple);`
inline constexpr auto awaiting_tuple = boost::asio::as_tuple(boost::asio::use_awaitable);

// True once the task was told to stop (task_group::cancel, an expired with_deadline). What our own
// waits answer then is error::cancelled.
inline task<bool> is_cancelled() {
    auto const state = co_await boost::asio::this_coro::cancellation_state;
    co_return state.cancelled() != boost::asio::cancellation_type::none;
}

namespace detail {

// Shared by the copies of one callback. Keeps the coroutine's executor running until it resumes.
template <class Handler>
class resumption {
public:
    explicit resumption(Handler handler)
        : handler_(std::move(handler)), work_(boost::asio::get_associated_executor(handler_)) {}
    resumption(resumption const&) = delete;
    resumption& operator=(resumption const&) = delete;
    ~resumption() { SLUICE_ASSERT(called_); }

    template <class T>
    void operator()(T value) {
        SLUICE_ASSERT(!called_.exchange(true));
        auto const executor = work_.get_executor();
        boost::asio::post(executor, [handler = std::move(handler_), value = std::move(value),
                                     work = std::move(work_)]() mutable {
            std::move(handler)(std::move(value));
        });
    }

private:
    using executor_type = boost::asio::associated_executor_t<Handler>;
    Handler handler_;
    boost::asio::executor_work_guard<executor_type> work_;
    std::atomic<bool> called_ = false;
};

}  // namespace detail

template <class T, class Initiate>
task<T> await_callback(Initiate initiate) {
    auto start = [&initiate](auto handler) {
        using handler_type = decltype(handler);
        auto shared = std::make_shared<detail::resumption<handler_type>>(std::move(handler));
        initiate(callback<T>{[shared](T value) { (*shared)(std::move(value)); }});
    };
    co_return co_await boost::asio::async_initiate<boost::asio::use_awaitable_t<> const, void(T)>(
        std::move(start), boost::asio::use_awaitable);
}

}  // namespace sluice
