// What every user of kv::index relies on, on the simulated environment and on a real folder.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <thread>

#include "backend/kv/index.hpp"
#include "backend/kv/key_space.hpp"
#include "tests/support/index_contents.hpp"
#include "tests/support/sim_env.hpp"
#include "tests/support/small_index.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sluice::kv {
namespace {

using namespace sluice::test_support;

enum class world { simulated, real };

class index_contract : public ::testing::TestWithParam<world> {
protected:
    index_options options() {
        if (GetParam() == world::simulated) return small_index_options(env_.environment(), "/kv");
        return small_index_options(nullptr, folder_ / "kv");
    }
    std::string beside(std::string const& name) {
        return GetParam() == world::simulated ? "/" + name : folder_ / name;
    }
    void open() {
        index_.reset();
        index_ = index::open(options()).value();
    }
    void SetUp() override { open(); }

    void apply(std::uint64_t at, std::function<void(mutation_batch&)> const& fill,
               bool last = true) {
        mutation_batch batch;
        fill(batch);
        index_->apply({batch.bytes()}, lsn{at}, last).value();
    }
    void put(std::uint64_t at, std::string const& key, std::string const& value,
             family where = family::object) {
        apply(at, [&](mutation_batch& batch) { batch.put(where, key, value); });
    }
    std::optional<std::string> get(std::string const& key, family where = family::object) {
        auto view = index_->take_snapshot();
        return index_->get(*view, where, key, read_tier::may_block).value();
    }
    std::vector<std::string> keys(std::string lower, std::string upper) {
        std::vector<std::string> found;
        auto walk = index_->scan(index_->take_snapshot(), family::object, lower, upper,
                                 read_tier::may_block);
        for (; walk->valid(); walk->next()) found.emplace_back(walk->key());
        EXPECT_TRUE(walk->status());
        return found;
    }

