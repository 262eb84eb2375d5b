#include <gtest/gtest.h>

#include "gateway/core/task_group.hpp"
#include "protocols/sql/execute/relation_locks.hpp"
#include "tests/support/run_task.hpp"

namespace sluice::sql {
namespace {

using mode = relation_lock_mode;

TEST(RelationLocks, ConflictsAreTheManualsTable) {
    EXPECT_FALSE(conflicts(mode::row_exclusive, mode::row_exclusive));
    EXPECT_TRUE(conflicts(mode::row_exclusive, mode::share));
    EXPECT_TRUE(conflicts(mode::share, mode::row_exclusive));
    EXPECT_FALSE(conflicts(mode::share, mode::share));
    EXPECT_TRUE(conflicts(mode::access_exclusive, mode::access_share));
    EXPECT_FALSE(conflicts(mode::exclusive, mode::access_share));
    for (int a = 1; a <= 8; ++a)
        for (int b = 1; b <= 8; ++b)
            EXPECT_EQ(conflicts(static_cast<mode>(a), static_cast<mode>(b)),
                      conflicts(static_cast<mode>(b), static_cast<mode>(a)));
}

TEST(RelationLocks, AHolderTakesTheSameAgain) {
    relation_locks locks;
    auto const one = locks.new_owner(), two = locks.new_owner();
    EXPECT_EQ(locks.try_lock(one, 5, mode::row_exclusive), lock_outcome::granted);
    EXPECT_EQ(locks.try_lock(one, 5, mode::row_exclusive), lock_outcome::granted);
    EXPECT_EQ(locks.try_lock(two, 5, mode::access_exclusive), lock_outcome::not_available);
    locks.release_all(one);
    EXPECT_EQ(locks.try_lock(two, 5, mode::access_exclusive), lock_outcome::granted);
    locks.release_all(two);
}

task<void> take(relation_locks& locks, relation_locks::owner who, std::uint64_t what, mode how,
                lock_outcome& out) {
    out = co_await locks.lock(who, what, how, true);
}

task<void> wait_release_and_circle(relation_locks& locks, bool& ended) {
    auto const executor = co_await boost::asio::this_coro::executor;
    task_group group(executor);
    auto const one = locks.new_owner(), two = locks.new_owner();
    (void)locks.try_lock(one, 1, mode::exclusive);
    (void)locks.try_lock(two, 2, mode::exclusive);
    auto first = lock_outcome::cancelled;
    EXPECT_TRUE(group.spawn(take(locks, one, 2, mode::exclusive, first)));
    auto turn = boost::asio::post(executor, boost::asio::use_awaitable);
    co_await std::move(turn);
    auto again = boost::asio::post(executor, boost::asio::use_awaitable);
    co_await std::move(again);
    // one waits for two: two may not wait for one.
    auto const second = co_await locks.lock(two, 1, mode::exclusive, true);
    EXPECT_EQ(second, lock_outcome::deadlock);
    locks.release_all(two);
    co_await group.drain();
    EXPECT_EQ(first, lock_outcome::granted);
    locks.release_all(one);
    ended = true;
}

TEST(RelationLocks, WaitersAreGrantedAndCirclesRefused) {
    relation_locks locks;
    bool ended = false;
    test::run_task(wait_release_and_circle(locks, ended));
    EXPECT_TRUE(ended);
}

task<void> cancelled_wait(relation_locks& locks, bool& ended) {
    auto const executor = co_await boost::asio::this_coro::executor;
    task_group group(executor);
    auto const one = locks.new_owner(), two = locks.new_owner();
    (void)locks.try_lock(one, 1, mode::exclusive);
    auto outcome = lock_outcome::granted;
    EXPECT_TRUE(group.spawn(take(locks, two, 1, mode::exclusive, outcome)));
    auto turn = boost::asio::post(executor, boost::asio::use_awaitable);
    co_await std::move(turn);
    auto again = boost::asio::post(executor, boost::asio::use_awaitable);
    co_await std::move(again);
    locks.cancel_wait(two);
    co_await group.drain();
    EXPECT_EQ(outcome, lock_outcome::cancelled);
    locks.release_all(one);
    ended = true;
}

TEST(RelationLocks, AWaitCanBeCancelled) {
    relation_locks locks;
    bool ended = false;
    test::run_task(cancelled_wait(locks, ended));
    EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace sluice::sql
