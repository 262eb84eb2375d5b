// Retention by time and bytes, waiting for more, groups, and reclaim of what logs gave up.
#include <gtest/gtest.h>

#include "backend/journal/segment_table.hpp"
#include "backend/store/group_verbs.hpp"
#include "backend/store/id_counters.hpp"
#include "backend/store/reclaimer.hpp"
#include "gateway/core/timer.hpp"
#include "tests/contract/store/log_world.hpp"

namespace sluice::test {
namespace {

using namespace store;
using kv::key_space::key_kind;

class log_upkeeps : public testing::Test {
protected:
    // Runs of one record that come an hour after each other.
    void append_hourly(std::string const& name, int runs, std::size_t value_bytes = 100) {
        for (int i = 0; i < runs; ++i) {
            batch_maker const with{.timestamp = to_underlying(world.clock().now()),
                                   .value_bytes = value_bytes};
            world.append(name, with.make(1, char('a' + i))).value();
            world.clock().advance(std::chrono::hours(1));
        }
    }
    log_world world;
};

TEST_F(log_upkeeps, retention_by_time_deletes_what_is_older) {
    constexpr std::int64_t hour = 3'600'000;
    world.make_topic("t", 1, {5 * hour / 2, -1});
    world.make_topic("kept");
    append_hourly("t", 6);
    append_hourly("kept", 1);
    // Ages are 7, 6, 5, 4, 3 and 2 hours by now.
    EXPECT_EQ(world.upkeep().runs, 5u);
    EXPECT_EQ(world.bounds("t").start, log_offset{5});
    EXPECT_EQ(world.read("t", 4).error().code, error::out_of_range);
    world.reopen();
    EXPECT_EQ(world.letters("t", 5), "f");
    EXPECT_EQ(world.upkeep().runs, 0u);
    world.clock().advance(std::chrono::hours(3));
    EXPECT_EQ(world.upkeep().runs, 1u);
    world.reopen();
    EXPECT_EQ(world.bounds("t").start, log_offset{6});
    EXPECT_EQ(world.bounds("t").end, log_offset{6});
    EXPECT_EQ(world.append("t", batch_maker{}.make(1)).value().base, log_offset{6});
    EXPECT_EQ(world.letters("kept"), "a");
}

TEST_F(log_upkeeps, retention_by_bytes_keeps_as_much_as_it_says) {
    auto const run = batch_maker{.value_bytes = 1000}.make(1).size();
    world.make_topic("t", 1, {-1, static_cast<std::int64_t>(run * 3)});
    append_hourly("t", 3, 1000);
    EXPECT_EQ(world.upkeep().runs, 0u);
    append_hourly("t", 4, 1000);
    EXPECT_EQ(world.upkeep().runs, 4u);
    EXPECT_EQ(world.bounds("t").start, log_offset{4});
    append_hourly("t", 1, 1000);
    // Counting starts anew after somebody else moved the start, and after a restart.
    world.erase_before("t", 5).value();
    EXPECT_EQ(world.upkeep().runs, 1u);
    world.reopen();
    append_hourly("t", 2, 1000);
    EXPECT_EQ(world.upkeep().runs, 2u);
    EXPECT_EQ(world.bounds("t").start, log_offset{7});
    EXPECT_EQ(world.keys_of(key_kind::log_run), 3u);
}

TEST_F(log_upkeeps, erased_runs_give_their_segments_back) {
    world.make_topic("t", 1, {1000, -1});
    for (int i = 0; i < 60; ++i) {
        batch_maker const with{.timestamp = to_underlying(world.clock().now()),
                               .value_bytes = 400'000};
        world.append("t", with.make(1)).value();
    }
    auto const token = blocking_token::for_this_thread();
    auto live = [&] {
        std::uint64_t bytes = 0;
        auto const view = view_blocking(world.store(), token);
        auto cursor = view.scan(kv::family::payload, kv::key_space::all_reverse_entries());
        for (; cursor->valid(); cursor->next()) ++bytes;
        return bytes;
    };
    EXPECT_EQ(live(), 60u);
    world.clock().advance(std::chrono::minutes(1));
    EXPECT_EQ(world.upkeep().runs, 60u);
    EXPECT_EQ(live(), 0u);
    world.store().journal().flush_index(token).value();
    auto const& segments = world.store().journal().segments();
    // Nothing lives in them, so the keeper may recycle all but the active one.
    for (auto const& segment : segments.list()) {
        if (segment.live_bytes_known) EXPECT_EQ(segment.live_bytes, 0u);
    }
}

TEST_F(log_upkeeps, runs_move_and_are_read_and_erased_where_they_are) {
    world.make_topic("t", 1);
    for (int i = 0; i < 30; ++i)
        world.append("t", batch_maker{.value_bytes = i == 7 ? 1'500'000u : 60'000u}
                              .make(2, char('a' + i % 26)))
            .value();
    auto const before = world.letters("t");
    world.reopen();
    auto const token = blocking_token::for_this_thread();
    std::size_t moved = 0;
    for (auto const& segment : world.store().journal().segments().list()) {
        if (segment.state != journal::segment_state::sealed) continue;
        world.store().reclaim().empty_segment(segment.id, token).value();
        ++moved;
    }
    EXPECT_GT(moved, 0u);
    EXPECT_EQ(world.letters("t"), before);
    world.reopen();
    EXPECT_EQ(world.letters("t"), before);
    world.erase_before("t", 20).value();
    EXPECT_EQ(world.upkeep().runs, 10u);
    EXPECT_EQ(world.letters("t", 20), before.substr(20));
    EXPECT_EQ(world.keys_of(key_kind::reverse_entry), 20u);
}

TEST_F(log_upkeeps, waiting_ends_by_more_by_time_and_by_drop) {
    world.make_topic("t", 2);
    world.make_topic("u", 1);
    auto positions = [&] {
        return std::vector<log_position>{{world.topic("t"), partition_index{0}, {}},
                                         {world.topic("t"), partition_index{1}, {}},
                                         {world.topic("u"), partition_index{0}, {}}};
    };
    using outcome = result<void>;
    auto const long_time = std::chrono::hours(1);
    EXPECT_TRUE(world.run(wait_for_more(world.store(), positions(), std::chrono::milliseconds(1))));
    auto append = [](log_world& in) -> task<outcome> {
        append_request request;
        request.parts.push_back(
            {in.topic("t"), partition_index{1}, batch_maker{}.make(1), 0});
        auto const done = co_await append_log(in.store(), std::move(request));
        if (done.front().has_error()) co_return done.front().error();
        co_return success();
    };
    std::vector<task<outcome>> both;
    both.push_back(wait_for_more(world.store(), positions(), long_time));
    both.push_back(append(world));
    for (auto const& one : world.run_all(std::move(both))) EXPECT_TRUE(one);
    // What is there already ends it at once.
    EXPECT_TRUE(world.run(wait_for_more(world.store(), positions(), long_time)));

    auto drop = [](log_world& in) -> task<outcome> {
        drop_topic_request request{"u", {}};
        auto const done = co_await drop_topic(in.store(), std::move(request));
        if (done.has_error()) co_return done.error();
        co_return success();
    };
    std::vector<log_position> only{{world.topic("u"), partition_index{0}, {}}};
    std::vector<task<outcome>> dropping;
    dropping.push_back(wait_for_more(world.store(), only, long_time));
    dropping.push_back(drop(world));
    for (auto const& one : world.run_all(std::move(dropping))) EXPECT_TRUE(one);
    EXPECT_TRUE(world.run(wait_for_more(world.store(), only, long_time)));
}

TEST_F(log_upkeeps, a_wait_is_withdrawn) {
    world.make_topic("t");
    std::vector<log_position> known{{world.topic("t"), partition_index{0}, {}}};
    auto waiting = wait_for_more(world.store(), known, std::chrono::hours(1));
    auto const done =
        world.run(with_deadline(std::chrono::milliseconds(5), std::move(waiting)));
    EXPECT_EQ(done.error().code, error::deadline_exceeded);
    // Nothing of it is left behind.
    EXPECT_TRUE(world.append("t", batch_maker{}.make(1)));
}

TEST_F(log_upkeeps, too_many_waiters_are_refused) {
    world_options options;
    options.limits.log_waiters = 2;
    log_world small(options);
    small.make_topic("t");
    std::vector<task<result<void>>> all;
    for (int i = 0; i < 4; ++i) {
        std::vector<log_position> known{{small.topic("t"), partition_index{0}, {}}};
        all.push_back(
            wait_for_more(small.store(), std::move(known), std::chrono::milliseconds(300)));
    }
    int refused = 0;
    for (auto const& one : small.run_all(std::move(all)))
        if (one.has_error()) {
            EXPECT_EQ(one.error().code, error::overloaded);
            ++refused;
        }
    EXPECT_EQ(refused, 2);
}

TEST_F(log_upkeeps, groups_keep_offsets_and_state) {
    world.make_topic("t", 2);
    world.make_topic("u");
    commit_offsets_request request;
    request.group = "g";
    auto const add = [&](std::string name, int partition, std::int64_t offset) {
        committed_offset what;
        what.partition = partition_index{partition};
        what.offset = log_offset{offset};
        what.leader_epoch = 0;
        what.metadata = "m" + std::to_string(offset);
        request.offsets.push_back({world.topic(name), std::move(what)});
    };
    add("t", 1, 11);
    add("u", 0, 20);
    add("t", 7, 1);
    add("t", 0, 10);
    auto const answers = world.run(commit_offsets(world.store(), request));
    ASSERT_EQ(answers.size(), 4u);
    EXPECT_TRUE(answers[0] && answers[1] && answers[3]);
    EXPECT_EQ(answers[2].error().code, error::not_found);
    world.run(save_group(world.store(), {"g", std::string("state\0of g", 10)})).value();
    world.run(save_group(world.store(), {"h", "state of h"})).value();
    EXPECT_EQ(world.run(save_group(world.store(), {"big", std::string(mebibyte, 's')})).error().code,
              error::too_large);
    EXPECT_EQ(world.run(save_group(world.store(), {"", "s"})).error().code,
              error::invalid_argument);
    world.reopen();
    auto found = world.run(committed_offsets(world.store(), "g")).value();
    ASSERT_EQ(found.size(), 3u);
    EXPECT_EQ(found[0].topic, "t");
    EXPECT_EQ(found[0].offset, log_offset{10});
    EXPECT_EQ(found[1].metadata, "m11");
    EXPECT_EQ(found[2].topic, "u");
    EXPECT_EQ(found[2].committed, world.clock().now());
    EXPECT_TRUE(world.run(committed_offsets(world.store(), "other")).value().empty());
    auto saved = world.run(saved_groups(world.store(), "", 10)).value();
    ASSERT_EQ(saved.size(), 2u);
    EXPECT_EQ(saved[0].state, std::string("state\0of g", 10));
    EXPECT_EQ(world.run(saved_groups(world.store(), "g", 10)).value().size(), 1u);
    // Offsets belong to the topic, not to its name.
    world.run(drop_topic(world.store(), {"u", {}})).value();
    world.make_topic("u");
    EXPECT_EQ(world.run(committed_offsets(world.store(), "g")).value().size(), 2u);
    world.upkeep();
    EXPECT_EQ(world.keys_of(key_kind::group_offset), 2u);
    world.run(remove_group(world.store(), "g")).value();
    EXPECT_TRUE(world.run(committed_offsets(world.store(), "g")).value().empty());
    EXPECT_EQ(world.run(saved_groups(world.store(), "", 10)).value().size(), 1u);
}

TEST_F(log_upkeeps, producer_ids_are_never_given_twice) {
    std::int64_t last = -1;
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 100; ++i) {
            auto const id = world.store().ids().next_producer().value();
            EXPECT_GT(id, last);
            last = id;
        }
        world.reopen();
    }
}

}  // namespace
}  // namespace sluice::test
