#include "gateway/core/task_group.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <stdexcept>
#include <vector>

#include "gateway/core/async.hpp"
#include "gateway/core/event.hpp"
#include "gateway/core/timer.hpp"
#include "gateway/core/worker_thread.hpp"
#include "tests/support/run_task.hpp"

namespace sluice {
namespace {

using test::run_task;

task<void> append(std::vector<int>& to, int value) {
    to.push_back(value);
    co_return;
}

task<void> until_cancelled(event& never, int& ended) {
    auto const waited = co_await never.wait();
    EXPECT_EQ(waited.error().code, error::cancelled);
    ++ended;
}

TEST(task_group, drain_returns_after_all_children) {
    boost::asio::io_context context{1};
    task_group group{context.get_executor()};
    std::vector<int> values;
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(group.spawn(append(values, i)));
    EXPECT_TRUE(values.empty()) << "children start from the loop, not inside spawn";
    EXPECT_EQ(group.running(), 3u);
    run_task(context, group.drain());
    EXPECT_EQ(values, (std::vector{0, 1, 2}));
    EXPECT_EQ(group.running(), 0u);
    run_task(context, group.drain());  // an empty group is drained at once
}

task<void> cancel_then_drain(task_group& group) {
    group.cancel();
    co_await group.drain();
}

task<void> let_children_start() {
    co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
}

TEST(task_group, cancel_ends_waiting_children_and_refuses_new_ones) {
    boost::asio::io_context context{1};
    event never{context.get_executor()};
    task_group group{context.get_executor()};
    int ended = 0;
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(group.spawn(until_cancelled(never, ended)));
    run_task(context, let_children_start());
    EXPECT_EQ(group.running(), 5u);
    run_task(context, cancel_then_drain(group));
    EXPECT_EQ(ended, 5);
    EXPECT_FALSE(group.spawn(until_cancelled(never, ended)));
    EXPECT_EQ(group.running(), 0u);
}

TEST(task_group, children_cancelled_before_they_start_never_run) {
    boost::asio::io_context context{1};
    task_group group{context.get_executor()};
    std::vector<int> values;
    ASSERT_TRUE(group.spawn(append(values, 1)));
    group.cancel();
    ASSERT_FALSE(group.spawn(append(values, 2)));
    run_task(context, group.drain());
    // The first was queued ahead of the cancellation and may run; the second may not.
    for (int value : values) EXPECT_EQ(value, 1);
}

TEST(task_group, refuses_more_children_than_its_limit) {
    boost::asio::io_context context{1};
    task_group group{context.get_executor(), {.children_max = 2}};
    std::vector<int> values;
    EXPECT_TRUE(group.spawn(append(values, 1)));
    EXPECT_TRUE(group.spawn(append(values, 2)));
    EXPECT_FALSE(group.spawn(append(values, 3)));
    run_task(context, group.drain());
    EXPECT_TRUE(group.spawn(append(values, 4)));
    run_task(context, group.drain());
    EXPECT_EQ(values, (std::vector{1, 2, 4}));
}

task<void> throws() {
    throw std::runtime_error("lost");
    co_return;
}

TEST(task_group, an_exception_is_handed_to_the_owner) {
    boost::asio::io_context context{1};
    int seen = 0;
    task_group group{context.get_executor(), {.on_exception = [&](std::exception_ptr) { ++seen; }}};
    ASSERT_TRUE(group.spawn(throws()));
    run_task(context, group.drain());
    EXPECT_EQ(seen, 1);
}

TEST(task_group_death, an_exception_ends_the_process_by_default) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    auto run = [] {
        boost::asio::io_context context{1};
        task_group group{context.get_executor()};
        if (group.spawn(throws())) run_task(context, group.drain());
    };
    EXPECT_DEATH(run(), "an exception left a task: lost");
}

// A cancelled task can still clean up: drain its own children and await callbacks.
task<void> parent(event& never, int& ended) {
    task_group children{co_await boost::asio::this_coro::executor};
    EXPECT_TRUE(children.spawn(until_cancelled(never, ended)));
    EXPECT_EQ((co_await never.wait()).error().code, error::cancelled);
    EXPECT_TRUE(co_await is_cancelled());
    EXPECT_EQ((co_await wait_for(std::chrono::hours{1})).error().code, error::cancelled);
    children.cancel();
    co_await children.drain();
    auto answer = [](callback<int> done) { done(1); };
    ended += co_await await_callback<int>(std::move(answer));
}

TEST(task_group, a_cancelled_task_cleans_up_with_the_same_tools) {
    boost::asio::io_context context{1};
    event never{context.get_executor()};
    task_group group{context.get_executor()};
    int ended = 0;
    ASSERT_TRUE(group.spawn(parent(never, ended)));
    run_task(context, let_children_start());
    run_task(context, cancel_then_drain(group));
    EXPECT_EQ(ended, 2);
}

task<void> count(std::atomic<int>& counter) {
    ++counter;
    co_return;
}

TEST(task_group, children_may_run_on_other_executors) {
    boost::asio::io_context here{1}, there{1};
    auto work = boost::asio::make_work_guard(there);
    worker_thread other{"other", [&](std::stop_token) { there.run(); }};
    std::atomic<int> counter = 0;
    {
        task_group group{here.get_executor(), {.children_max = 2000}};
        for (int i = 0; i < 1000; ++i) {
            ASSERT_TRUE(group.spawn(count(counter)));
            ASSERT_TRUE(group.spawn(there.get_executor(), count(counter)));
        }
        run_task(here, group.drain());
        EXPECT_EQ(counter, 2000);
    }
    work.reset();
}

TEST(task_group, cancelling_from_another_thread_reaches_every_child) {
    boost::asio::io_context here{1}, there{1};
    auto work = boost::asio::make_work_guard(there);
    worker_thread other{"other", [&](std::stop_token) { there.run(); }};
    for (int round = 0; round < 100; ++round) {
        event never{there.get_executor()};
        int ended = 0;
        task_group group{there.get_executor()};
        for (int i = 0; i < 4; ++i) ASSERT_TRUE(group.spawn(until_cancelled(never, ended)));
        group.cancel();
        run_task(here, group.drain());
        ASSERT_EQ(group.running(), 0u);
    }
    work.reset();
}

}  // namespace
}  // namespace sluice
