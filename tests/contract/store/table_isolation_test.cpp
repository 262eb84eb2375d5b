// What transactions may see of each other: PostgreSQL's READ COMMITTED and REPEATABLE READ
// (documentation, chapter 13.2), by the names of the anomalies.
#include "tests/contract/store/table_world.hpp"

namespace sluice::test {
namespace {

class table_isolation : public testing::Test {
protected:
    table_isolation() {
        world.set("a", "1");
        world.set("b", "1");
    }
    result<store::locked_row> lock(table_transaction& in, std::string key,
                                   row_lock_mode mode = row_lock_mode::update) {
        return world.run(in.lock_row(people, std::move(key), mode, lock_wait::wait));
    }

    table_world world;
};

TEST_F(table_isolation, nobody_reads_what_is_not_committed) {
    auto const writer = world.begin();
    world.put(*writer, "a", "2");
    world.put(*writer, "c", "2");
    for (auto level : {isolation::read_committed, isolation::repeatable_read}) {
        auto const reader = world.begin(level);
        EXPECT_EQ(world.get(*reader, "a"), "1");
        EXPECT_EQ(world.scan(*reader), (table_world::rows{{"a", "1"}, {"b", "1"}}));
    }
    writer->roll_back();
    EXPECT_EQ(world.peek("a"), "1");
    EXPECT_EQ(world.peek("c"), "(none)");
}

TEST_F(table_isolation, a_statement_of_read_committed_sees_what_was_committed_before_it) {
    auto const reader = world.begin();
    EXPECT_EQ(world.get(*reader, "a"), "1");
    world.set("a", "2");
    EXPECT_EQ(world.get(*reader, "a"), "1") << "within the statement";
    reader->begin_statement();
    EXPECT_EQ(world.get(*reader, "a"), "2");
}

TEST_F(table_isolation, read_skew_is_possible_in_read_committed_only) {
    auto const committed = world.begin();
    auto const repeatable = world.begin(isolation::repeatable_read);
    EXPECT_EQ(world.get(*committed, "a"), "1");
    EXPECT_EQ(world.get(*repeatable, "a"), "1");
    auto const writer = world.begin();
    world.put(*writer, "a", "2");
    world.put(*writer, "b", "2");
    auto const at = world.commit(*writer);
    committed->begin_statement();
    repeatable->begin_statement();
    EXPECT_EQ(world.get(*committed, "b"), "2");
    EXPECT_EQ(world.get(*repeatable, "b"), "1");
    EXPECT_GE(committed->snapshot(), at);
    EXPECT_LT(repeatable->snapshot(), at);
}

TEST_F(table_isolation, phantoms_are_possible_in_read_committed_only) {
    auto const committed = world.begin();
    auto const repeatable = world.begin(isolation::repeatable_read);
    auto const open_cursor = committed->scan(people, {}, false).value();
    EXPECT_EQ(world.scan(*repeatable).size(), 2u);
    world.set("aa", "new");
    EXPECT_EQ(world.rest_of(*open_cursor).size(), 2u) << "a cursor is as of its statement";
    committed->begin_statement();
    repeatable->begin_statement();
    EXPECT_EQ(world.scan(*committed).size(), 3u);
    EXPECT_EQ(world.scan(*repeatable).size(), 2u);
}

TEST_F(table_isolation, an_update_is_not_lost_in_read_committed) {
    auto const first = world.begin();
    auto const second = world.begin();
    EXPECT_EQ(lock(*first, "a").value().state, row_state::unchanged);
    auto waiting =
        world.start(second->lock_row(people, "a", row_lock_mode::update, lock_wait::wait));
    ASSERT_TRUE(world.waits(waiting));
    EXPECT_FALSE(world.run(first->update(people, "a", "2", {}, {})).value());
    world.commit(*first);
    auto const found = world.end(waiting).value();
    EXPECT_EQ(found.state, row_state::changed);
    EXPECT_EQ(found.row, "2") << "the newest published row, though the statement sees the old one";
    EXPECT_EQ(world.get(*second, "a"), "1");
    EXPECT_FALSE(world.run(second->update(people, "a", found.row + "+1", {}, {})).value());
    world.commit(*second);
    EXPECT_EQ(world.peek("a"), "2+1");
}

TEST_F(table_isolation, a_lost_update_is_a_conflict_in_repeatable_read) {
    auto const second = world.begin(isolation::repeatable_read);
    EXPECT_EQ(world.get(*second, "a"), "1");
    auto const first = world.begin();
    world.put(*first, "a", "2");
    auto waiting =
        world.start(second->lock_row(people, "a", row_lock_mode::update, lock_wait::wait));
    ASSERT_TRUE(world.waits(waiting));
    world.commit(*first);
    EXPECT_EQ(world.end(waiting).error().code, error::conflict);
    EXPECT_NE(world.end(waiting).error().text, "deadlock");
}

TEST_F(table_isolation, a_waiter_goes_on_unharmed_when_the_first_rolls_back) {
    for (auto level : {isolation::read_committed, isolation::repeatable_read}) {
        auto const second = world.begin(level);
        auto const first = world.begin();
        world.put(*first, "a", "2");
        auto waiting =
            world.start(second->lock_row(people, "a", row_lock_mode::update, lock_wait::wait));
        ASSERT_TRUE(world.waits(waiting));
        first->roll_back();
        auto const found = world.end(waiting).value();
        EXPECT_EQ(found.state, row_state::unchanged);
        EXPECT_EQ(found.row, "1");
    }
}

TEST_F(table_isolation, a_row_that_was_deleted_meanwhile_is_gone) {
    auto const committed = world.begin();
    auto const repeatable = world.begin(isolation::repeatable_read);
    auto const eraser = world.begin();
    world.erase(*eraser, "a");
    world.commit(*eraser);
    EXPECT_EQ(world.get(*committed, "a"), "1");
    EXPECT_EQ(lock(*committed, "a").value().state, row_state::gone);
    committed->roll_back();
    EXPECT_EQ(lock(*repeatable, "a").error().code, error::conflict);
    EXPECT_EQ(lock(*repeatable, "never").value().state, row_state::gone);
}

TEST_F(table_isolation, a_shared_lock_finds_changes_too) {
    auto const committed = world.begin();
    auto const repeatable = world.begin(isolation::repeatable_read);
    world.set("a", "2");
    EXPECT_EQ(lock(*committed, "a", row_lock_mode::share).value().state, row_state::changed);
    EXPECT_EQ(lock(*repeatable, "a", row_lock_mode::share).error().code, error::conflict);
}

TEST_F(table_isolation, write_skew_is_allowed) {
    auto const first = world.begin(isolation::repeatable_read);
    auto const second = world.begin(isolation::repeatable_read);
    EXPECT_EQ(world.get(*first, "b"), "1");
    EXPECT_EQ(world.get(*second, "a"), "1");
    world.put(*first, "a", "0");
    world.put(*second, "b", "0");
    world.commit(*first);
    world.commit(*second);
    EXPECT_EQ(world.peek("a"), "0");
    EXPECT_EQ(world.peek("b"), "0");
}

TEST_F(table_isolation, own_writes_are_seen_by_later_statements) {
    auto const one = world.begin(isolation::repeatable_read);
    world.put(*one, "a", "mine");
    world.put(*one, "c", "new");
    world.erase(*one, "b");
    EXPECT_EQ(world.get(*one, "a"), "1") << "the statement's own writes are behind it";
    EXPECT_EQ(lock(*one, "a").value().row, "mine") << "locking shows the newest";
    EXPECT_TRUE(lock(*one, "a").value().by_this_statement);
    EXPECT_EQ(lock(*one, "b").value().state, row_state::gone);
    one->begin_statement();
    EXPECT_EQ(world.get(*one, "a"), "mine");
    EXPECT_EQ(world.get(*one, "b"), "(none)");
    EXPECT_FALSE(lock(*one, "a").value().by_this_statement);
    EXPECT_EQ(world.scan(*one), (table_world::rows{{"a", "mine"}, {"c", "new"}}));
    EXPECT_EQ(world.scan(*one, people, {}, true), (table_world::rows{{"c", "new"}, {"a", "mine"}}));
}

TEST_F(table_isolation, a_statement_never_meets_its_own_writes) {
    for (int i = 0; i < 20; ++i) world.set("k" + std::to_string(100 + i), "0");
    auto const one = world.begin();
    auto const cursor = one->scan(people, {"k", ""}, false).value();
    int seen = 0;
    for (;;) {
        auto const some = cursor->next(2, blocking_token::for_this_thread()).value();
        if (some.empty()) break;
        for (auto const& row : some) {
            ++seen;
            // Moves the row behind the cursor.
            world.erase(*one, row.key);
            EXPECT_FALSE(world.insert(*one, "z" + row.key, row.row + "+"));
        }
    }
    EXPECT_EQ(seen, 20);
    world.commit(*one);
    auto const after = world.begin();
    EXPECT_EQ(world.scan(*after, people, {"k", "z"}).size(), 0u);
    EXPECT_EQ(world.scan(*after, people, {"z", ""}).size(), 20u);
}

TEST_F(table_isolation, rows_say_which_commit_wrote_them) {
    auto const writer = world.begin();
    world.put(*writer, "a", "2");
    auto const at = world.commit(*writer);
    auto const reader = world.begin();
    EXPECT_EQ(world.run(reader->get(people, "a")).value()->changed, at);
    world.put(*reader, "a", "3");
    reader->begin_statement();
    EXPECT_EQ(world.run(reader->get(people, "a")).value()->changed, lsn{});
}

}  // namespace
}  // namespace sluice::test
