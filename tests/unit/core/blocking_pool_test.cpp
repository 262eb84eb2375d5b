#include "gateway/core/blocking_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <future>
#include <stdexcept>
#include <thread>

#include "gateway/core/task_group.hpp"
#include "tests/support/run_task.hpp"

namespace sluice {
namespace {

using test::run_task;

task<result<std::thread::id>> which_thread(blocking_pool& pool) {
    auto ask = [](blocking_token) { return std::this_thread::get_id(); };
    auto answered = co_await pool.run(std::move(ask));
    EXPECT_NE(answered.value(), std::this_thread::get_id());
    co_return std::this_thread::get_id();
}

TEST(blocking_pool, runs_elsewhere_and_resumes_here) {
    blocking_pool pool{{.threads = 2}};
    EXPECT_EQ(run_task(which_thread(pool)).value(), std::this_thread::get_id());
}

task<result<int>> failing(blocking_pool& pool) {
    auto fail = [](blocking_token) -> result<int> { return error::corrupt; };
    co_return co_await pool.run(std::move(fail));
}
task<result<void>> nothing(blocking_pool& pool, int& ran) {
    auto count = [&](blocking_token) { ++ran; };
    co_return co_await pool.run(std::move(count));
}
task<result<int>> throwing(blocking_pool& pool) {
    auto fail = [](blocking_token) -> int { throw std::runtime_error("from the pool"); };
    co_return co_await pool.run(std::move(fail));
}

TEST(blocking_pool, passes_failures_nothing_and_exceptions_on) {
    blocking_pool pool{{.threads = 1}};
    int ran = 0;
    EXPECT_EQ(run_task(failing(pool)).error().code, error::corrupt);
    EXPECT_TRUE(run_task(nothing(pool, ran)).has_value());
    EXPECT_EQ(ran, 1);
    EXPECT_THROW(run_task(throwing(pool)), std::runtime_error);
}

TEST(blocking_pool, a_full_queue_refuses) {
    std::promise<void> release;
    auto const released = release.get_future().share();
    std::promise<void> started;
    blocking_pool pool{{.threads = 1, .queued_max = 2}};
    ASSERT_TRUE(pool.submit([&started, released](blocking_token) {
        started.set_value();
        released.wait();
    }));
    started.get_future().wait();
    std::atomic<int> ran = 0;
    ASSERT_TRUE(pool.submit([&](blocking_token) { ++ran; }));
    ASSERT_TRUE(pool.submit([&](blocking_token) { ++ran; }));
    EXPECT_EQ(pool.queued(), 2u);
    EXPECT_EQ(pool.running(), 1u);
    EXPECT_FALSE(pool.submit([&](blocking_token) { ++ran; }));
    EXPECT_EQ(run_task(failing(pool)).error().code, error::overloaded);
    release.set_value();
    pool.stop();
    EXPECT_EQ(ran, 2);
}

TEST(blocking_pool, stopping_finishes_what_is_queued_and_refuses_the_rest) {
    blocking_pool pool{{.threads = 2, .queued_max = 10000}};
    std::atomic<int> ran = 0;
    for (int i = 0; i < 5000; ++i) ASSERT_TRUE(pool.submit([&](blocking_token) { ++ran; }));
    pool.stop();
    EXPECT_EQ(ran, 5000);
    EXPECT_FALSE(pool.submit([&](blocking_token) { ++ran; }));
    EXPECT_EQ(run_task(failing(pool)).error().code, error::closed);
    pool.stop();
    EXPECT_EQ(ran, 5000);
}

task<void> many_runs(blocking_pool& pool, int rounds, std::atomic<int>& ran) {
    for (int i = 0; i < rounds; ++i) {
        auto count = [&](blocking_token) { return ++ran; };
        auto const answered = co_await pool.run(std::move(count));
        EXPECT_TRUE(answered.has_value());
    }
}

TEST(blocking_pool, serves_many_tasks_at_once) {
    blocking_pool pool{{.threads = 3}};
    boost::asio::io_context context{1};
    task_group group{context.get_executor()};
    std::atomic<int> ran = 0;
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(group.spawn(many_runs(pool, 100, ran)));
    run_task(context, group.drain());
    EXPECT_EQ(ran, 5000);
}

task<void> run_when_cancelled(blocking_pool& pool, task_group& group, int& ran) {
    group.cancel();
    co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
    auto const answered = co_await nothing(pool, ran);
    EXPECT_EQ(answered.error().code, error::cancelled);
}

TEST(blocking_pool, a_cancelled_task_starts_no_work) {
    blocking_pool pool{{.threads = 1}};
    boost::asio::io_context context{1};
    task_group group{context.get_executor()};
    int ran = 0;
    ASSERT_TRUE(group.spawn(run_when_cancelled(pool, group, ran)));
    run_task(context, group.drain());
    EXPECT_EQ(ran, 0);
}

}  // namespace
}  // namespace sluice
