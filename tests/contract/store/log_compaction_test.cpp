// Compaction of logs: what stays and what goes, tombstones, gaps in every way of reading, restarts in
// the middle, reclaim beside it.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "backend/journal/segment_table.hpp"
#include "backend/store/reclaimer.hpp"
#include "backend/store/table_transaction.hpp"
#include "gateway/core/cursor.hpp"
#include "tests/contract/store/log_compaction_world.hpp"

namespace sluice::test {
namespace {

using namespace store;
using kv::key_space::key_kind;

constexpr std::int64_t second = 1000;
constexpr std::int64_t hour = 3'600'000;

TEST_P(log_compaction, of_each_key_the_newest_record_stays) {
    make("t");
    say("t", {"a=1", "b=1", "c=1"});
    say("t", {"a=2"});
    say("t", {"b=2", "b=3", "d=1"});
    say("t", {"a=3", "x=1"});
    EXPECT_EQ(runs(), 4u);
    auto const done = world.upkeep();
    EXPECT_EQ(done.cleaned.passes, 1u);
    EXPECT_EQ(done.cleaned.records, 3u);
    // The last run is not looked at: of `a` the newest before it stays too.
    std::string const left = "2c=1 3a=2 5b=3 6d=1 7a=3 8x=1";
    EXPECT_EQ(text("t"), left);
    EXPECT_EQ(runs(), 2u);
    EXPECT_EQ(world.bounds("t").start, log_offset{0});
    EXPECT_EQ(world.bounds("t").end, log_offset{9});
    EXPECT_EQ(progress("t").clean, log_offset{7});
    // Nothing is left to do, also after a restart.
    EXPECT_EQ(world.upkeep().cleaned.passes, 0u);
    world.reopen();
    EXPECT_EQ(text("t"), left);
    EXPECT_EQ(world.upkeep().cleaned.passes, 0u);
    say("t", {"a=4"});
    EXPECT_EQ(world.upkeep().cleaned.passes, 1u);
    EXPECT_EQ(text("t"), "2c=1 5b=3 6d=1 7a=3 8x=1 9a=4");
    expect_clean();
    EXPECT_EQ(text("t"), "2c=1 5b=3 6d=1 7a=3 8x=1 9a=4");
    EXPECT_EQ(world.append("t", batch({"z=1"})).value().base, log_offset{10});
}

TEST_P(log_compaction, every_offset_is_a_place_to_read_from) {
    make("t");
    for (int i = 0; i < 30; ++i) say("t", {"a=1", "k" + std::to_string(i % 7) + "=1", "a=2"});
    world.upkeep();
    auto const all = text("t");
    std::map<std::int64_t, std::string> by_offset;
    for (std::int64_t from = 0; from < 90; ++from) {
        auto const here = text("t", from, 1);
        EXPECT_TRUE(all.ends_with(here)) << from << ": " << here;
        // The first record is the first of all that is not before.
        std::string first;
        for (std::size_t at = 0; at < all.size();) {
            auto const end = std::min(all.find(' ', at), all.size());
            if (std::stoll(all.substr(at)) >= from) {
                first = all.substr(at, end - at);
                break;
            }
            at = end + 1;
        }
        EXPECT_TRUE(here.starts_with(first)) << from << ": " << here;
    }
    EXPECT_EQ(world.read("t", 91).error().code, error::out_of_range);
    EXPECT_TRUE(world.read("t", 90).value().batches.empty());
}

TEST_P(log_compaction, runs_that_lose_everything_leave_a_gap) {
    make("t");
    // Each run is too large to be one with its neighbours.
    std::string const large(700'000, 'v');
    for (int i = 0; i < 5; ++i) say("t", {"a=" + large});
    say("t", {"b=" + large});
    say("t", {"c=1"});
    world.upkeep();
    EXPECT_EQ(runs(), 3u);
    EXPECT_EQ(world.read("t", 0, 1).value().batches.size(), world.read("t", 4, 1).value().batches.size());
    auto const first = read_log_batches(world.read("t", 1, 1).value().batches).value();
    EXPECT_EQ(first.front().offset, log_offset{4});
    EXPECT_EQ(world.bounds("t").start, log_offset{0});
    // And one between two that stay.
    say("t", {"b=2"});
    say("t", {"d=1"});
    world.upkeep();
    EXPECT_EQ(text("t", 5), "6c=1 7b=2 8d=1");
    expect_clean();
    world.erase_before("t", 5).value();
    world.upkeep();
    EXPECT_EQ(text("t", 5), "6c=1 7b=2 8d=1");
    EXPECT_EQ(world.read("t", 4).error().code, error::out_of_range);
    expect_clean();
}

TEST_P(log_compaction, tombstones_stay_for_their_time_after_the_first_pass) {
    make("t", {{"delete.retention.ms", "10000"}});
    say("t", {"a=1", "b=1"});
    say("t", {"a", "c=1"});
    say("t", {"x=1"});
    world.clock().advance(std::chrono::hours(5));   // the age of the record is nothing to it
    world.upkeep();
    EXPECT_EQ(text("t"), "1b=1 2a 3c=1 4x=1");
    // What makes the log dirty again makes the passes that may take it.
    world.clock().advance(std::chrono::milliseconds(9'999));
    say("t", {"x=2"});
    world.upkeep();
    EXPECT_EQ(text("t"), "1b=1 2a 3c=1 4x=1 5x=2");
    world.reopen();
    world.clock().advance(std::chrono::milliseconds(1));
    say("t", {"x=3"});
    world.upkeep();
    EXPECT_EQ(text("t"), "1b=1 3c=1 5x=2 6x=3");
    expect_clean();
}

TEST_P(log_compaction, it_is_time_when_enough_is_dirty) {
    make("t", {{"min.cleanable.dirty.ratio", "0.5"}});
    for (int i = 0; i < 10; ++i) say("t", {"k" + std::to_string(i) + "=" + std::string(1000, 'v')});
    say("t", {"k0=1"});
    EXPECT_EQ(world.upkeep().cleaned.passes, 1u);   // all of it was dirty
    say("t", {"k1=" + std::string(1000, 'w')});
    say("t", {"k0=2"});
    EXPECT_EQ(world.upkeep().cleaned.passes, 0u);
    world.reopen();
    EXPECT_EQ(world.upkeep().cleaned.passes, 0u);
    for (int i = 0; i < 12; ++i) say("t", {"k1=" + std::string(1000, 'w')});
    EXPECT_EQ(world.upkeep().cleaned.passes, 1u);
    EXPECT_EQ(world.upkeep().cleaned.passes, 0u);
}

TEST_P(log_compaction, young_records_wait_and_old_ones_do_not) {
    make("young", {{"min.compaction.lag.ms", std::to_string(hour)}});
    make("old", {{"min.cleanable.dirty.ratio", "1"}, {"max.compaction.lag.ms", std::to_string(hour)}});
    for (auto const* const name : {"young", "old"}) {
        say(name, {"a=1"});
        say(name, {"a=2"});
        say(name, {"b=1"});
    }
    EXPECT_EQ(world.upkeep().cleaned.passes, 0u);
    world.clock().advance(std::chrono::milliseconds(hour - second));
    say("young", {"a=3"});
    say("young", {"c=1"});
    EXPECT_EQ(world.upkeep().cleaned.passes, 0u);
    world.clock().advance(std::chrono::milliseconds(2 * second));
    EXPECT_EQ(world.upkeep().cleaned.passes, 2u);
    EXPECT_EQ(text("old"), "1a=2 2b=1");
    EXPECT_EQ(text("young"), "1a=2 2b=1 3a=3 4c=1");
    world.clock().advance(std::chrono::hours(1));
    world.upkeep();
    EXPECT_EQ(text("young"), "2b=1 3a=3 4c=1");
}

TEST_P(log_compaction, both_policies_apply_together_and_each_alone) {
    topic_retention const retention{10 * hour, -1};
    make("both", {{"cleanup.policy", "compact,delete"}}, retention);
    make("compact", {}, retention);
    for (auto const* const name : {"both", "compact"}) {
        say(name, {"a=1", "b=1"});
        say(name, {"a=2"});
        say(name, {"c=1"});
    }
    world.upkeep();
    EXPECT_EQ(text("both"), "1b=1 2a=2 3c=1");
    world.clock().advance(std::chrono::hours(6));
    say("both", {"d=1"});
    say("compact", {"d=1"});
    world.clock().advance(std::chrono::hours(5));
    world.upkeep();
    // What was joined goes together, with its newest record.
    EXPECT_EQ(text("both", to_underlying(world.bounds("both").start)), "4d=1");
    EXPECT_EQ(text("compact"), "1b=1 2a=2 3c=1 4d=1");
    EXPECT_EQ(world.bounds("compact").start, log_offset{0});
    // Back to deleting only: nothing is compacted any more, and retention holds.
    change("compact", {{"cleanup.policy", "delete"}}, retention);
    say("compact", {"d=2"});
    say("compact", {"d=3"});
    world.upkeep();
    EXPECT_EQ(text("compact", to_underlying(world.bounds("compact").start)), "4d=1 5d=2 6d=3");
    expect_clean();
}

TEST_P(log_compaction, retention_by_bytes_counts_what_is_left) {
    std::string const value(1000, 'v');
    make("t", {{"cleanup.policy", "compact,delete"}}, {-1, 10'000});
    auto const all = [&](int from, int to) {
        for (int i = from; i < to; ++i) say("t", {"k" + std::to_string(i) + "=" + value});
    };
    all(0, 4);
    world.upkeep();
    for (int i = 0; i < 20; ++i) {   // the same keys again and again: 4 records of a thousand bytes
        all(0, 4);
        world.upkeep();
        EXPECT_EQ(world.bounds("t").start, log_offset{0}) << i;
    }
    EXPECT_LT(world.run(log_bytes(world.store(), world.topic("t"), partition_index{0})).value(), 9000u);
    expect_clean();
}

TEST_P(log_compaction, records_without_a_key_go_with_the_first_pass) {
    make("t", {{"cleanup.policy", "delete"}});
    say("t", {"=1", "a=1", "=2"});
    say("t", {"=3"});
    say("t", {"b=1"});
    world.upkeep();
    EXPECT_EQ(text("t"), "0=1 1a=1 2=2 3=3 4b=1");
    change("t", {{"cleanup.policy", "compact"}, {"min.cleanable.dirty.ratio", "0"}});
    world.upkeep();
    EXPECT_EQ(text("t"), "1a=1 4b=1");
    expect_clean();
}

TEST_P(log_compaction, times_are_found_across_gaps) {
    make("t");
    std::vector<std::int64_t> times;
    for (int i = 0; i < 12; ++i) {
        times.push_back(to_underlying(world.clock().now()));
        say("t", {i % 3 == 0 ? "k" + std::to_string(i) + "=1" : "a=1"});
        world.clock().advance(std::chrono::seconds(1));
    }
    world.upkeep();
    EXPECT_EQ(text("t"), "0k0=1 3k3=1 6k6=1 9k9=1 10a=1 11a=1");
    auto const at = [&](std::int64_t time) {
        auto const found = world.run(find_log_time(world.store(), world.topic("t"),
                                                   partition_index{0}, unix_millis{time})).value();
        return found ? to_underlying(found->offset) : -1;
    };
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(at(0), 0);
        EXPECT_EQ(at(times[0]), 0);
        EXPECT_EQ(at(times[0] + 1), 3);
        EXPECT_EQ(at(times[2]), 3);
        EXPECT_EQ(at(times[3]), 3);
        EXPECT_EQ(at(times[7]), 9);
        EXPECT_EQ(at(times[10]), 10);
        EXPECT_EQ(at(times[11]), 11);
        EXPECT_EQ(at(times[11] + 1), -1);
        auto const newest = world.run(find_newest_record(world.store(), world.topic("t"),
                                                         partition_index{0})).value();
        EXPECT_EQ(newest.value().offset, log_offset{11});
        world.reopen();
    }
}

// The newest timestamp belongs to a record that is gone: what is found is the newest there is.
TEST_P(log_compaction, the_newest_record_may_go) {
    make("t");
    say("t", {"b=1"});
    log_batch_builder builder;
    builder.add(unix_millis{to_underlying(world.clock().now()) + hour}, "a", "1");
    world.append("t", builder.finish()).value();
    say("t", {"a=2"});
    say("t", {"c=1"});
    world.upkeep();
    EXPECT_EQ(text("t"), "0b=1 2a=2 3c=1");
    auto const newest = world.run(find_newest_record(world.store(), world.topic("t"),
                                                     partition_index{0})).value();
    EXPECT_EQ(newest.value().offset, log_offset{0});
    auto const later = unix_millis{to_underlying(world.clock().now()) + 1};
    EXPECT_FALSE(world.run(find_log_time(world.store(), world.topic("t"), partition_index{0},
                                         later)).value());
}

TEST_P(log_compaction, idempotent_producers_go_on) {
    make("t");
    auto of_producer = [&](std::int32_t sequence, std::string const& record) {
        auto one = batch({record});
        set_producer(one.data(), one.size(), 5, 0, sequence);
        return one;
    };
    for (int i = 0; i < 8; ++i) world.append("t", of_producer(i, "a=1")).value();
    world.upkeep();
    EXPECT_EQ(text("t"), "6a=1 7a=1");
    world.reopen();
    EXPECT_TRUE(world.append("t", of_producer(4, "a=1")).value().duplicate);
    EXPECT_EQ(world.append("t", of_producer(8, "a=1")).value().base, log_offset{8});
    expect_clean();
}

TEST_P(log_compaction, a_dropped_topic_leaves_nothing) {
    make("t");
    for (int i = 0; i < 5; ++i) say("t", {"a=1", "b=1"});
    world.upkeep();
    EXPECT_EQ(world.keys_of(key_kind::log_clean), 1u);
    world.run(drop_topic(world.store(), {"t", {}, false})).value();
    world.upkeep();
    EXPECT_EQ(world.keys_of(key_kind::log_clean), 0u);
    EXPECT_EQ(runs(), 0u);
    EXPECT_EQ(world.keys_of(key_kind::reverse_entry), 0u);
    expect_clean();
}

TEST_P(log_compaction, small_runs_become_one_and_large_batches_stay_whole) {
    make("t");
    std::string const large(1'500'000, 'L');
    for (int i = 0; i < 40; ++i) say("t", {"k" + std::to_string(i) + "=1"});
    say("t", {"l=" + large, "k0=2"});
    say("t", {"k1=2"});
    say("t", {"x=1"});
    world.upkeep();
    // 40 small ones; the large one with what fits behind it, in two pieces; the last.
    EXPECT_LE(runs(), 6u);
    auto const before = text("t", 0, 100);
    EXPECT_NE(before.find(" 40l=LLL"), std::string::npos);
    EXPECT_EQ(before.find("1k1=1"), std::string::npos);
    expect_clean();
    EXPECT_EQ(text("t", 0, 5'000'000), before);
    say("t", {"l=small"});
    say("t", {"x=2"});
    world.upkeep();
    EXPECT_LE(runs(), 3u);
    EXPECT_EQ(text("t").find("LLL"), std::string::npos);
    expect_clean();
}

// What a log of `rounds` must hold when it is compacted up to `end`.
std::string expected_of(std::vector<std::pair<std::string, std::string>> const& all,
                        std::size_t end) {
    std::map<std::string, std::size_t> newest;
    for (std::size_t i = 0; i < end; ++i) newest[all[i].first] = i;
    std::string text;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (i >= end || newest[all[i].first] == i)
            text += (text.empty() ? "" : " ") + std::to_string(i) + all[i].first + "=" +
                    all[i].second;
    return text;
}

TEST_P(log_compaction, stops_at_every_step_and_is_right) {
    std::vector<std::pair<std::string, std::string>> all;
    seeded_random random(9);
    make("t");
    for (int run = 0; run < 25; ++run) {
        std::vector<std::string> records;
        for (int i = 0; i < 4; ++i) {
            all.emplace_back("k" + std::to_string(random.below(12)),
                             std::to_string(run) + std::string(run % 5 == 0 ? 200'000 : 3, 'v'));
            records.push_back(all.back().first + "=" + all.back().second);
        }
        say("t", records);
    }
    std::set<std::string> keys;
    for (auto const& one : all) keys.insert(one.first);
    auto const done = expected_of(all, 96);
    // The newest record of every key is there after each step, and no other order.
    auto const newest_of = [&](std::string const& all_text) {
        std::map<std::string, std::string> newest;
        for (std::size_t at = 0; at < all_text.size();) {
            auto const end = std::min(all_text.find(' ', at), all_text.size());
            auto const one = all_text.substr(at, end - at);
            auto const key = one.find('k');
            auto const value = one.find('=');
            newest[one.substr(key, value - key)] = one.substr(value + 1);
            at = end + 1;
        }
        return newest;
    };
    auto const wanted = newest_of(text("t"));
    for (int steps = 1;; steps += 3) {
        ASSERT_LT(steps, 200);
        log_cleaner cleaner(world.store(), [] { return false; });
        bool unfinished = true;
        for (int i = 0; i < steps && unfinished; ++i)
            unfinished = cleaner.run(1, token).unfinished;
        ASSERT_EQ(newest_of(text("t")), wanted) << steps;
        expect_clean();
        ASSERT_EQ(newest_of(text("t")), wanted) << steps;
        if (!unfinished) break;
    }
    EXPECT_EQ(text("t"), done);
    EXPECT_EQ(progress("t").clean, log_offset{96});
}

TEST_P(log_compaction, a_transaction_over_tables_needs_keys_too) {
    make("t");
    table_transaction in(world.store(), isolation::read_committed);
    in.begin_statement();
    auto const refused = in.append(world.topic("t"), partition_index{0}, batch({"a=1", "=2"}));
    EXPECT_EQ(refused.error().code, error::invalid_argument);
    EXPECT_TRUE(in.append(world.topic("t"), partition_index{0}, batch({"a=1", "b=2"})));
    world.run(in.commit({})).value();
    EXPECT_EQ(text("t"), "0a=1 1b=2");
}

TEST_P(log_compaction, a_map_that_is_full_makes_several_passes) {
    world_options options{.kind = GetParam()};
    options.limits.log_cleaner_bytes = 24 * 40;
    log_world small(options);
    create_topic_request request;
    request.name = "t";
    request.settings = {{"cleanup.policy", "compact"}, {"min.cleanable.dirty.ratio", "0"}};
    small.run(create_topic(small.store(), std::move(request))).value();
    auto const append = [&](int key, std::string const& value) {
        log_batch_builder builder;
        builder.add(small.clock().now(), "k" + std::to_string(key), value);
        builder.add(small.clock().now(), "k" + std::to_string(key + 1), value);
        small.append("t", builder.finish()).value();
    };
    for (int round = 0; round < 3; ++round)
        for (int key = 0; key < 200; key += 2) append(key, "v" + std::to_string(round));
    append(1000, "x");
    std::uint64_t passes = 0;
    for (int i = 0; i < 100; ++i) {
        auto const done = small.upkeep().cleaned;
        if (done.passes == 0) break;
        passes += done.passes;
    }
    EXPECT_GT(passes, 3u);
    std::map<std::string, std::string> left;
    std::size_t records = 0;
    auto const bytes = small.read("t", 0).value().batches;
    for (auto const& record : read_log_batches(bytes).value()) {
        left[*record.key] = *record.value;
        ++records;
    }
    EXPECT_EQ(records, 202u);
    ASSERT_EQ(left.size(), 202u);
    for (int key = 0; key < 200; ++key) EXPECT_EQ(left["k" + std::to_string(key)], "v2");
}

TEST_P(log_compaction, reclaim_moves_runs_before_between_and_after) {
    make("t");
    std::string const value(60'000, 'v');
    for (int i = 0; i < 120; ++i) {
        say("t", {"k" + std::to_string(i % 50) + "=" + value, "a=1"});
        if (i % 40 == 20) world.reopen();   // seals a segment
    }
    log_cleaner cleaner(world.store(), [] { return false; });
    auto const move_all = [&] {
        for (auto const& segment : world.store().journal().segments().list())
            if (segment.state == journal::segment_state::sealed)
                world.store().reclaim().empty_segment(segment.id, token).value();
    };
    bool unfinished = true;
    for (int step = 0; unfinished && step < 2000; ++step) {
        unfinished = cleaner.run(3 * mebibyte, token).unfinished;
        move_all();
    }
    ASSERT_FALSE(unfinished);
    auto const slice = world.read("t", 0).value().batches;
    std::size_t records = 0;
    for (auto const& record : read_log_batches(slice).value()) records += record.key ? 1 : 0;
    EXPECT_EQ(records, 50u + 1 + 2);
    expect_clean();
    EXPECT_EQ(world.read("t", 0).value().batches, slice);
}

INSTANTIATE_TEST_SUITE_P(kinds, log_compaction,
                         testing::Values(world_kind::simulated, world_kind::folder),
                         [](auto const& one) {
                             return one.param == world_kind::simulated ? "simulated" : "folder";
                         });

}  // namespace
}  // namespace sluice::test
