// Ends to waiting. Every wait in the server has a deadline; these are the two ways to give it one.
//
//     deadline   calls back unless it is destroyed or moved on in time: re-armed cheaply, for a
//                connection's idle time. The callback makes the pending operation fail (stream.cancel()).
//     with_deadline   runs a task and tells it to stop when time is up; returns after the task ended.
//
// Thread rule: on the executor that the awaiting task runs on. Real time only: tests that depend on
// time drive the code through wall_clock and call what the deadline would call.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "gateway/core/clock.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice {

// Returns at `when`: success, or cancelled when the task was told to stop.
task<result<void>> wait_until(monotonic_time when);
task<result<void>> wait_for(std::chrono::nanoseconds length);

class deadline {
public:
    deadline(boost::asio::any_io_executor executor, std::function<void()> on_expiry);
    deadline(deadline const&) = delete;
    deadline& operator=(deadline const&) = delete;
    ~deadline();

    // (Re)starts: the callback runs once, after `length` from now, unless restarted or disarmed.
    void arm(std::chrono::nanoseconds length);
    void disarm();
    // The callback ran since the last arm().
    bool expired() const noexcept;

private:
    struct state;
    std::shared_ptr<state> state_;  // shared with the pending timer completion
};

namespace detail {

// A running with_deadline: the timer and the outer task's cancellation both tell the inner task.
class bounded_run : public std::enable_shared_from_this<bounded_run> {
public:
    explicit bounded_run(boost::asio::any_io_executor const& executor) : timer_(executor) {}

    void start(std::chrono::nanoseconds length, boost::asio::cancellation_slot outer);
    void finish(boost::asio::cancellation_slot outer);
    boost::asio::cancellation_slot slot() noexcept { return inner_.slot(); }
    bool expired() const noexcept { return expired_; }

private:
    boost::asio::steady_timer timer_;
    boost::asio::cancellation_signal inner_;
    bool expired_ = false;
    bool finished_ = false;
};

template <class T>
task<void> bounded_body(task<result<T>> body, std::optional<result<T>>& outcome) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    outcome.emplace(co_await std::move(body));
}

}  // namespace detail

// The outcome of `body`, or deadline_exceeded when time ended it (it answered `cancelled` after being
// told). Waits for `body` in any case: what it refers to is unused when this returns.
template <class T>
task<result<T>> with_deadline(std::chrono::nanoseconds length, task<result<T>> body) {
    auto const executor = co_await boost::asio::this_coro::executor;
    auto const cancellation = co_await boost::asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != boost::asio::cancellation_type::none) co_return error::cancelled;
    auto run = std::make_shared<detail::bounded_run>(executor);
    run->start(length, cancellation.slot());
    auto token = boost::asio::bind_cancellation_slot(run->slot(), boost::asio::use_awaitable);
    std::optional<result<T>> outcome;
    auto inner = detail::bounded_body<T>(std::move(body), outcome);
    co_await boost::asio::co_spawn(executor, std::move(inner), token);
    run->finish(cancellation.slot());
    if (run->expired() && outcome->has_error() && outcome->error().code == error::cancelled)
        co_return error::deadline_exceeded;
    co_return std::move(*outcome);
}

}  // namespace sluice
