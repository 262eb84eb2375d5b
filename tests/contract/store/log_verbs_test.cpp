// Appending, reading, searching by time, erasing from the front and waiting.
#include <gtest/gtest.h>

#include "backend/store/audit_log.hpp"
#include "backend/store/log_run_record.hpp"
#include "tests/contract/store/log_world.hpp"

namespace sluice::test {
namespace {

using namespace store;
using kv::key_space::key_kind;

class logs : public testing::TestWithParam<world_kind> {
protected:
    logs() { world.make_topic("t", 2); }
    producer_refusal refusal_of(batch_maker const& with, int count = 1) {
        return world.append("t", with.make(count)).value().refused;
    }
    std::optional<std::int64_t> time_of(std::int64_t at) {
        auto const found =
            world.run(find_log_time(world.store(), world.topic("t"), partition_index{0},
                                    unix_millis{at}))
                .value();
        if (!found) return std::nullopt;
        return to_underlying(found->offset);
    }
    std::optional<log_time_match> newest() {
        return world.run(find_newest_record(world.store(), world.topic("t"), partition_index{0}))
            .value();
    }
    log_world world{{.kind = GetParam()}};
};

TEST_P(logs, what_is_appended_is_read_with_its_offsets) {
    EXPECT_EQ(world.append("t", batch_maker{}.make(3, 'a')).value().base, log_offset{0});
    EXPECT_EQ(world.append("t", batch_maker{}.make(2, 'b')).value().base, log_offset{3});
    EXPECT_EQ(world.append("t", batch_maker{}.make(1, 'x'), 1).value().base, log_offset{0});
    // Two batches in one part.
    auto const two = batch_maker{}.make(2, 'c') + batch_maker{}.make(1, 'd');
    EXPECT_EQ(world.append("t", two).value().base, log_offset{5});
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(world.letters("t"), "aaabbccd");
        EXPECT_EQ(world.letters("t", 4), "bccd");
        EXPECT_EQ(world.letters("t", 0, 1), "x");
        EXPECT_EQ(world.bounds("t").end, log_offset{8});
        // Whole batches from the one that holds the offset.
        auto const slice = world.read("t", 6).value();
        auto const header = check_log_batch(
            slice.batches.substr(0, parse_log_batch_header(slice.batches).value().total_bytes()));
        EXPECT_EQ(header.value().base_offset, 5);
        EXPECT_EQ(header.value().leader_epoch, 0);
        EXPECT_TRUE(world.read("t", 8).value().batches.empty());
        EXPECT_EQ(world.read("t", 9).error().code, error::out_of_range);
        EXPECT_EQ(world.read("t", -1).error().code, error::out_of_range);
        EXPECT_EQ(world.read("t", 0, 1000, true, 2).error().code, error::not_found);
        world.reopen();
    }
    EXPECT_EQ(world.append("t", batch_maker{}.make(1, 'e')).value().base, log_offset{8});
    EXPECT_EQ(world.letters("t"), "aaabbccde");
}

TEST_P(logs, reads_keep_to_their_bytes) {
    std::vector<std::size_t> sizes;
    for (int i = 0; i < 5; ++i) {
        auto const batch = batch_maker{.value_bytes = 1000}.make(1);
        sizes.push_back(batch.size());
        world.append("t", batch).value();
    }
    EXPECT_EQ(world.read("t", 0, 1).value().batches.size(), sizes[0]);
    EXPECT_TRUE(world.read("t", 0, 1, false).value().batches.empty());
    EXPECT_EQ(world.read("t", 0, sizes[0] * 2).value().batches.size(), sizes[0] * 2);
    EXPECT_EQ(world.read("t", 0, sizes[0] * 3 - 1).value().batches.size(), sizes[0] * 2);
    EXPECT_EQ(world.read("t", 3, sizes[0] * 9).value().batches.size(), sizes[0] * 2);
    // Batches of one run too.
    auto const one = batch_maker{}.make(2);
    world.append("t", one + one + one, 1).value();
    EXPECT_EQ(world.read("t", 0, one.size() * 2, true, 1).value().batches.size(), one.size() * 2);
    EXPECT_EQ(world.read("t", 3, one.size() - 1, true, 1).value().batches.size(), one.size());
    EXPECT_TRUE(world.read("t", 3, one.size() - 1, false, 1).value().batches.empty());
}

TEST_P(logs, a_batch_may_be_larger_than_a_frame) {
    for (std::size_t const size : {log_piece_bytes - 200, log_piece_bytes + 12,
                                   2 * log_piece_bytes + 77}) {
        batch_maker const with{.value_bytes = size};
        world.append("t", with.make(1, 'L')).value();
    }
    EXPECT_EQ(world.letters("t"), "LLL");
    world.reopen();   // nothing in the cache
    EXPECT_EQ(world.letters("t"), "LLL");
    auto const too_large = batch_maker{.value_bytes = world.store().append_bytes()}.make(1);
    EXPECT_EQ(world.append("t", too_large).error().code, error::too_large);
    EXPECT_EQ(world.append("t", too_large.substr(0, 100)).error().code, error::malformed);
    EXPECT_EQ(world.bounds("t").end, log_offset{3});
    EXPECT_EQ(world.erase_before("t", 2).value(), log_offset{2});
    EXPECT_EQ(world.upkeep().runs, 2u);
    world.reopen();
    EXPECT_EQ(world.letters("t", 2), "L");
}

TEST_P(logs, one_commit_carries_many_partitions) {
    append_request request;
    for (int i = 0; i < 10; ++i)
        request.parts.push_back({world.topic("t"), partition_index{i % 2},
                                 batch_maker{}.make(1 + i), 0});
    request.parts.push_back({world.topic("t"), partition_index{9}, batch_maker{}.make(1), 0});
    request.audit = {"one record"};
    auto const before = world.store().journal().statistics().commits;
    auto const answers = world.run(append_log(world.store(), std::move(request)));
    // Its own, and the one of its audit record.
    EXPECT_EQ(world.store().journal().statistics().commits, before + 2);
    ASSERT_EQ(answers.size(), 11u);
    EXPECT_EQ(answers[8].value().base, log_offset{1 + 3 + 5 + 7});
    EXPECT_EQ(answers[9].value().base, log_offset{2 + 4 + 6 + 8});
    EXPECT_EQ(answers[10].error().code, error::not_found);
    EXPECT_EQ(audit_end(world.store()), log_offset{1});
}

TEST_P(logs, a_producers_batches_are_there_once_and_in_order) {
    batch_maker with{.producer = 5, .epoch = 0, .sequence = 0};
    auto const first = with.make(3, 'a');
    EXPECT_EQ(world.append("t", first).value().base, log_offset{0});
    auto again = world.append("t", first, 0, {"a duplicate is an append too"}).value();
    EXPECT_TRUE(again.duplicate);
    EXPECT_EQ(again.base, log_offset{0});
    with.sequence = 4;
    EXPECT_EQ(refusal_of(with), producer_refusal::sequence_out_of_order);
    auto const recorded = audit_end(world.store());
    EXPECT_EQ(world.append("t", with.make(1), 0, {"refused"}).value().refused,
              producer_refusal::sequence_out_of_order);
    EXPECT_EQ(audit_end(world.store()), recorded);
    for (with.sequence = 3; with.sequence < 9; ++with.sequence)
        EXPECT_EQ(world.append("t", with.make(1, 'b')).value().base, log_offset{with.sequence});
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(world.append("t", first).value().refused, producer_refusal::duplicate_forgotten);
        with.sequence = 6;
        again = world.append("t", with.make(1, 'b')).value();
        EXPECT_TRUE(again.duplicate);
        EXPECT_EQ(again.base, log_offset{6});
        EXPECT_EQ(world.letters("t"), "aaabbbbbb");
        world.reopen();
    }
    // A new epoch begins at 0 and shuts out the old one.
    with.epoch = 1;
    EXPECT_EQ(refusal_of(with), producer_refusal::sequence_out_of_order);
    with.sequence = 0;
    EXPECT_EQ(world.append("t", with.make(1, 'c')).value().base, log_offset{9});
    with.epoch = 0;
    with.sequence = 9;
    EXPECT_EQ(refusal_of(with), producer_refusal::epoch_fenced);
    // Another partition, another producer: nothing is known of them.
    EXPECT_EQ(world.append("t", with.make(1, 'd'), 1).value().base, log_offset{0});
    EXPECT_EQ(world.letters("t"), "aaabbbbbbc");
}

