#include "gateway/core/timer.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <string>

#include "gateway/core/async.hpp"
#include "gateway/core/event.hpp"
#include "gateway/core/task_group.hpp"
#include "tests/support/run_task.hpp"

namespace sluice {
namespace {

using namespace std::chrono_literals;
using test::run_task;

task<result<std::string>> at_once() { co_return std::string{"done"}; }

TEST(with_deadline, passes_the_outcome_on) {
    EXPECT_EQ(run_task(with_deadline(1h, at_once())).value(), "done");
}

task<result<int>> waits_for(event& never, bool& unwound) {
    auto const waited = co_await never.wait();
    unwound = true;
    if (waited.has_error()) co_return waited.error();
    co_return 1;
}

task<result<int>> bounded_wait(std::chrono::nanoseconds length, event& never, bool& unwound) {
    auto body = waits_for(never, unwound);
    co_return co_await with_deadline(length, std::move(body));
}

TEST(with_deadline, ends_what_takes_too_long_and_waits_for_its_end) {
    boost::asio::io_context context{1};
    event never{context.get_executor()};
    bool unwound = false;
    auto const outcome = run_task(context, bounded_wait(1ms, never, unwound));
    EXPECT_EQ(outcome.error().code, error::deadline_exceeded);
    EXPECT_TRUE(unwound);
}

task<result<int>> fails_by_itself() { co_return failure{error::not_found, "by itself"}; }

TEST(with_deadline, keeps_the_failures_of_the_task) {
    EXPECT_EQ(run_task(with_deadline(1h, fails_by_itself())).error().code, error::not_found);
}

task<result<int>> nested(event& never, bool& unwound) {
    auto inner = bounded_wait(1ms, never, unwound);
    co_return co_await with_deadline(1h, std::move(inner));
}

TEST(with_deadline, the_inner_of_two_ends_first) {
    boost::asio::io_context context{1};
    event never{context.get_executor()};
    bool unwound = false;
    EXPECT_EQ(run_task(context, nested(never, unwound)).error().code, error::deadline_exceeded);
}

task<void> expects_cancelled(event& never, bool& unwound) {
    auto const outcome = co_await bounded_wait(1h, never, unwound);
    EXPECT_EQ(outcome.error().code, error::cancelled);
    auto const again = co_await bounded_wait(1h, never, unwound);
    EXPECT_EQ(again.error().code, error::cancelled);
}

task<void> one_turn() {
    co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
}

task<void> cancel_after_some_turns(task_group& children) {
    for (int turn = 0; turn < 10; ++turn) co_await one_turn();
    children.cancel();
    co_await children.drain();
}

TEST(with_deadline, passes_cancellation_on) {
    boost::asio::io_context context{1};
    event never{context.get_executor()};
    bool unwound = false;
    task_group group{context.get_executor()};
    ASSERT_TRUE(group.spawn(expects_cancelled(never, unwound)));
    run_task(context, cancel_after_some_turns(group));
    EXPECT_TRUE(unwound);
}

task<void> sequence(event& never) {
    EXPECT_TRUE((co_await wait_for(1us)).has_value());
    auto const until = system_wall_clock().monotonic() + 1ms;
    EXPECT_EQ((co_await never.wait_until(until)).error().code, error::deadline_exceeded);
    EXPECT_GE(system_wall_clock().monotonic(), until);
}

TEST(timer, waits_until_the_time_comes) {
    boost::asio::io_context context{1};
    event never{context.get_executor()};
    run_task(context, sequence(never));
}

task<void> counts_to_three(event& changed, int const& value, bool& done) {
    while (value < 3) EXPECT_TRUE((co_await changed.wait()).has_value());
    done = true;
}

task<void> raises(event& changed, int& value) {
    while (value < 3) {
        ++value;
        changed.notify_all();
        co_await one_turn();
    }
}

TEST(event, wakes_all_who_wait) {
    boost::asio::io_context context{1};
    event changed{context.get_executor()};
    task_group group{context.get_executor()};
    int value = 0;
    bool done[3] = {};
    for (bool& each : done) ASSERT_TRUE(group.spawn(counts_to_three(changed, value, each)));
    ASSERT_TRUE(group.spawn(raises(changed, value)));
    run_task(context, group.drain());
    for (bool each : done) EXPECT_TRUE(each);
}

task<void> wait_for_expiry(event& expired, bool const& seen) {
    while (!seen) co_await expired.wait();
}

TEST(deadline, calls_back_once_when_time_is_up) {
    boost::asio::io_context context{1};
    event expired{context.get_executor()};
    bool seen = false;
    int calls = 0;
    deadline limit{context.get_executor(), [&] {
                       seen = true;
                       ++calls;
                       expired.notify_all();
                   }};
    limit.arm(1h);
    limit.arm(1ms);  // earlier than before
    EXPECT_FALSE(limit.expired());
    run_task(context, wait_for_expiry(expired, seen));
    EXPECT_TRUE(limit.expired());
    EXPECT_EQ(calls, 1);
    limit.arm(1h);
    EXPECT_FALSE(limit.expired());
}

task<void> outlast(std::chrono::nanoseconds length) { co_await wait_for(length); }

TEST(deadline, moving_it_on_or_disarming_it_prevents_the_call) {
    boost::asio::io_context context{1};
    int calls = 0;
    {
        deadline moved{context.get_executor(), [&] { ++calls; }};
        deadline disarmed{context.get_executor(), [&] { ++calls; }};
        moved.arm(1ms);
        moved.arm(1h);
        disarmed.arm(1ms);
        disarmed.disarm();
        context.run_one();  // the first two expiries: nobody is called
        context.run_one();
        EXPECT_EQ(calls, 0);
    }
    run_task(context, outlast(1ms));
    EXPECT_EQ(calls, 0);
}

}  // namespace
}  // namespace sluice
