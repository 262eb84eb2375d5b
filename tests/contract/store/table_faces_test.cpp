// Topics and objects in a transaction over tables: records appended with its commit, all or nothing,
// and both seen as of a statement's snapshot; on the simulated store and on a folder.
#include <gtest/gtest.h>

#include "backend/store/statement_reader.hpp"
#include "backend/store/table_transaction.hpp"
#include "tests/contract/store/log_world.hpp"

namespace sluice::test {
namespace {

using store::isolation;
using store::table_transaction;

constexpr dataset_id people{2001};

world_options options_for(world_kind kind) {
    world_options options;
    options.kind = kind;
    return options;
}

class table_faces : public testing::TestWithParam<world_kind> {
protected:
    log_world world{options_for(GetParam())};

    void SetUp() override {
        world.make_topic("events", 2);
        world.make_bucket("b");
    }

    std::unique_ptr<table_transaction> begin(isolation level = isolation::read_committed) {
        auto made = std::make_unique<table_transaction>(world.store(), level);
        made->begin_statement();
        return made;
    }
    void insert(table_transaction& in, std::string key) {
        auto row = "row " + key;
        ASSERT_FALSE(world.run(in.insert(people, std::move(key), std::move(row), {})).value());
    }
    result<void> append(table_transaction& in, char letter, int count = 1, int partition = 0) {
        batch_maker const maker;
        return in.append(world.topic("events"), partition_index{partition},
                         maker.make(count, letter));
    }
    result<lsn> commit(table_transaction& in, store::audit_records audit = {}) {
        return world.run(in.commit(std::move(audit)));
    }
    std::string row(std::string key) {
        auto const one = begin();
        auto const found = world.run(one->get(people, std::move(key))).value();
        return found ? found->row : "(none)";
    }
    std::int64_t end_of(table_transaction& seen, int partition = 0) {
        auto const reader = seen.faces().value();
        auto const ends = world.run(reader.log_ends(world.topic("events"))).value();
        return to_underlying(ends[static_cast<std::size_t>(partition)].end);
    }
    std::string listed(store::statement_reader const& seen) {
        store::list_objects_request request;
        request.bucket = "b";
        std::string out;
        auto const page = world.run(seen.list_objects(std::move(request))).value();
        for (auto const& each : page.objects)
            out += each.key + ":" + std::to_string(each.size) + " ";
        return out;
    }
    result<std::string> content(store::statement_reader const& seen, std::string key) {
        auto const opened = world.run(seen.open_object({"b", std::move(key)}));
        if (opened.has_error()) return opened.error();
        auto reader = world.run(opened->read()).value();
        std::string out;
        while (reader.remaining() > 0) out += world.run(reader.next()).value().bytes();
        return out;
    }
};

TEST_P(table_faces, rows_and_records_of_one_commit_are_there_together) {
    auto const one = begin();
    insert(*one, "1");
    ASSERT_TRUE(append(*one, 'a', 2));
    ASSERT_TRUE(append(*one, 'b', 1, 1));
    ASSERT_TRUE(append(*one, 'c'));
    EXPECT_TRUE(one->appends_to(world.topic("events")->id()));
    EXPECT_EQ(world.letters("events"), "");
    EXPECT_EQ(row("1"), "(none)");
    std::vector<std::string> audit{"wrote"};
    ASSERT_TRUE(commit(*one, std::move(audit)));
    EXPECT_EQ(world.letters("events"), "aac");
    EXPECT_EQ(world.letters("events", 0, 1), "b");
    EXPECT_EQ(world.append("events", batch_maker{}.make(1, 'd')).value().base, log_offset{3});
    world.reopen();
    EXPECT_EQ(world.letters("events"), "aacd");
    EXPECT_EQ(world.letters("events", 0, 1), "b");
    EXPECT_EQ(row("1"), "row 1");
}

TEST_P(table_faces, what_is_rolled_back_leaves_no_record) {
    auto const one = begin();
    insert(*one, "1");
    ASSERT_TRUE(append(*one, 'a'));
    one->roll_back();
    auto const two = begin();
    ASSERT_TRUE(append(*two, 'b'));
    auto const here = two->set_savepoint();
    ASSERT_TRUE(append(*two, 'c', 5));
    ASSERT_TRUE(append(*two, 'c', 5, 1));
    two->roll_back_to(here);
    ASSERT_TRUE(append(*two, 'd'));
    ASSERT_TRUE(commit(*two));
    auto const three = begin();
    auto const first = three->set_savepoint();
    ASSERT_TRUE(append(*three, 'e'));
    three->roll_back_to(first);
    EXPECT_FALSE(three->wrote());
    EXPECT_FALSE(three->appends_to(world.topic("events")->id()));
    ASSERT_TRUE(commit(*three));
    EXPECT_EQ(world.letters("events"), "bd");
    EXPECT_EQ(world.letters("events", 0, 1), "");
    world.reopen();
    EXPECT_EQ(world.letters("events"), "bd");
}

TEST_P(table_faces, records_ride_with_more_rows_than_a_frame_takes) {
    auto const one = begin();
    std::string const bytes(10'000, 'x');
    for (int i = 0; i < 200; ++i) {
        auto const key = std::to_string(1000 + i);
        ASSERT_FALSE(world.run(one->insert(people, key, bytes, {})).value());
    }
    batch_maker maker;
    maker.value_bytes = 900'000;
    for (char const letter : {'a', 'b', 'c'})
        ASSERT_TRUE(one->append(world.topic("events"), partition_index{0}, maker.make(1, letter)));
    auto const more =
        one->append(world.topic("events"), partition_index{1}, maker.make(1, 'd'));
    EXPECT_EQ(more.error().code, error::too_large);
    ASSERT_TRUE(commit(*one));
    EXPECT_GE(world.store().journal().statistics().chunks, 2u);
    world.reopen();
    EXPECT_EQ(world.letters("events"), "abc");
    EXPECT_EQ(row("1199"), bytes);
}

TEST_P(table_faces, a_topic_that_is_gone_takes_the_rows_with_it) {
    auto const one = begin();
    insert(*one, "1");
    ASSERT_TRUE(append(*one, 'a'));
    store::drop_topic_request drop;
    drop.name = "events";
    ASSERT_TRUE(world.run(store::drop_topic(world.store(), std::move(drop))));
    EXPECT_EQ(commit(*one).error().code, error::not_found);
    EXPECT_EQ(row("1"), "(none)");
}

TEST_P(table_faces, logs_of_the_system_and_producers_are_refused) {
    auto const one = begin();
    batch_maker maker;
    EXPECT_EQ(one->append(world.topic("__audit"), partition_index{0}, maker.make(1)).error().code,
              error::permission_denied);
    EXPECT_EQ(one->append(world.topic("events"), partition_index{9}, maker.make(1)).error().code,
              error::not_found);
    maker.producer = 7;
    maker.epoch = 0;
    maker.sequence = 0;
    EXPECT_EQ(one->append(world.topic("events"), partition_index{0}, maker.make(1)).error().code,
              error::invalid_argument);
    EXPECT_FALSE(one->wrote());
}

TEST_P(table_faces, ends_are_those_of_the_snapshot) {
    ASSERT_TRUE(world.append("events", batch_maker{}.make(3, 'a')));
    auto const kept = begin(isolation::repeatable_read);
    auto const fresh = begin();
    EXPECT_EQ(end_of(*kept), 3);
    auto const one = begin();
    insert(*one, "1");
    ASSERT_TRUE(append(*one, 'b'));
    ASSERT_TRUE(commit(*one));
    kept->begin_statement();
    EXPECT_EQ(end_of(*kept), 3);
    EXPECT_FALSE(world.run(kept->get(people, "1")).value());
    EXPECT_EQ(end_of(*fresh), 3);
    fresh->begin_statement();
    EXPECT_EQ(end_of(*fresh), 4);
    EXPECT_TRUE(world.run(fresh->get(people, "1")).value());
    // What retention takes is gone for old snapshots too.
    ASSERT_TRUE(world.erase_before("events", 4));
    auto const reader = kept->faces().value();
    auto const ends = world.run(reader.log_ends(world.topic("events"))).value();
    EXPECT_EQ(ends[0].start, log_offset{4});
    EXPECT_EQ(ends[0].end, log_offset{4});
}

TEST_P(table_faces, objects_are_those_of_the_snapshot) {
    world.put("a", "one");
    world.put("gone", std::string(100'000, 'g'));
    auto const one = begin();
    auto const seen = one->faces().value();
    world.put("a", "another");
    world.put("b", "later");
    store::delete_object_request removal;
    removal.bucket = "b";
    removal.key = "gone";
    ASSERT_TRUE(world.run(store::delete_object(world.store(), std::move(removal))).value());
    EXPECT_EQ(listed(seen), "a:3 gone:100000 ");
    EXPECT_EQ(content(seen, "a").value(), "one");
    EXPECT_EQ(content(seen, "gone").value(), std::string(100'000, 'g'));
    EXPECT_EQ(content(seen, "b").error().code, error::not_found);
    one->begin_statement();
    EXPECT_EQ(listed(one->faces().value()), "a:7 b:5 ");
    // The statement before goes on seeing what it saw.
    EXPECT_EQ(listed(seen), "a:3 gone:100000 ");
}

INSTANTIATE_TEST_SUITE_P(stores, table_faces,
                         testing::Values(world_kind::simulated, world_kind::folder),
                         [](auto const& kind) {
                             return kind.param == world_kind::simulated ? "simulated" : "folder";
                         });

}  // namespace
}  // namespace sluice::test