    sim_env env_;
    temporary_folder folder_;
    std::unique_ptr<index> index_;
};

using strings = std::vector<std::string>;

TEST_P(index_contract, reads_what_was_applied_in_each_family_apart) {
    EXPECT_EQ(index_->applied_lsn(), lsn{0});
    for (auto where : {family::meta, family::object, family::payload, family::log, family::row})
        put(to_underlying(where), "key", "value " + std::to_string(to_underlying(where)), where);
    for (auto where : {family::meta, family::object, family::payload, family::log, family::row})
        EXPECT_EQ(get("key", where), "value " + std::to_string(to_underlying(where)));
    EXPECT_EQ(get("other"), std::nullopt);
    EXPECT_EQ(index_->applied_lsn(), lsn{5});
}

TEST_P(index_contract, a_step_of_several_batches_applies_in_order) {
    mutation_batch first, second;
    first.put(family::object, "a", "1");
    first.put(family::object, "b", "1");
    second.erase(family::object, "a");
    second.put(family::object, "b", "2");
    index_->apply({first.bytes(), second.bytes()}, lsn{9}).value();
    EXPECT_EQ(get("a"), std::nullopt);
    EXPECT_EQ(get("b"), "2");
}

TEST_P(index_contract, erase_range_takes_lower_and_leaves_upper) {
    apply(1, [](mutation_batch& batch) {
        for (auto key : {"a", "b", "c", "d"}) batch.put(family::object, key, key);
    });
    apply(2, [](mutation_batch& batch) { batch.erase_range(family::object, "b", "d"); });
    EXPECT_EQ(keys({}, {}), (strings{"a", "d"}));
    apply(3, [](mutation_batch& batch) { batch.erase_range(family::object, "z", "a"); });
    EXPECT_EQ(keys({}, {}), (strings{"a", "d"}));
}

TEST_P(index_contract, erase_range_erases_what_the_same_step_put_before_and_not_after) {
    put(1, "b1", "stored");
    mutation_batch first, second;
    first.put(family::object, "b2", "same step");
    first.put(family::object, "b3", "same step, erased already");
    first.erase(family::object, "b3");
    first.put(family::log, "b2", "another family");
    second.erase_range(family::object, "b", "c");
    second.put(family::object, "b4", "behind");
    index_->apply({first.bytes(), second.bytes()}, lsn{2}).value();
    EXPECT_EQ(keys({}, {}), (strings{"b4"}));
    EXPECT_EQ(get("b2", family::log), "another family");
}

// Neighbours that were deleted cost every reader a step, in memory and in files.
TEST_P(index_contract, deletions_that_readers_pass_are_flushed_and_compacted_away) {
    constexpr int count = 20'000;
    apply(1, [](mutation_batch& batch) {
        for (int i = 0; i < count; ++i) batch.put(family::object, "k" + std::to_string(i), "value");
    });
    index_->flush().value();
    auto const full = index_->statistics().sst_bytes;
    apply(2, [](mutation_batch& batch) { batch.erase_range(family::object, "k", "l"); });
    EXPECT_LT(index_->memory_fill(), 1);  // nobody looked yet
    for (int i = 0; i < 6; ++i) EXPECT_EQ(keys("k", "l"), strings{});
    EXPECT_GE(index_->memory_fill(), 1);
    index_->flush().value();
    EXPECT_LT(index_->memory_fill(), 1);
    auto const give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (index_->statistics().sst_bytes > full / 4 && std::chrono::steady_clock::now() < give_up)
        std::this_thread::yield();
    EXPECT_LE(index_->statistics().sst_bytes, full / 4);
    EXPECT_EQ(keys("k", "l"), strings{});
}

TEST_P(index_contract, erase_range_of_very_many_keys) {
    apply(1, [](mutation_batch& batch) {
        for (int i = 0; i < 21'000; ++i) batch.put(family::object, "k" + std::to_string(i), "");
        batch.put(family::object, "z", "stays");
    });
    apply(2, [](mutation_batch& batch) { batch.erase_range(family::object, "k", "l"); });
    EXPECT_EQ(keys({}, {}), (strings{"z"}));
    index_->flush().value();
    open();
    EXPECT_EQ(keys({}, {}), (strings{"z"}));
}

TEST_P(index_contract, applying_a_batch_twice_gives_the_same_state) {
    auto fill = [](mutation_batch& batch) {
        batch.put(family::object, "a", "1");
        batch.erase_range(family::object, "b", "c");
        batch.put(family::object, "bb", "2");
    };
    apply(1, fill);
    auto once = contents_of(*index_);
    apply(1, fill);
    EXPECT_EQ(contents_of(*index_), once);
}

TEST_P(index_contract, a_snapshot_stays_as_it_was) {
    put(1, "a", "old");
    auto view = index_->take_snapshot();
    put(2, "a", "new");
    put(3, "b", "new");
    index_->flush().value();
    EXPECT_EQ(index_->get(*view, family::object, "a", read_tier::may_block).value(), "old");
    EXPECT_EQ(index_->get(*view, family::object, "b", read_tier::may_block).value(), std::nullopt);
    auto walk = index_->scan(view, family::object, {}, {}, read_tier::may_block);
    ASSERT_TRUE(walk->valid());
    EXPECT_EQ(walk->value(), "old");
    walk->next();
    EXPECT_FALSE(walk->valid());
    EXPECT_EQ(get("a"), "new");
}

TEST_P(index_contract, scans_keep_to_their_bounds) {
    apply(1, [](mutation_batch& batch) {
        for (auto key : {"a", "b", "c", "d", "e"}) batch.put(family::object, key, key);
    });
    EXPECT_EQ(keys("b", "d"), (strings{"b", "c"}));
    EXPECT_EQ(keys({}, "b"), (strings{"a"}));
    EXPECT_EQ(keys("d", {}), (strings{"d", "e"}));
    EXPECT_EQ(keys("d", "b"), strings{});
    EXPECT_EQ(keys("b", "b"), strings{});
    EXPECT_EQ(keys("x", "z"), strings{});
}

TEST_P(index_contract, a_cursor_seeks_both_ways_within_its_bounds) {
    apply(1, [](mutation_batch& batch) {
        for (auto key : {"a", "c", "e", "g"}) batch.put(family::object, key, key);
    });
    index_->flush().value();
    auto walk = index_->scan(index_->take_snapshot(), family::object, "b", "f",
                             read_tier::may_block);
    walk->seek_last();
    ASSERT_TRUE(walk->valid());
    EXPECT_EQ(walk->key(), "e");
    walk->previous();
    EXPECT_EQ(walk->key(), "c");
    walk->previous();
    EXPECT_FALSE(walk->valid());
    walk->seek("a");
    EXPECT_EQ(walk->key(), "c");
    walk->seek("d");
    EXPECT_EQ(walk->key(), "e");
    walk->seek("f");
    EXPECT_FALSE(walk->valid());
    walk->seek_for_previous("d");
    EXPECT_EQ(walk->key(), "c");
    walk->seek_for_previous("c");
    EXPECT_EQ(walk->key(), "c");
    walk->seek_for_previous("z");
    EXPECT_EQ(walk->key(), "e");
    walk->seek_for_previous("b");
    EXPECT_FALSE(walk->valid());
    EXPECT_TRUE(walk->status());
}

TEST_P(index_contract, only_what_was_flushed_is_there_after_a_reopen) {
    put(1, "a", "1");
    put(2, "b", "2");
    EXPECT_EQ(index_->flush().value(), lsn{2});
    put(3, "c", "3");
    open();
    EXPECT_EQ(index_->applied_lsn(), lsn{2});
    EXPECT_EQ(keys({}, {}), (strings{"a", "b"}));
    EXPECT_EQ(index_->flush().value(), lsn{2});
}

TEST_P(index_contract, chunks_of_a_large_transaction_leave_applied_lsn_where_it_was) {
    put(4, "a", "1");
    for (auto key : {"b", "c", "d"})
        apply(0, [&](mutation_batch& batch) { batch.put(family::object, key, "chunk"); }, false);
    EXPECT_EQ(index_->applied_lsn(), lsn{4});
    EXPECT_EQ(index_->flush().value(), lsn{4});
    open();
    EXPECT_EQ(index_->applied_lsn(), lsn{4});
    put(7, "e", "last");
    EXPECT_EQ(index_->flush().value(), lsn{7});
}

TEST_P(index_contract, a_malformed_batch_changes_nothing_and_harms_nothing) {
    put(1, "a", "1");
    mutation_batch good;
    good.put(family::object, "b", "2");
    auto torn = good.bytes().substr(0, good.bytes().size() - 1);
    EXPECT_EQ(index_->apply({good.bytes(), torn}, lsn{2}).error().code, error::malformed);
    EXPECT_EQ(get("b"), std::nullopt);
    EXPECT_EQ(index_->applied_lsn(), lsn{1});
    put(2, "b", "2");
    EXPECT_EQ(get("b"), "2");
}

TEST_P(index_contract, cache_only_reads_answer_would_block_instead_of_reading) {
    put(1, "a", "1");
    EXPECT_EQ(index_->get(*index_->take_snapshot(), family::object, "a",
                          read_tier::cache_only).value(), "1");
    index_->flush().value();
    open();
    auto view = index_->take_snapshot();
    auto missed = index_->get(*view, family::object, "a", read_tier::cache_only);
    ASSERT_TRUE(missed.has_error());
    EXPECT_EQ(missed.error().code, error::would_block);
    auto walk = index_->scan(view, family::object, {}, {}, read_tier::cache_only);
    EXPECT_FALSE(walk->valid());
    EXPECT_EQ(walk->status().error().code, error::would_block);

    EXPECT_EQ(index_->get(*view, family::object, "a", read_tier::may_block).value(), "1");
    EXPECT_EQ(index_->get(*view, family::object, "a", read_tier::cache_only).value(), "1");
    walk = index_->scan(view, family::object, {}, {}, read_tier::cache_only);
    ASSERT_TRUE(walk->valid());
    EXPECT_EQ(walk->key(), "a");
}

TEST_P(index_contract, a_checkpoint_is_an_index_of_its_own) {
    put(1, "a", "1");
    index_->flush().value();
    put(2, "a", "2");
    index_->checkpoint(beside("copy")).value();
    EXPECT_TRUE(index_->checkpoint(beside("copy")).has_error()) << "it must not exist";
    put(3, "a", "3");
    index_->flush().value();
    auto copied = options();
    copied.folder = beside("copy");
    auto copy = index::open(copied).value();
    EXPECT_EQ(copy->applied_lsn(), lsn{1});
    EXPECT_EQ(copy->get(*copy->take_snapshot(), family::object, "a", read_tier::may_block).value(),
              "1");
    mutation_batch batch;
    batch.put(family::object, "a", "other");
    copy->apply({batch.bytes()}, lsn{2}).value();
    copy->flush().value();
    EXPECT_EQ(get("a"), "3");
    EXPECT_TRUE(index_->verify_checksums());
}

TEST_P(index_contract, read_only_reads_and_refuses_the_rest) {
    put(1, "a", "1");
    index_->flush().value();
    index_.reset();
    auto reading = options();
    reading.read_only = true;
    index_ = index::open(reading).value();
    EXPECT_EQ(get("a"), "1");
    EXPECT_EQ(index_->applied_lsn(), lsn{1});
    EXPECT_EQ(index_->apply({}, lsn{2}).error().code, error::read_only);
    EXPECT_EQ(index_->flush().error().code, error::read_only);
    EXPECT_TRUE(index_->verify_checksums());
    index_.reset();
    reading.folder = beside("nothing");
    EXPECT_EQ(index::open(reading).error().code, error::not_found);
}

TEST_P(index_contract, two_owners_of_one_folder_conflict) {
    auto second = index::open(options());
    ASSERT_TRUE(second.has_error());
    EXPECT_EQ(second.error().code, error::conflict) << second.error().describe();
}

TEST_P(index_contract, statistics_count_bytes_and_no_pressure_when_idle) {
    put(1, "a", std::string(100'000, 'x'));
    EXPECT_GT(index_->statistics().memtable_bytes, 100'000u);
    index_->flush().value();
    EXPECT_GT(index_->statistics().sst_bytes, 0u);
    EXPECT_EQ(index_->statistics().level0_files, 1u);
    EXPECT_EQ(index_->statistics().write_pressure, 0.0);
    EXPECT_FALSE(index_->statistics().write_stopped);
}

TEST_P(index_contract, large_values_and_all_byte_values_survive) {
    std::string every(256, '\0');
    for (int i = 0; i < 256; ++i) every[static_cast<std::size_t>(i)] = static_cast<char>(i);
    auto large = std::string(3 * mebibyte, 'L');
    put(1, every, large);
    put(2, std::string("\0", 1), "");
    index_->flush().value();
    open();
    EXPECT_EQ(get(every), large);
    EXPECT_EQ(get(std::string("\0", 1)), "");
}

TEST_P(index_contract, knows_roughly_how_much_lies_between_two_keys) {
    EXPECT_EQ(index_->approximate_bytes(family::object, "a", "z"), 0U);
    for (std::uint64_t i = 0; i < 200; ++i)
        put(i + 1, "k" + std::to_string(1000 + i), std::string(1000, static_cast<char>('a' + i % 26)));
    auto const in_memory = index_->approximate_bytes(family::object, "k", "l");
    EXPECT_GT(in_memory, 20'000U);
    EXPECT_LT(in_memory, 2'000'000U);
    index_->flush().value();
    EXPECT_GT(index_->approximate_bytes(family::object, "k", "l"), 0U);
    EXPECT_LT(index_->approximate_bytes(family::object, "x", "z"), 10'000U);
}

INSTANTIATE_TEST_SUITE_P(worlds, index_contract, ::testing::Values(world::simulated, world::real),
                         [](auto const& info) {
                             return info.param == world::simulated ? "simulated" : "real";
                         });

}  // namespace
}  // namespace sluice::kv
