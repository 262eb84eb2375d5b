#include "gateway/core/async.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <thread>

#include "gateway/core/result.hpp"
#include "gateway/core/worker_thread.hpp"
#include "tests/support/run_task.hpp"

namespace sluice {
namespace {

using test::run_task;

task<int> answered_inside_the_call() {
    auto initiate = [](callback<int> done) { done(42); };
    co_return co_await await_callback<int>(std::move(initiate));
}

TEST(await_callback, may_be_answered_inside_the_call) {
    EXPECT_EQ(run_task(answered_inside_the_call()), 42);
}

task<void> answered_by_a_thread(worker_thread& worker, std::thread::id& answered_on,
                                std::thread::id& resumed_on) {
    auto initiate = [&](callback<int> done) {
        worker = worker_thread{"answers", [&answered_on, done](std::stop_token) {
                                   answered_on = std::this_thread::get_id();
                                   done(7);
                               }};
    };
    auto const value = co_await await_callback<int>(std::move(initiate));
    EXPECT_EQ(value, 7);
    resumed_on = std::this_thread::get_id();
}

TEST(await_callback, resumes_on_the_executor_of_the_task) {
    worker_thread worker;
    std::thread::id answered_on, resumed_on;
    run_task(answered_by_a_thread(worker, answered_on, resumed_on));
    EXPECT_EQ(resumed_on, std::this_thread::get_id());
    EXPECT_NE(answered_on, resumed_on);
}

struct not_default {
    explicit not_default(std::unique_ptr<int> value) : value(std::move(value)) {}
    std::unique_ptr<int> value;
};

task<int> moved_value() {
    auto initiate = [](callback<result<not_default>> done) {
        done(not_default{std::make_unique<int>(5)});
    };
    auto const got = co_await await_callback<result<not_default>>(std::move(initiate));
    co_return *got.value().value;
}

TEST(await_callback, passes_move_only_values) { EXPECT_EQ(run_task(moved_value()), 5); }

task<error> failed_value() {
    auto initiate = [](callback<result<int>> done) { done(failure{error::io_failed, "device"}); };
    auto const got = co_await await_callback<result<int>>(std::move(initiate));
    co_return got.error().code;
}

TEST(await_callback, passes_failures) { EXPECT_EQ(run_task(failed_value()), error::io_failed); }

task<int> many_in_a_row(int rounds) {
    int sum = 0;
    for (int i = 0; i < rounds; ++i) {
        auto initiate = [i](callback<int> done) { done(i); };
        sum += co_await await_callback<int>(std::move(initiate));
    }
    co_return sum;
}

TEST(await_callback, many_inline_answers_do_not_grow_the_stack) {
    EXPECT_EQ(run_task(many_in_a_row(20000)), 20000 * 19999 / 2);
}

task<void> twice() {
    auto initiate = [](callback<int> done) {
        done(1);
        done(2);
    };
    co_await await_callback<int>(std::move(initiate));
}

task<void> dropped() {
    auto initiate = [](callback<int>) {};
    co_await await_callback<int>(std::move(initiate));
}

TEST(await_callback_death, a_second_answer_or_none_is_a_broken_invariant) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_DEATH(run_task(twice()), "broken invariant");
    EXPECT_DEATH(run_task(dropped()), "broken invariant");
}

}  // namespace
}  // namespace sluice
