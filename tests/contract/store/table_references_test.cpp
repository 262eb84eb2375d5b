// Keys that rows of other tables refer to: who waits for whom, and what a check sees.
#include "tests/contract/store/table_world.hpp"

namespace sluice::test {
namespace {

class table_references : public testing::Test {
protected:
    table_references() {
        world.set("a", "1");
        world.set("b", "1");
    }
    static store::reference_target row(std::string key) { return {people, false, std::move(key)}; }
    std::optional<bool> refer(table_transaction& in, std::string key,
                              lock_wait wait = lock_wait::wait) {
        return world.run(in.refer_to(row(std::move(key)), wait)).value();
    }
    auto referring(table_transaction& in, std::string key) {
        return world.start(in.refer_to(row(std::move(key)), lock_wait::wait));
    }
    auto holding(table_transaction& in, std::string key) {
        return world.start(in.hold_reference(row(std::move(key)), row_lock_mode::update));
    }
    void remove(table_transaction& in, std::string key) {
        world.run(in.hold_reference(row(key), row_lock_mode::update)).value();
        world.erase(in, std::move(key));
    }

    table_world world;
};

TEST_F(table_references, a_key_is_there_or_not) {
    auto const one = world.begin();
    EXPECT_EQ(refer(*one, "a"), true);
    EXPECT_EQ(refer(*one, "z"), false);
    ASSERT_FALSE(world.insert(*one, "z", "new"));
    EXPECT_EQ(refer(*one, "z"), true);
    remove(*one, "a");
    EXPECT_EQ(refer(*one, "a"), false);
}

TEST_F(table_references, changes_beside_the_key_and_references_do_not_wait_for_each_other) {
    auto const writer = world.begin();
    world.put(*writer, "a", "2");
    auto const first = world.begin();
    auto const second = world.begin();
    EXPECT_EQ(refer(*first, "a"), true);
    EXPECT_EQ(refer(*second, "a"), true);
    auto const other = world.begin();
    world.put(*other, "b", "2");
    world.commit(*writer);
}

TEST_F(table_references, whoever_removes_a_key_waits_for_references_and_then_sees_their_rows) {
    auto const child = world.begin();
    EXPECT_EQ(refer(*child, "a"), true);
    ASSERT_FALSE(world.run(child->insert(orders, "1", "of a", {})).value());
    auto const parent = world.begin();
    auto waiting = holding(*parent, "a");
    ASSERT_TRUE(world.waits(waiting));
    world.commit(*child);
    EXPECT_TRUE(world.end(waiting).has_value());
    parent->begin_check();
    EXPECT_EQ(world.get(*parent, "1", orders), "of a");
    parent->end_check();
}

TEST_F(table_references, a_reference_waits_for_whoever_removes_the_key) {
    auto const gone = world.begin();
    remove(*gone, "a");
    auto const child = world.begin();
    EXPECT_EQ(refer(*child, "a", lock_wait::skip), std::nullopt);
    auto waiting = referring(*child, "a");
    ASSERT_TRUE(world.waits(waiting));
    world.commit(*gone);
    EXPECT_EQ(world.end(waiting).value(), false);

    auto const back = world.begin();
    remove(*back, "b");
    auto again = referring(*child, "b");
    ASSERT_TRUE(world.waits(again));
    back->roll_back();
    EXPECT_EQ(world.end(again).value(), true);
}

TEST_F(table_references, repeatable_read_refers_to_what_its_snapshot_has) {
    auto const child = world.begin(isolation::repeatable_read);
    world.set("new", "1");
    auto const other = world.begin();
    remove(*other, "a");
    world.commit(*other);
    EXPECT_EQ(refer(*child, "new"), false);
    EXPECT_EQ(refer(*child, "b"), true);
    auto const gone = world.run(child->refer_to(row("a"), lock_wait::wait));
    ASSERT_TRUE(gone.has_error());
    EXPECT_EQ(gone.error().code, error::conflict);
}

TEST_F(table_references, a_check_in_repeatable_read_sees_all_and_locks_only_what_did_not_change) {
    auto const one = world.begin(isolation::repeatable_read);
    EXPECT_EQ(world.get(*one, "new"), "(none)");
    world.set("new", "1");
    one->begin_check();
    EXPECT_EQ(world.get(*one, "new"), "1");
    auto const locked =
        world.run(one->lock_row(people, "new", row_lock_mode::update, lock_wait::wait));
    ASSERT_TRUE(locked.has_error());
    EXPECT_EQ(locked.error().code, error::conflict);
    EXPECT_TRUE(
        world.run(one->lock_row(people, "new", row_lock_mode::share, lock_wait::wait)).has_value());
    EXPECT_TRUE(
        world.run(one->lock_row(people, "a", row_lock_mode::update, lock_wait::wait)).has_value());
    one->end_check();
    one->begin_statement();
    EXPECT_EQ(world.get(*one, "new"), "(none)");
}

TEST_F(table_references, own_rows_are_the_newest_and_gone_after_a_rollback) {
    auto const one = world.begin();
    EXPECT_EQ(one->own_row(people, "a"), std::nullopt);
    world.put(*one, "a", "2");
    auto const mark = one->set_savepoint();
    world.put(*one, "a", "3");
    EXPECT_EQ(one->own_row(people, "a"), "3");
    world.erase(*one, "a");
    EXPECT_EQ(one->own_row(people, "a"), std::nullopt);
    one->roll_back_to(mark);
    EXPECT_EQ(one->own_row(people, "a"), "2");
}

}  // namespace
}  // namespace sluice::test