TEST_P(logs, two_copies_in_flight_append_once) {
    batch_maker const with{.producer = 5, .epoch = 0, .sequence = 0};
    std::vector<task<std::vector<result<log_appended>>>> both;
    for (int i = 0; i < 6; ++i) {
        append_request request;
        request.parts.push_back({world.topic("t"), partition_index{0}, with.make(3, 'a'), 0});
        request.parts.push_back({world.topic("t"), partition_index{1}, batch_maker{}.make(1), 0});
        both.push_back(append_log(world.store(), std::move(request)));
    }
    int fresh = 0;
    for (auto const& answers : world.run_all(std::move(both))) {
        EXPECT_EQ(answers[0].value().base, log_offset{0});
        fresh += answers[0].value().duplicate ? 0 : 1;
        EXPECT_EQ(answers[1].value().refused, producer_refusal::none);
    }
    EXPECT_EQ(fresh, 1);
    EXPECT_EQ(world.letters("t"), "aaa");
    EXPECT_EQ(world.bounds("t", 1).end, log_offset{6});
    world.reopen();
    EXPECT_EQ(world.letters("t"), "aaa");
    EXPECT_EQ(world.letters("t", 0, 1), "vvvvvv");
}

TEST_P(logs, a_producer_that_is_idle_for_long_is_forgotten) {
    batch_maker with{.producer = 5, .epoch = 0, .sequence = 0};
    world.append("t", with.make(1)).value();
    world.clock().advance(std::chrono::hours(23));
    with.producer = 6;
    world.append("t", with.make(1)).value();
    EXPECT_EQ(world.upkeep().producers, 0u);
    world.clock().advance(std::chrono::hours(2));
    EXPECT_EQ(world.upkeep().producers, 1u);
    EXPECT_EQ(world.keys_of(key_kind::producer_state), 1u);
    with.sequence = 1;
    EXPECT_EQ(refusal_of(with), producer_refusal::none);
    with.producer = 5;
    with.sequence = 77;   // nothing is known: any sequence begins
    EXPECT_EQ(refusal_of(with), producer_refusal::none);
    world.reopen();
    with.sequence = 78;
    EXPECT_EQ(refusal_of(with), producer_refusal::none);
}

