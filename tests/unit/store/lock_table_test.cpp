#include "backend/store/lock_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include "gateway/core/random.hpp"
#include "gateway/core/worker_thread.hpp"

namespace sluice::store {
namespace {

lock_name name(std::string const& key) { return {kv::family::object, key}; }

// Remembers how a wait ended.
struct wait {
    std::optional<result<void>> outcome;
    lock_table::wait_done done() {
        return [this](result<void> how) { outcome.emplace(std::move(how)); };
    }
    bool granted() const { return outcome && outcome->has_value(); }
    bool failed_with(error code) const {
        return outcome && outcome->has_error() && outcome->error().code == code;
    }
};

class lock_tables : public testing::Test {
protected:
    store_metrics metrics;
    lock_table table{{.shards = 4, .locks_max = 100, .waiters_max = 50}, &metrics};
};

constexpr auto shared = lock_mode::shared;
constexpr auto exclusive = lock_mode::exclusive;

TEST_F(lock_tables, shared_go_together_exclusive_alone) {
    lock_set a(table), b(table), c(table);
    wait wa, wb, wc;
    table.acquire(a, name("x"), shared, wa.done());
    table.acquire(b, name("x"), shared, wb.done());
    table.acquire(c, name("x"), exclusive, wc.done());
    EXPECT_TRUE(wa.granted());
    EXPECT_TRUE(wb.granted());
    EXPECT_FALSE(wc.outcome);
    a.release();
    EXPECT_FALSE(wc.outcome);
    b.release();
    EXPECT_TRUE(wc.granted());
    EXPECT_EQ(table.held(), 1u);
}

TEST_F(lock_tables, first_come_first_served_across_modes) {
    lock_set a(table), b(table), c(table), d(table);
    wait wa, wb, wc, wd;
    table.acquire(a, name("x"), shared, wa.done());
    table.acquire(b, name("x"), exclusive, wb.done());
    table.acquire(c, name("x"), shared, wc.done());
    table.acquire(d, name("x"), shared, wd.done());
    EXPECT_EQ(table.try_acquire(a, name("y"), exclusive), lock_table::attempt::granted);
    EXPECT_FALSE(wc.outcome);
    a.release();
    EXPECT_TRUE(wb.granted());
    EXPECT_FALSE(wc.outcome);
    b.release();
    EXPECT_TRUE(wc.granted());
    EXPECT_TRUE(wd.granted());
}

TEST_F(lock_tables, asking_again_and_for_more) {
    lock_set a(table), b(table), c(table);
    wait wa, wa2, wb, wc, up;
    table.acquire(a, name("x"), shared, wa.done());
    table.acquire(a, name("x"), shared, wa2.done());
    EXPECT_TRUE(wa2.granted());
    EXPECT_EQ(a.size(), 1u);
    table.acquire(b, name("x"), shared, wb.done());
    table.acquire(c, name("x"), exclusive, wc.done());
    table.acquire(a, name("x"), exclusive, up.done());   // goes before c
    EXPECT_FALSE(up.outcome);
    b.release();
    EXPECT_TRUE(up.granted());
    EXPECT_FALSE(wc.outcome);
    a.release();
    EXPECT_TRUE(wc.granted());
}

TEST_F(lock_tables, two_upgrades_are_a_deadlock_that_the_younger_loses) {
    lock_set a(table), b(table);
    wait wa, wb, ua, ub;
    table.acquire(a, name("x"), shared, wa.done());
    table.acquire(b, name("x"), shared, wb.done());
    table.acquire(a, name("x"), exclusive, ua.done());
    table.acquire(b, name("x"), exclusive, ub.done());
    EXPECT_TRUE(ub.failed_with(error::conflict));
    EXPECT_FALSE(ua.outcome);
    b.release();
    EXPECT_TRUE(ua.granted());
    EXPECT_EQ(metrics.lock_deadlocks, 1u);
}

TEST_F(lock_tables, the_youngest_of_a_cycle_loses_whoever_closes_it) {
    for (int closer = 0; closer < 3; ++closer) {
        lock_set a(table), b(table), c(table);
        lock_set* sets[] = {&a, &b, &c};
        std::string const keys[] = {"x", "y", "z"};
        wait held[3], waits[3];
        for (int i = 0; i < 3; ++i)
            table.acquire(*sets[i], name(keys[i]), exclusive, held[i].done());
        for (int step = 1; step <= 3; ++step) {
            int const i = (closer + step) % 3;
            table.acquire(*sets[i], name(keys[(i + 1) % 3]), exclusive, waits[i].done());
        }
        EXPECT_TRUE(waits[2].failed_with(error::conflict));
        EXPECT_FALSE(waits[0].outcome);
        EXPECT_FALSE(waits[1].outcome);
        c.release();
        EXPECT_TRUE(waits[1].granted());
        b.release();
        EXPECT_TRUE(waits[0].granted());
    }
    EXPECT_EQ(table.held(), 0u);
}

TEST_F(lock_tables, who_waits_ahead_counts_for_cycles) {
    lock_set a(table), b(table), c(table);
    wait wa, wb, wc, wa2, wc2;
    table.acquire(a, name("x"), shared, wa.done());
    table.acquire(c, name("y"), exclusive, wc.done());
    table.acquire(b, name("x"), exclusive, wb.done());    // b waits for a
    table.acquire(c, name("x"), shared, wc2.done());      // c waits behind b
    table.acquire(a, name("y"), shared, wa2.done());      // a waits for c: a -> c -> b -> a
    EXPECT_TRUE(wc2.failed_with(error::conflict));
    c.release();
    EXPECT_TRUE(wa2.granted());
    a.release();
    EXPECT_TRUE(wb.granted());
}

TEST_F(lock_tables, a_cycle_through_a_long_queue_is_found) {
    lock_set holder(table), last(table);
    std::deque<lock_set> crowd;
    std::deque<wait> waits(20);
    wait first, second, up, has;
    table.acquire(holder, name("x"), exclusive, first.done());
    for (auto& one : waits) {
        crowd.emplace_back(table);
        // Every third only wants to read: the search goes past it and on.
        auto const mode = crowd.size() % 3 == 0 ? shared : exclusive;
        table.acquire(crowd.back(), name("x"), mode, one.done());
    }
    table.acquire(last, name("y"), exclusive, has.done());
    table.acquire(last, name("x"), exclusive, second.done());
    EXPECT_FALSE(second.outcome);
    table.acquire(holder, name("y"), exclusive, up.done());
    EXPECT_TRUE(second.failed_with(error::conflict));
    EXPECT_EQ(metrics.lock_deadlocks.load(), 1u);
    last.release();
    EXPECT_TRUE(up.granted());
    holder.release();
    for (std::size_t i = 0; i < waits.size(); ++i) {
        EXPECT_TRUE(waits[i].granted()) << i;
        crowd[i].release();
    }
}

// A search for cycles that looked at everybody ahead each time would take hours here.
TEST(lock_table_crowds, tens_of_thousands_wait_for_one_lock) {
    lock_table table{{.locks_max = 200'000, .waiters_max = 100'000}};
    lock_set holder(table);
    wait held;
    table.acquire(holder, name("hot"), exclusive, held.done());
    std::deque<lock_set> crowd;
    std::deque<wait> waits(50'000);
    for (auto& one : waits) {
        crowd.emplace_back(table);
        wait own;
        table.acquire(crowd.back(), name("row " + std::to_string(crowd.size())), exclusive, own.done());
        table.acquire(crowd.back(), name("hot"), exclusive, one.done());
    }
    holder.release();
    for (std::size_t i = 0; i < waits.size(); ++i) {
        ASSERT_TRUE(waits[i].granted()) << i;
        crowd[i].release();
    }
}

TEST_F(lock_tables, giving_up_lets_those_behind_go) {
    lock_set a(table), b(table), c(table);
    wait wa, wb, wc;
    table.acquire(a, name("x"), shared, wa.done());
    table.acquire(b, name("x"), exclusive, wb.done());
    table.acquire(c, name("x"), shared, wc.done());
    table.give_up(b.owner(), error::deadline_exceeded);
    EXPECT_TRUE(wb.failed_with(error::deadline_exceeded));
    EXPECT_TRUE(wc.granted());
    EXPECT_EQ(metrics.lock_timeouts, 1u);
    table.give_up(b.owner(), error::deadline_exceeded);   // waits no more
}

TEST_F(lock_tables, a_set_that_goes_ends_its_wait) {
    lock_set a(table);
    wait wa, wb;
    table.acquire(a, name("x"), exclusive, wa.done());
    {
        lock_set b(table);
        table.acquire(b, name("x"), exclusive, wb.done());
    }
    EXPECT_TRUE(wb.failed_with(error::cancelled));
}

TEST_F(lock_tables, limits_refuse) {
    lock_set a(table);
    wait last;
    for (int i = 0; i < 100; ++i)
        ASSERT_EQ(table.try_acquire(a, name(std::to_string(i)), exclusive),
                  lock_table::attempt::granted);
    table.acquire(a, name("more"), exclusive, last.done());
    EXPECT_TRUE(last.failed_with(error::overloaded));
    std::deque<wait> waits;   // told when the sets go
    std::deque<lock_set> sets;
    for (int i = 0; i < 51; ++i) {
        auto& set = sets.emplace_back(table);
        table.acquire(set, name("0"), exclusive, waits.emplace_back().done());
    }
    EXPECT_TRUE(waits.back().failed_with(error::overloaded));
    EXPECT_FALSE(waits.front().outcome);
    EXPECT_EQ(table.waiting(), 50u);
}

// Many threads take random locks in random order; every wait ends, exclusive holders are alone.
TEST(lock_table_threads, exclusion_holds_and_nobody_waits_forever) {
    lock_table table({.shards = 8});
    constexpr int keys = 6;
    std::atomic<int> inside[keys] = {};
    std::atomic<bool> broken = false;
    std::atomic<int> victims = 0;
    auto work = [&](std::uint64_t seed) {
        seeded_random random(seed);
        for (int round = 0; round < 400; ++round) {
            lock_set set(table);
            std::vector<std::pair<int, int>> entered;   // key, what it adds
            for (int step = 0; step < 3; ++step) {
                int const key = static_cast<int>(random.below(keys));
                bool const alone = random.below(2) == 0;
                bool const again =
                    std::ranges::any_of(entered, [&](auto const& one) { return one.first == key; });
                if (again) continue;
                std::mutex mutex;
                std::condition_variable ended;
                std::optional<result<void>> outcome;
                table.acquire(set, name(std::to_string(key)), alone ? exclusive : shared,
                              [&](result<void> how) {
                                  std::scoped_lock guard(mutex);
                                  outcome.emplace(std::move(how));
                                  ended.notify_one();
                              });
                std::unique_lock guard(mutex);
                ended.wait(guard, [&] { return outcome.has_value(); });
                if (outcome->has_error()) {
                    ++victims;
                    break;
                }
                int const adds = alone ? 1000 : 1;
                auto const now = inside[key] += adds;
                if (alone ? now != 1000 : now >= 1000) broken = true;
                entered.push_back({key, adds});
            }
            for (auto const& [key, adds] : entered) inside[key] -= adds;
        }
    };
    {
        std::vector<worker_thread> threads;
        for (std::uint64_t i = 1; i <= 8; ++i)
            threads.emplace_back("locks", [&work, i](std::stop_token) { work(i); });
        for (auto& thread : threads) thread.join();
    }
    EXPECT_FALSE(broken);
    EXPECT_EQ(table.held(), 0u);
    EXPECT_EQ(table.waiting(), 0u);
}

}  // namespace
}  // namespace sluice::store
