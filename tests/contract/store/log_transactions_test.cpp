// Transactions over logs: what is stable, what was aborted, and that all of it is the same after a
// restart in every state.
#include <gtest/gtest.h>

#include "backend/store/group_verbs.hpp"
#include "backend/store/transaction_verbs.hpp"
#include "gateway/core/cursor.hpp"
#include "tests/contract/store/log_world.hpp"

namespace sluice::test {
namespace {

using namespace store;
using kv::key_space::key_kind;

class log_transactions : public testing::TestWithParam<world_kind> {
protected:
    log_transactions() {
        world.make_topic("t", 2);
        world.make_topic("u");
    }

    static std::string batch(std::int64_t producer, std::int32_t sequence, char fill,
                             std::int16_t epoch = 0, int count = 1) {
        auto bytes =
            batch_maker{.producer = producer, .epoch = epoch, .sequence = sequence}.make(count,
                                                                                         fill);
        store_big(bytes.data() + 21, std::int16_t{16});
        set_producer(bytes.data(), bytes.size(), producer, epoch, sequence);
        return bytes;
    }
    log_appended append(std::int64_t producer, std::int32_t sequence, char fill,
                        std::int16_t epoch = 0, std::string_view topic = "t") {
        return world.append(topic, batch(producer, sequence, fill, epoch)).value();
    }
    transaction_partition where(std::string_view topic, int partition = 0) {
        return {world.topic(topic)->id(), partition_index{partition}};
    }
    transaction_ending ending(std::int64_t producer, bool aborts, std::int16_t epoch = 0) {
        transaction_ending out;
        out.id = "id" + std::to_string(producer);
        out.state = aborts ? "aborted" : "committed";
        out.producer = producer;
        out.epoch = epoch;
        out.coordinator_epoch = 3;
        out.aborts = aborts;
        out.partitions = {where("t")};
        return out;
    }
    void end(transaction_ending what) {
        world.run(end_transaction(world.store(), std::move(what))).value();
    }
    std::int64_t stable(std::string_view topic = "t") {
        return to_underlying(world.bounds(topic).stable);
    }
    log_slice committed(std::int64_t from, std::uint64_t most = mebibyte) {
        return world.read_committed("t", from, most).value();
    }
    std::string seen(std::int64_t from = 0) {
        std::string letters;
        for (auto const& record : world.committed_records("t", from))
            letters.push_back(record.value->front());
        return letters;
    }
    log_world world{{.kind = GetParam()}};
};

TEST_P(log_transactions, open_ones_hold_back_what_is_stable) {
    EXPECT_EQ(stable(), 0);
    world.append("t", batch_maker{}.make(2, 'a')).value();
    EXPECT_EQ(stable(), 2);
    append(1, 0, 'b');
    append(2, 0, 'c');
    world.append("t", batch_maker{}.make(1, 'd')).value();
    EXPECT_EQ(stable(), 2);
    EXPECT_EQ(world.bounds("t").end, log_offset{5});
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(seen(), "aa");
        EXPECT_TRUE(committed(2).batches.empty());
        EXPECT_TRUE(committed(5).batches.empty());
        EXPECT_EQ(stable(), 2);
        EXPECT_EQ(open_transactions(world.store()).size(), 2u);
        world.reopen();
    }
    end(ending(1, false));
    EXPECT_EQ(stable(), 3);
    EXPECT_EQ(seen(), "aab");
    world.reopen();
    EXPECT_EQ(stable(), 3);
    end(ending(2, true));
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(stable(), 7);
        EXPECT_EQ(seen(), "aabd");
        EXPECT_EQ(seen(3), "d");
        EXPECT_TRUE(open_transactions(world.store()).empty());
        world.reopen();
    }
    EXPECT_EQ(committed(0).aborted, (std::vector<aborted_transaction>{{2, log_offset{3}}}));
}

TEST_P(log_transactions, markers_are_what_kafka_writes) {
    append(7, 0, 'a', 4);
    end(ending(7, true, 5));
    auto const slice = world.read("t", 1).value();
    auto const header = check_log_batch(slice.batches).value();
    EXPECT_TRUE(header.is_control());
    EXPECT_TRUE(header.is_transactional());
    EXPECT_EQ(header.producer_id, 7);
    EXPECT_EQ(header.producer_epoch, 5);
    EXPECT_EQ(header.base_sequence, -1);
    EXPECT_EQ(header.base_offset, 1);
    auto const records = read_log_batch(slice.batches).value();
    ASSERT_EQ(records.size(), 1u);
    EXPECT_EQ(*records[0].key, std::string("\0\0\0\0", 4));
    EXPECT_EQ(*records[0].value, std::string("\0\0\0\0\0\3", 6));
    end(ending(7, false, 5));
    auto const commit = world.read("t", 2).value();
    EXPECT_EQ(*read_log_batch(commit.batches).value()[0].key, std::string("\0\0\0\1", 4));
}

TEST_P(log_transactions, markers_fence_and_sequences_go_on) {
    append(1, 0, 'a', 0);
    end(ending(1, false, 0));
    EXPECT_EQ(append(1, 1, 'b', 0).refused, producer_refusal::none);
    end(ending(1, true, 1));
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(append(1, 2, 'c', 0).refused, producer_refusal::epoch_fenced);
        EXPECT_EQ(append(1, 2, 'c', 1).refused, producer_refusal::sequence_out_of_order);
        world.reopen();
    }
    EXPECT_EQ(append(1, 0, 'd', 1).refused, producer_refusal::none);
    // A batch of none while one is open.
    auto const outside = batch_maker{.producer = 1, .epoch = 1, .sequence = 1}.make(1);
    EXPECT_EQ(world.append("t", outside).value().refused, producer_refusal::transaction_state);
    end(ending(1, false, 1));
    EXPECT_EQ(world.append("t", outside).value().refused, producer_refusal::none);
    EXPECT_EQ(seen(), "adv");
}

