// Compaction where transactions are: what was aborted replaces nothing and goes, what is open is left alone.
#include "backend/store/transaction_verbs.hpp"
#include "gateway/core/cursor.hpp"
#include "tests/contract/store/log_compaction_world.hpp"

namespace sluice::test {
namespace {

using namespace store;

class log_compaction_transactions : public log_compaction {
protected:
    // say() in a transaction of the producer.
    void say_in(std::int64_t producer, std::int32_t sequence,
                std::vector<std::string> const& records) {
        auto bytes = batch(records);
        store_big(bytes.data() + 21, std::int16_t{16});
        set_producer(bytes.data(), bytes.size(), producer, 0, sequence);
        world.append("t", std::move(bytes)).value();
    }
    void end(std::int64_t producer, bool aborts) {
        transaction_ending what;
        what.id = "id" + std::to_string(producer);
        what.state = "ended";
        what.producer = producer;
        what.epoch = 0;
        what.aborts = aborts;
        what.partitions = {{world.topic("t")->id(), partition_index{0}}};
        world.run(end_transaction(world.store(), std::move(what))).value();
    }
    std::string seen(std::int64_t from = 0) {
        std::string all;
        for (auto const& record : world.committed_records("t", from, 300)) {
            if (to_underlying(record.offset) < from) continue;
            all += (all.empty() ? "" : " ") + std::to_string(to_underlying(record.offset)) +
                   record.key.value_or("") + (record.value ? "=" + *record.value : "");
        }
        return all;
    }
};

TEST_P(log_compaction_transactions, aborted_records_replace_nothing_and_go) {
    make("t");
    say("t", {"a=0", "b=0", "c=0"});
    say_in(1, 0, {"a=1"});
    end(1, false);
    say_in(2, 0, {"b=1", "d=1"});
    say_in(1, 1, {"c=1"});
    end(2, true);
    end(1, false);
    say("t", {"z=1"});
    say("t", {"z=2"});
    std::string const committed = "1b=0 3a=1 7c=1 10z=1 11z=2";
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(world.upkeep().cleaned.passes, round == 0 ? 1u : 0u);
        EXPECT_EQ(seen(), committed);
        // The marker of the abort is all that is left of it.
        EXPECT_EQ(text("t"), "1b=0 3a=1 7c=1 (8) 10z=1 11z=2");
        for (int from = 0; from < 12; ++from)
            EXPECT_TRUE(committed.ends_with(seen(from))) << from << ": " << seen(from);
        world.reopen();
    }
    // The producer goes on: what it commits next is read, also by who begins before the marker.
    say_in(2, 2, {"b=2"});
    end(2, false);
    say("t", {"z=3"});
    say("t", {"z=4"});
    EXPECT_EQ(world.upkeep().cleaned.passes, 1u);
    EXPECT_EQ(text("t"), "3a=1 7c=1 (8) 12b=2 14z=3 15z=4");
    EXPECT_EQ(seen(), "3a=1 7c=1 12b=2 14z=3 15z=4");
    EXPECT_EQ(seen(5), "7c=1 12b=2 14z=3 15z=4");
    expect_clean();
    EXPECT_EQ(seen(), "3a=1 7c=1 12b=2 14z=3 15z=4");
}

TEST_P(log_compaction_transactions, a_pass_ends_before_what_is_not_decided) {
    make("t");
    say("t", {"a=1", "a=2"});
    say_in(1, 0, {"a=3"});
    say("t", {"a=4"});
    say("t", {"a=5"});
    EXPECT_EQ(world.upkeep().cleaned.passes, 1u);
    EXPECT_EQ(text("t"), "1a=2 2a=3 3a=4 4a=5");
    EXPECT_EQ(progress("t").clean, log_offset{2});
    world.reopen();
    EXPECT_EQ(world.upkeep().cleaned.passes, 0u);
    end(1, false);
    EXPECT_EQ(world.upkeep().cleaned.passes, 1u);
    EXPECT_EQ(text("t"), "4a=5 (5)");
    say("t", {"b=1"});
    EXPECT_EQ(world.upkeep().cleaned.passes, 1u);
    EXPECT_EQ(text("t"), "4a=5 6b=1");
    expect_clean();
}

INSTANTIATE_TEST_SUITE_P(kinds, log_compaction_transactions,
                         testing::Values(world_kind::simulated, world_kind::folder),
                         [](auto const& one) {
                             return one.param == world_kind::simulated ? "simulated" : "folder";
                         });

}  // namespace
}  // namespace sluice::test
