// Unique keys: one owner of a value at any moment, whoever inserts, deletes, commits or rolls back
// around it.
#include "tests/contract/store/table_world.hpp"

namespace sluice::test {
namespace {

class table_unique : public testing::Test {
protected:
    auto inserting(table_transaction& in, std::string key, std::string name) {
        std::vector<store::index_entry> entries{name_entry(std::move(name))};
        return world.start(in.insert(people, std::move(key), "row", std::move(entries)));
    }
    table_transaction::taken insert(table_transaction& in, std::string key, std::string name) {
        return world.insert(in, std::move(key), "row", {name_entry(std::move(name))});
    }
    void commit_one(std::string key, std::string name) {
        auto const one = world.begin();
        ASSERT_FALSE(insert(*one, std::move(key), std::move(name)));
        world.commit(*one);
    }

    table_world world;
};

TEST_F(table_unique, a_key_that_is_there_is_taken) {
    commit_one("1", "ann");
    auto const one = world.begin();
    EXPECT_EQ(insert(*one, "1", "bob"), dataset_id{}) << "the primary key";
    EXPECT_EQ(insert(*one, "2", "ann"), by_name);
    EXPECT_FALSE(one->wrote()) << "what was refused left nothing";
    EXPECT_FALSE(insert(*one, "3", "cid"));
    EXPECT_EQ(insert(*one, "3", "dan"), dataset_id{}) << "own ones count";
    EXPECT_EQ(insert(*one, "4", "cid"), by_name);
    world.commit(*one);
    auto const after = world.begin();
    EXPECT_EQ(world.hits(*after, by_name), (table_world::rows{{"ann", "1"}, {"cid", "3"}}));
}

TEST_F(table_unique, the_second_waits_for_the_first_and_loses) {
    auto const first = world.begin();
    auto const second = world.begin();
    ASSERT_FALSE(insert(*first, "1", "ann"));
    auto waiting = inserting(*second, "2", "ann");
    ASSERT_TRUE(world.waits(waiting));
    world.commit(*first);
    EXPECT_EQ(world.end(waiting).value(), by_name);
}

TEST_F(table_unique, the_second_wins_when_the_first_rolls_back) {
    auto const first = world.begin();
    auto const second = world.begin();
    ASSERT_FALSE(insert(*first, "1", "ann"));
    auto waiting = inserting(*second, "2", "ann");
    ASSERT_TRUE(world.waits(waiting));
    first->roll_back();
    EXPECT_FALSE(world.end(waiting).value());
    world.commit(*second);
    auto const after = world.begin();
    EXPECT_EQ(world.hits(*after, by_name), (table_world::rows{{"ann", "2"}}));
}

TEST_F(table_unique, a_value_deleted_by_an_open_transaction_is_waited_for) {
    for (bool commits : {false, true}) {
        SCOPED_TRACE(commits);
        auto const key = commits ? "1" : "2";
        auto const name = commits ? "ann" : "bob";
        commit_one(key, name);
        auto const first = world.begin();
        auto const second = world.begin();
        world.erase(*first, key, {name_entry(name)});
        auto waiting = inserting(*second, std::string("9") + key, name);
        ASSERT_TRUE(world.waits(waiting));
        if (commits) world.commit(*first);
        else first->roll_back();
        auto const taken = world.end(waiting).value();
        EXPECT_EQ(taken.has_value(), !commits);
        world.commit(*second);
    }
    auto const after = world.begin();
    EXPECT_EQ(world.hits(*after, by_name), (table_world::rows{{"ann", "91"}, {"bob", "2"}}));
}

TEST_F(table_unique, the_same_row_key_is_waited_for_too) {
    commit_one("1", "ann");
    auto const first = world.begin();
    auto const second = world.begin();
    world.erase(*first, "1", {name_entry("ann")});
    auto waiting = inserting(*second, "1", "bob");
    ASSERT_TRUE(world.waits(waiting));
    world.commit(*first);
    EXPECT_FALSE(world.end(waiting).value());
}

TEST_F(table_unique, an_update_moves_entries) {
    commit_one("1", "ann");
    commit_one("2", "bob");
    auto const one = world.begin();
    auto const to_bob =
        world.run(one->update(people, "1", "x", {name_entry("ann")}, {name_entry("bob")})).value();
    EXPECT_EQ(to_bob, by_name);
    EXPECT_FALSE(
        world.run(one->update(people, "1", "x", {name_entry("ann")}, {name_entry("cid")})).value());
    EXPECT_FALSE(
        world.run(one->update(people, "2", "y", {name_entry("bob")}, {name_entry("ann")})).value());
    world.commit(*one);
    auto const after = world.begin();
    EXPECT_EQ(world.hits(*after, by_name), (table_world::rows{{"ann", "2"}, {"cid", "1"}}));
    EXPECT_EQ(world.scan(*after), (table_world::rows{{"1", "x"}, {"2", "y"}}));
}

TEST_F(table_unique, what_was_written_and_erased_again_leaves_no_trace) {
    auto const one = world.begin();
    ASSERT_FALSE(insert(*one, "1", "ann"));
    one->begin_statement();
    world.erase(*one, "1", {name_entry("ann")});
    EXPECT_FALSE(insert(*one, "2", "ann")) << "free again for ourselves";
    world.commit(*one);
    auto const after = world.begin();
    EXPECT_EQ(world.scan(*after).size(), 1u);
    EXPECT_EQ(world.hits(*after, by_name), (table_world::rows{{"ann", "2"}}));
}

TEST_F(table_unique, entries_that_are_not_unique_are_many) {
    auto const one = world.begin();
    for (std::string key : {"1", "2", "3"})
        ASSERT_FALSE(world.insert(*one, key, "row", {age_entry("40", key)}));
    one->begin_statement();
    EXPECT_EQ(world.hits(*one, by_age, {"40/", "40/~"}).size(), 3u);
    world.commit(*one);
    auto const after = world.begin();
    EXPECT_EQ(world.hits(*after, by_age, {"40/2", ""}),
              (table_world::rows{{"40/2", "2"}, {"40/3", "3"}}));
    EXPECT_EQ(world.run(after->find_in_index(people, by_age, {}, 2)).value().size(), 2u);
}

task<result<bool>> race_for(table_world& world, int number) {
    auto const mine = std::make_unique<table_transaction>(world.store(), isolation::read_committed);
    mine->begin_statement();
    std::vector<store::index_entry> entries{name_entry("prize")};
    auto const taken =
        co_await mine->insert(people, std::to_string(number), "row", std::move(entries));
    if (taken.has_error()) co_return taken.error();
    if (*taken || number % 3 == 0) co_return false;   // every third one gives up what it won
    store::audit_records none;
    auto const committed = co_await mine->commit(std::move(none));
    if (committed.has_error()) co_return committed.error();
    co_return true;
}

TEST_F(table_unique, of_many_racers_one_wins) {
    std::vector<task<result<bool>>> racers;
    for (int i = 0; i < 60; ++i) racers.push_back(race_for(world, i));
    int won = 0;
    for (auto& outcome : world.run_all(std::move(racers))) won += outcome.value() ? 1 : 0;
    EXPECT_EQ(won, 1);
    auto const after = world.begin();
    EXPECT_EQ(world.hits(*after, by_name).size(), 1u);
    EXPECT_EQ(world.scan(*after).size(), 1u);
    EXPECT_EQ(world.store().locks().held(), 0u);
}

TEST_F(table_unique, a_new_index_is_filled_under_the_table_lock) {
    world.set("1", "ann");
    world.set("2", "ann");
    auto const one = world.begin();
    EXPECT_FALSE(world.run(one->add_entries(people, "1", {name_entry("ann")})).value());
    EXPECT_EQ(world.run(one->add_entries(people, "2", {name_entry("ann")})).value(), by_name);
    world.commit(*one);
    auto const after = world.begin();
    EXPECT_EQ(world.hits(*after, by_name), (table_world::rows{{"ann", "1"}}));
}

}  // namespace
}  // namespace sluice::test