TEST_P(log_transactions, nothing_comes_behind_the_end) {
    auto const gate = std::make_shared<transaction_gate>();
    gate->open(9);
    auto const with = [&](std::string bytes, std::uint64_t number) {
        append_request request;
        request.parts.push_back(
            {world.topic("t"), partition_index{0}, std::move(bytes), 0, {gate, number}});
        return world.run(append_log(world.store(), std::move(request))).front().value();
    };
    EXPECT_EQ(with(batch(5, 0, 'a'), 8).refused, producer_refusal::transaction_state);
    EXPECT_EQ(with(batch(5, 0, 'a'), 9).refused, producer_refusal::none);
    auto last = ending(5, false);
    last.gate = gate;
    end(std::move(last));
    EXPECT_EQ(with(batch(5, 1, 'b'), 9).refused, producer_refusal::transaction_state);
    // A copy of what was appended is still known.
    EXPECT_TRUE(with(batch(5, 0, 'a'), 9).duplicate);
    EXPECT_EQ(stable(), 2);
}

TEST_P(log_transactions, one_commit_ends_everything) {
    append(1, 0, 'a');
    append(1, 0, 'b', 0, "u");
    auto const offset = [&](std::string group, std::int64_t at) {
        transaction_offset one;
        one.group = std::move(group);
        one.topic = world.topic("u")->id();
        one.offset.partition = partition_index{0};
        one.offset.offset = log_offset{at};
        one.offset.metadata = "m";
        return one;
    };
    auto const save = [&](std::vector<transaction_offset> offsets) {
        return world.run(save_transaction_offsets(world.store(), "id1", std::move(offsets), {}));
    };
    auto const bad = save({offset("g", 5), [&] {
                               auto one = offset("g", 5);
                               one.offset.partition = partition_index{9};
                               return one;
                           }()});
    EXPECT_TRUE(bad[0].has_value());
    EXPECT_EQ(bad[1].error().code, error::not_found);
    save({offset("h", 6)});
    auto const offsets_of = [&](std::string group) {
        return world.run(committed_offsets(world.store(), std::move(group))).value();
    };
    world.reopen();
    EXPECT_TRUE(offsets_of("g").empty());
    auto const left = world.run(saved_transaction_offsets(world.store())).value();
    ASSERT_EQ(left.size(), 2u);
    EXPECT_EQ(left[0].id, "id1");
    auto what = ending(1, false);
    what.partitions = {where("t"), where("u"), where("t", 1)};
    for (auto const& one : left) what.offsets.push_back(one.offset);
    end(std::move(what));
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(stable("t"), 2);
        EXPECT_EQ(stable("u"), 2);
        EXPECT_EQ(world.bounds("t", 1).end, log_offset{1});
        ASSERT_EQ(offsets_of("g").size(), 1u);
        EXPECT_EQ(offsets_of("g")[0].offset, log_offset{5});
        EXPECT_EQ(offsets_of("g")[0].metadata, "m");
        EXPECT_EQ(offsets_of("h")[0].offset, log_offset{6});
        EXPECT_EQ(world.keys_of(key_kind::transaction_offset), 0u);
        auto const states = world.run(saved_transactions(world.store(), "", 10)).value();
        ASSERT_EQ(states.size(), 1u);
        EXPECT_EQ(states[0].id, "id1");
        EXPECT_EQ(states[0].state, "committed");
        world.reopen();
    }
    save({offset("g", 50)});
    auto abort = ending(1, true);
    abort.offsets = {offset("g", 50)};
    end(std::move(abort));
    EXPECT_EQ(offsets_of("g")[0].offset, log_offset{5});
    world.run(remove_transaction(world.store(), "id1")).value();
    EXPECT_EQ(world.keys_of(key_kind::transaction_state), 0u);
}

TEST_P(log_transactions, what_is_erased_takes_its_memory_along) {
    for (std::int32_t i = 0; i < 4; ++i) {
        append(1, i, 'a');
        end(ending(1, true));
    }
    append(2, 0, 'b');
    EXPECT_EQ(world.keys_of(key_kind::aborted_transaction), 4u);
    world.erase_before("t", 4).value();
    world.upkeep();
    EXPECT_EQ(world.keys_of(key_kind::aborted_transaction), 2u);
    EXPECT_EQ(committed(4).aborted.size(), 2u);
    // The first record of an open transaction is gone, the transaction is not.
    world.erase_before("t", 9).value();
    EXPECT_EQ(stable(), 9);
    append(2, 1, 'c');
    EXPECT_EQ(stable(), 9);
    EXPECT_TRUE(committed(9).batches.empty());
    world.reopen();
    EXPECT_EQ(stable(), 9);
    end(ending(2, false));
    EXPECT_EQ(seen(9), "c");
    world.upkeep();
    auto late = ending(2, true);
    world.run(drop_topic(world.store(), {"t", {}})).value();
    end(std::move(late));   // of a topic that is gone
    world.upkeep();
    EXPECT_EQ(world.keys_of(key_kind::aborted_transaction), 0u);
    EXPECT_EQ(world.keys_of(key_kind::producer_state), 0u);
}

INSTANTIATE_TEST_SUITE_P(stores, log_transactions,
                         testing::Values(world_kind::simulated, world_kind::folder),
                         [](auto const& info) {
                             return info.param == world_kind::simulated ? "simulated" : "folder";
                         });

}  // namespace
}  // namespace sluice::test
