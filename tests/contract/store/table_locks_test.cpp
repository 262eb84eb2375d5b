// Waiting for locks, and every way a wait ends.
#include "tests/contract/store/table_world.hpp"

namespace sluice::test {
namespace {

class table_locks : public testing::Test {
protected:
    table_locks() {
        world.set("a", "1");
        world.set("b", "1");
    }
    result<store::locked_row> lock(table_transaction& in, std::string key, row_lock_mode mode,
                                   lock_wait wait = lock_wait::wait) {
        return world.run(in.lock_row(people, std::move(key), mode, wait));
    }
    auto locking(table_transaction& in, std::string key,
                 row_lock_mode mode = row_lock_mode::update) {
        return world.start(in.lock_row(people, std::move(key), mode, lock_wait::wait));
    }

    table_world world;
    static constexpr auto share = row_lock_mode::share;
    static constexpr auto update = row_lock_mode::update;
};

TEST_F(table_locks, nowait_refuses_and_skip_skips) {
    auto const first = world.begin();
    auto const second = world.begin();
    ASSERT_TRUE(lock(*first, "a", update).has_value());
    EXPECT_EQ(lock(*second, "a", update, lock_wait::nowait).error().code, error::deadline_exceeded);
    EXPECT_EQ(lock(*second, "a", share, lock_wait::skip).value().state, row_state::skipped);
    EXPECT_EQ(lock(*second, "b", update, lock_wait::skip).value().state, row_state::unchanged);
    first->roll_back();
    EXPECT_EQ(lock(*second, "a", update, lock_wait::nowait).value().state, row_state::unchanged);
}

TEST_F(table_locks, sharers_share_and_a_writer_waits_for_them) {
    auto const first = world.begin();
    auto const second = world.begin();
    auto const writer = world.begin();
    ASSERT_TRUE(lock(*first, "a", share).has_value());
    ASSERT_TRUE(lock(*second, "a", share).has_value());
    auto waiting = locking(*writer, "a");
    ASSERT_TRUE(world.waits(waiting));
    first->roll_back();
    EXPECT_FALSE(waiting.ended());
    world.commit(*second);
    EXPECT_TRUE(world.end(waiting).has_value());
}

TEST_F(table_locks, readers_do_not_wait) {
    auto const writer = world.begin();
    world.put(*writer, "a", "2");
    auto const reader = world.begin();
    EXPECT_EQ(world.get(*reader, "a"), "1");
}

TEST_F(table_locks, a_deadlock_costs_one_of_them_its_wait) {
    auto const first = world.begin();
    auto const second = world.begin();
    ASSERT_TRUE(lock(*first, "a", update).has_value());
    ASSERT_TRUE(lock(*second, "b", update).has_value());
    auto of_first = locking(*first, "b");
    ASSERT_TRUE(world.waits(of_first));
    auto of_second = locking(*second, "a");
    auto const& victim = world.end(of_second);
    EXPECT_EQ(victim.error().code, error::conflict);
    EXPECT_EQ(victim.error().text, "deadlock");
    second->roll_back();
    EXPECT_TRUE(world.end(of_first).has_value());
}

TEST_F(table_locks, a_deadlock_over_a_unique_value_is_one_too) {
    auto const first = world.begin();
    auto const second = world.begin();
    ASSERT_FALSE(world.insert(*first, "1", "row", {name_entry("ann")}));
    ASSERT_FALSE(world.insert(*second, "2", "row", {name_entry("bob")}));
    std::vector<store::index_entry> bob{name_entry("bob")};
    auto of_first = world.start(first->insert(people, "3", "row", std::move(bob)));
    ASSERT_TRUE(world.waits(of_first));
    std::vector<store::index_entry> ann{name_entry("ann")};
    auto of_second = world.start(second->insert(people, "4", "row", std::move(ann)));
    EXPECT_EQ(world.end(of_second).error().text, "deadlock");
    second->roll_back();
    EXPECT_FALSE(world.end(of_first).value());
}

TEST_F(table_locks, two_sharers_that_both_want_to_write_are_a_deadlock) {
    auto const first = world.begin();
    auto const second = world.begin();
    ASSERT_TRUE(lock(*first, "a", share).has_value());
    ASSERT_TRUE(lock(*second, "a", share).has_value());
    auto of_first = locking(*first, "a");
    ASSERT_TRUE(world.waits(of_first));
    auto of_second = locking(*second, "a");
    EXPECT_EQ(world.end(of_second).error().code, error::conflict);
    second->roll_back();
    EXPECT_TRUE(world.end(of_first).has_value());
}

TEST_F(table_locks, a_wait_ends_at_its_deadline) {
    auto const first = world.begin();
    auto const second = world.begin();
    ASSERT_TRUE(lock(*first, "a", update).has_value());
    second->set_lock_wait(std::chrono::milliseconds(5));
    EXPECT_EQ(lock(*second, "a", update).error().code, error::deadline_exceeded);
    EXPECT_TRUE(lock(*second, "b", update).has_value()) << "the transaction goes on";
}

TEST_F(table_locks, cancelling_ends_a_wait_and_the_statement) {
    auto const first = world.begin();
    auto const second = world.begin();
    world.put(*second, "b", "mine");
    ASSERT_TRUE(lock(*first, "a", update).has_value());
    auto waiting = locking(*second, "a");
    ASSERT_TRUE(world.waits(waiting));
    worker_thread elsewhere("cancel", [&](std::stop_token) { second->cancel(); });
    EXPECT_EQ(world.end(waiting).error().code, error::cancelled);
    elsewhere.join();
    EXPECT_EQ(lock(*second, "b", update).error().code, error::cancelled) << "the same statement";
    second->begin_statement();
    EXPECT_EQ(world.get(*second, "b"), "mine");
    world.commit(*second);
}

TEST_F(table_locks, locks_are_kept_over_a_savepoint_and_let_go_at_the_end) {
    auto const first = world.begin();
    auto const second = world.begin();
    auto const before = first->set_savepoint();
    world.put(*first, "a", "2");
    first->roll_back_to(before);
    EXPECT_EQ(lock(*second, "a", update, lock_wait::skip).value().state, row_state::skipped);
    world.commit(*first);
    EXPECT_EQ(lock(*second, "a", update, lock_wait::skip).value().state, row_state::unchanged);
    second->roll_back();
    EXPECT_EQ(world.store().locks().held(), 0u);
}

TEST_F(table_locks, destroying_an_open_transaction_rolls_it_back) {
    {
        auto const one = world.begin();
        world.put(*one, "a", "2");
    }
    EXPECT_EQ(world.store().locks().held(), 0u);
    EXPECT_EQ(world.store().tables().bytes(), 0u);
    EXPECT_EQ(world.peek("a"), "1");
}

TEST_F(table_locks, keys_under_an_id_of_its_own_take_none) {
    auto const maker = world.begin();
    auto const other = world.begin();
    maker->adopt(people);
    ASSERT_FALSE(world.insert(*maker, "new", "1", {name_entry("ann")}));
    EXPECT_TRUE(world.insert(*maker, "new", "2")) << "its own rows are taken all the same";
    EXPECT_TRUE(world.insert(*maker, "newer", "2", {name_entry("ann")}));
    EXPECT_TRUE(lock(*other, "new", update, lock_wait::nowait).has_value());
    // The index was not adopted.
    auto waiting = world.start(other->insert(people, "third", "row", {name_entry("ann")}));
    ASSERT_TRUE(world.waits(waiting));
    maker->roll_back();
    EXPECT_FALSE(world.end(waiting).value());
}

TEST_F(table_locks, whoever_changes_a_table_waits_for_its_writers) {
    auto const writer = world.begin();
    auto const other = world.begin();
    auto const dropper = world.begin();
    world.run(writer->hold_table(people, share)).value();
    world.run(other->hold_table(people, share)).value();
    auto dropping = world.start(dropper->drop(people, {people, by_name}));
    ASSERT_TRUE(world.waits(dropping));
    world.commit(*writer);
    other->roll_back();
    EXPECT_TRUE(world.end(dropping).has_value());
    auto const late = world.begin();
    auto waiting = world.start(late->hold_table(people, share));
    ASSERT_TRUE(world.waits(waiting));
    world.commit(*dropper);
    EXPECT_EQ(world.end(waiting).error().code, error::not_found);
}

TEST_F(table_locks, without_a_statement_or_after_the_end_nothing_goes) {
    table_transaction one(world.store(), isolation::read_committed);
    EXPECT_EQ(world.run(one.get(people, "a")).error().code, error::invalid_argument);
    one.begin_statement();
    world.commit(one);
    EXPECT_EQ(world.run(one.get(people, "a")).error().code, error::closed);
    EXPECT_EQ(world.run(one.commit({})).error().code, error::closed);
}

}  // namespace
}  // namespace sluice::test
