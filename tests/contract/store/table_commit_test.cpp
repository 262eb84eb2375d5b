// What a commit carries: all of it or nothing, small or large, with records, counters and dropped
// tables, on the simulated store and on a folder.
#include "backend/store/audit_log.hpp"
#include "backend/store/record_verbs.hpp"
#include "tests/contract/store/table_world.hpp"

namespace sluice::test {
namespace {

world_options options_for(world_kind kind) {
    world_options options;
    options.kind = kind;
    options.limits.transaction_bytes = 6 * mebibyte;
    return options;
}

class table_commit : public testing::TestWithParam<world_kind> {
protected:
    table_world world{options_for(GetParam())};

    store::record_change change(std::string id, std::optional<std::string> value,
                                store::record_change::expectation expected = {}) {
        store::record_change wanted;
        wanted.name = {"sql", std::move(id)};
        wanted.value = std::move(value);
        wanted.expected = expected;
        return wanted;
    }
    result<void> change_record(table_transaction& in, store::record_change wanted) {
        std::vector<store::record_change> all;
        all.push_back(std::move(wanted));
        return world.run(in.change_records(std::move(all)));
    }
    std::string record(std::string id) {
        auto const found = world.run(store::get_record(world.store(), {"sql", std::move(id)}));
        return found.value() ? found.value()->value : "(none)";
    }
    using expect = store::record_change::expectation;
};

TEST_P(table_commit, is_one_over_tables_and_indexes_and_survives) {
    auto const one = world.begin();
    ASSERT_FALSE(world.insert(*one, "1", "ann", {name_entry("ann"), age_entry("40", "1")}));
    ASSERT_FALSE(world.run(one->insert(orders, "o1", "of ann", {})).value());
    std::vector<std::string> audit{"wrote people", "wrote orders"};
    auto const at = world.run(one->commit(std::move(audit))).value();
    world.reopen();
    auto const after = world.begin();
    EXPECT_GE(after->snapshot(), at);
    EXPECT_EQ(world.get(*after, "1"), "ann");
    EXPECT_EQ(world.get(*after, "o1", orders), "of ann");
    EXPECT_EQ(world.hits(*after, by_name), (table_world::rows{{"ann", "1"}}));
    EXPECT_EQ(world.hits(*after, by_age), (table_world::rows{{"40/1", "1"}}));
    auto const page = world.run(store::read_audit(world.store(), {})).value();
    ASSERT_EQ(page.records.size(), 2u);
    EXPECT_EQ(page.records[1].value, "wrote orders");
}

TEST_P(table_commit, of_nothing_is_none) {
    auto const before = world.store().journal().durable();
    auto const one = world.begin();
    EXPECT_FALSE(one->wrote());
    world.commit(*one);
    EXPECT_EQ(world.store().journal().durable(), before);
}

TEST_P(table_commit, larger_than_a_frame_is_still_one) {
    auto const one = world.begin();
    std::string const bytes = pattern(10'000);
    for (int i = 0; i < 400; ++i) {
        auto const key = std::to_string(1000 + i);
        ASSERT_FALSE(world.insert(*one, key, bytes + key, {name_entry("n" + key)}));
    }
    auto const watcher = world.begin();
    EXPECT_EQ(world.scan(*watcher).size(), 0u);
    watcher->roll_back();
    auto const at = world.commit(*one);
    EXPECT_GE(world.store().journal().statistics().chunks, 4u);
    auto const check = [&] {
        auto const after = world.begin();
        auto const rows = world.scan(*after, people, {}, false, 50);
        ASSERT_EQ(rows.size(), 400u);
        for (auto const& [key, row] : rows) ASSERT_EQ(row, bytes + key);
        EXPECT_EQ(world.hits(*after, by_name).size(), 400u);
        EXPECT_EQ(world.run(after->get(people, "1000")).value()->changed, at);
    };
    check();
    world.reopen();
    check();
    auto const eraser = world.begin();
    for (int i = 0; i < 400; ++i)
        world.erase(*eraser, std::to_string(1000 + i),
                    {name_entry("n" + std::to_string(1000 + i))});
    world.commit(*eraser);
    world.reopen();
    auto const last = world.begin();
    EXPECT_EQ(world.scan(*last).size(), 0u);
    EXPECT_EQ(world.hits(*last, by_name).size(), 0u);
}

TEST_P(table_commit, too_much_can_only_be_rolled_back) {
    auto const one = world.begin();
    std::string const bytes(500'000, 'x');
    std::optional<failure> refused;
    for (int i = 0; i < 20 && !refused; ++i) {
        auto const done = world.run(one->insert(people, std::to_string(i), bytes, {}));
        if (done.has_error()) refused = done.error();
    }
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, error::too_large);
    EXPECT_EQ(world.run(one->get(people, "0")).error().code, error::too_large);
    EXPECT_EQ(world.run(one->commit({})).error().code, error::too_large);
    EXPECT_EQ(world.store().tables().bytes(), 0u);
    auto const after = world.begin();
    EXPECT_EQ(world.scan(*after).size(), 0u);
}

TEST_P(table_commit, a_row_or_key_too_large_harms_only_itself) {
    auto const one = world.begin();
    std::string const row(world.store().limits().row_bytes + 1, 'x');
    EXPECT_EQ(world.run(one->insert(people, "1", row, {})).error().code, error::too_large);
    std::string const key(world.store().limits().row_key_bytes + 1, 'x');
    EXPECT_EQ(world.run(one->insert(people, key, "row", {})).error().code, error::too_large);
    std::vector<store::index_entry> entries{name_entry(key)};
    EXPECT_EQ(world.run(one->insert(people, "1", "row", std::move(entries))).error().code,
              error::too_large);
    std::string const largest(world.store().limits().row_bytes, 'y');
    ASSERT_FALSE(world.insert(*one, "1", largest));
    ASSERT_FALSE(world.insert(*one, "2", largest));
    world.commit(*one);
    EXPECT_EQ(world.peek("2"), largest);
}

TEST_P(table_commit, a_savepoint_takes_back_what_came_after) {
    auto const one = world.begin();
    ASSERT_FALSE(world.insert(*one, "1", "first", {name_entry("ann")}));
    ASSERT_TRUE(change_record(*one, change("t", "before")).has_value());
    auto const here = one->set_savepoint();
    auto const bytes = world.store().tables().bytes();
    EXPECT_FALSE(world.run(one->update(people, "1", "second", {name_entry("ann")},
                                       {name_entry("bob")}))
                     .value());
    ASSERT_FALSE(world.insert(*one, "2", "row"));
    ASSERT_TRUE(change_record(*one, change("t", "after")).has_value());
    ASSERT_TRUE(change_record(*one, change("u", "new", expect::absent)).has_value());
    one->roll_back_to(here);
    EXPECT_EQ(world.store().tables().bytes(), bytes);
    EXPECT_EQ(world.run(one->record({"sql", "t"})).value()->value, "before");
    EXPECT_FALSE(world.run(one->record({"sql", "u"})).value());
    ASSERT_FALSE(world.insert(*one, "3", "row", {name_entry("bob")}));
    one->roll_back_to(here);
    one->roll_back_to(here);
    ASSERT_FALSE(world.insert(*one, "4", "row"));
    world.commit(*one);
    auto const after = world.begin();
    EXPECT_EQ(world.scan(*after), (table_world::rows{{"1", "first"}, {"4", "row"}}));
    EXPECT_EQ(world.hits(*after, by_name), (table_world::rows{{"ann", "1"}}));
    EXPECT_EQ(record("t"), "before");
    EXPECT_EQ(record("u"), "(none)");
}

TEST_P(table_commit, records_change_with_the_rows_if_expectations_hold) {
    auto const first = world.begin();
    ASSERT_TRUE(change_record(*first, change("t", "1", expect::absent)).has_value());
    EXPECT_EQ(world.run(first->record({"sql", "t"})).value()->value, "1");
    EXPECT_EQ(record("t"), "(none)");
    ASSERT_FALSE(world.insert(*first, "1", "row"));
    auto const second = world.begin();
    ASSERT_TRUE(change_record(*second, change("t", "2", expect::absent)).has_value());
    ASSERT_FALSE(world.insert(*second, "2", "row"));
    world.commit(*first);
    EXPECT_EQ(world.run(second->commit({})).error().code, error::precondition_failed);
    EXPECT_EQ(record("t"), "1");
    EXPECT_EQ(world.peek("2"), "(none)");
    EXPECT_EQ(world.store().locks().held(), 0u);

    auto const third = world.begin();
    auto const seen = world.run(third->record({"sql", "t"})).value();
    auto wanted = change("t", "3", expect::unchanged);
    wanted.unchanged_since = seen->changed;
    ASSERT_TRUE(change_record(*third, wanted).has_value());
    ASSERT_TRUE(change_record(*third, change("t", "4", expect::present)).has_value());
    EXPECT_EQ(change_record(*third, change("t", "5", expect::absent)).error().code,
              error::precondition_failed);
    world.commit(*third);
    EXPECT_EQ(record("t"), "4");
    auto const fourth = world.begin();
    ASSERT_TRUE(change_record(*fourth, wanted).has_value());
    EXPECT_EQ(world.run(fourth->commit({})).error().code, error::precondition_failed);
}

TEST_P(table_commit, counters_never_go_back) {
    auto& sequences = world.store().tables().sequences();
    EXPECT_EQ(world.run(sequences.advance("s", 1)).value(), 1);
    EXPECT_EQ(world.run(sequences.advance("s", 10)).value(), 2);
    EXPECT_EQ(world.run(sequences.advance("s", 1)).value(), 12);
    EXPECT_EQ(world.run(sequences.advance("other", 5000)).value(), 1);
    EXPECT_EQ(world.run(sequences.advance("s", 0)).error().code, error::invalid_argument);
    world.reopen();
    auto& again = world.store().tables().sequences();
    auto const next = world.run(again.advance("s", 1)).value();
    EXPECT_GT(next, 12);
    EXPECT_LE(next, 12 + 4096);
    EXPECT_GE(world.run(again.advance("other", 1)).value(), 5001);
    EXPECT_EQ(world.run(again.advance("s", std::numeric_limits<std::int64_t>::max())).error().code,
              error::out_of_range);
    EXPECT_GT(world.run(again.advance("s", 1)).value(), next);
}

task<result<std::int64_t>> take_number(table_world& world, std::int64_t count) {
    co_return co_await world.store().tables().sequences().advance("crowd", count);
}

TEST_P(table_commit, counters_serve_a_crowd_without_a_number_twice) {
    std::vector<task<result<std::int64_t>>> takers;
    for (int i = 0; i < 500; ++i) takers.push_back(take_number(world, 1 + i % 7));
    std::set<std::int64_t> numbers;
    std::size_t given = 0;
    auto outcomes = world.run_all(std::move(takers));
    for (int i = 0; i < 500; ++i) {
        for (int one = 0; one <= i % 7; ++one) numbers.insert(outcomes[i].value() + one);
        given += 1 + i % 7;
    }
    EXPECT_EQ(numbers.size(), given);
}

TEST_P(table_commit, a_dropped_table_is_erased_over_restarts) {
    auto const filler = world.begin();
    for (int i = 0; i < 9000; ++i) {
        auto const key = std::to_string(10000 + i);
        ASSERT_FALSE(world.insert(*filler, key, "row", {name_entry(key)}));
    }
    ASSERT_FALSE(world.run(filler->insert(orders, "o1", "stays", {})).value());
    world.commit(*filler);
    auto const given_up = world.begin();
    world.run(given_up->drop(people, {people, by_name})).value();
    given_up->begin_statement();
    EXPECT_EQ(world.scan(*given_up).size(), 0u);
    EXPECT_EQ(world.hits(*given_up, by_name).size(), 0u);
    EXPECT_EQ(world.run(given_up->insert(people, "1", "row", {})).error().code,
              error::invalid_argument);
    given_up->roll_back();

    auto const reader = world.begin(isolation::repeatable_read);
    auto const dropper = world.begin();
    ASSERT_TRUE(change_record(*dropper, change("people", std::nullopt)).has_value());
    world.run(dropper->drop(people, {people, by_name})).value();
    world.commit(*dropper);
    EXPECT_EQ(world.scan(*reader, people, {}, false, 1000).size(), 9000u) << "in its snapshot";
    reader->roll_back();
    world.reopen();
    auto const token = blocking_token::for_this_thread();
    EXPECT_EQ(world.store().tables().eraser().run_once(token).value(), 2u);
    EXPECT_EQ(world.store().tables().eraser().run_once(token).value(), 0u);
    auto const after = world.begin();
    EXPECT_EQ(world.scan(*after).size(), 0u);
    EXPECT_EQ(world.hits(*after, by_name).size(), 0u);
    EXPECT_EQ(world.get(*after, "o1", orders), "stays");
}

TEST_P(table_commit, parts_of_others_join_and_are_taken_back) {
    int asked = 0;
    auto const part = [&asked](store::engine&, store::change& work) -> task<result<void>> {
        ++asked;
        work.mutations().put(kv::family::meta, kv::key_space::setting("part"), "here");
        co_return success();
    };
    auto const one = world.begin();
    auto const here = one->set_savepoint();
    one->attach(part);
    one->roll_back_to(here);
    EXPECT_FALSE(one->wrote());
    one->attach(part);
    EXPECT_TRUE(one->wrote());
    world.commit(*one);
    EXPECT_EQ(asked, 1);
    auto const failing = [](store::engine&, store::change&) -> task<result<void>> {
        co_return error::no_space;
    };
    auto const two = world.begin();
    world.put(*two, "1", "row");
    two->attach(failing);
    EXPECT_EQ(world.run(two->commit({})).error().code, error::no_space);
    EXPECT_EQ(world.peek("1"), "(none)");
}

INSTANTIATE_TEST_SUITE_P(stores, table_commit,
                         testing::Values(world_kind::simulated, world_kind::folder),
                         [](auto const& kind) {
                             return kind.param == world_kind::simulated ? "simulated" : "folder";
                         });

}  // namespace
}  // namespace sluice::test