TEST_P(logs, timestamps_are_found) {
    EXPECT_EQ(time_of(0), std::nullopt);
    EXPECT_EQ(newest(), std::nullopt);
    // Not in order on purpose; each batch has two records, one millisecond apart.
    for (std::int64_t const at : {1000, 5000, 2000, 3000, 5000, 9000, 4000})
        world.append("t", batch_maker{.timestamp = at}.make(2)).value();
    auto const check = [&] {
        EXPECT_EQ(time_of(0), 0);
        EXPECT_EQ(time_of(1001), 1);
        EXPECT_EQ(time_of(1002), 2);
        EXPECT_EQ(time_of(5001), 3);
        EXPECT_EQ(time_of(5002), 10);
        EXPECT_EQ(time_of(9001), 11);
        EXPECT_EQ(time_of(9002), std::nullopt);
        EXPECT_EQ(to_underlying(newest()->offset), 11);
        EXPECT_EQ(newest()->timestamp, unix_millis{9001});
    };
    check();
    world.reopen();
    check();
    world.erase_before("t", 12).value();
    world.upkeep();
    EXPECT_EQ(time_of(0), 12);
    EXPECT_EQ(time_of(5000), std::nullopt);
    EXPECT_EQ(newest()->timestamp, unix_millis{4001});
}

TEST_P(logs, what_lies_before_is_erased) {
    for (int i = 0; i < 10; ++i) world.append("t", batch_maker{}.make(3, char('a' + i))).value();
    EXPECT_EQ(world.erase_before("t", 31).error().code, error::out_of_range);
    EXPECT_EQ(world.erase_before("t", 7).value(), log_offset{7});
    EXPECT_EQ(world.erase_before("t", 2).value(), log_offset{7});
    EXPECT_EQ(world.bounds("t").start, log_offset{7});
    EXPECT_EQ(world.read("t", 6).error().code, error::out_of_range);
    EXPECT_EQ(world.letters("t", 7).substr(0, 4), "ccdd");
    EXPECT_EQ(world.upkeep().runs, 2u);
    world.reopen();
    EXPECT_EQ(world.bounds("t").start, log_offset{7});
    EXPECT_EQ(world.letters("t", 7).substr(0, 4), "ccdd");
    EXPECT_EQ(world.erase_before("t", -1).value(), log_offset{30});
    EXPECT_EQ(world.upkeep().runs, 8u);
    EXPECT_EQ(world.upkeep().runs, 0u);
    world.reopen();
    EXPECT_EQ(world.bounds("t").start, log_offset{30});
    EXPECT_EQ(world.append("t", batch_maker{}.make(1, 'z')).value().base, log_offset{30});
    EXPECT_EQ(world.letters("t", 30), "z");
}

INSTANTIATE_TEST_SUITE_P(stores, logs,
                         testing::Values(world_kind::simulated, world_kind::folder),
                         [](auto const& info) {
                             return info.param == world_kind::simulated ? "simulated" : "folder";
                         });

}  // namespace
}  // namespace sluice::test
