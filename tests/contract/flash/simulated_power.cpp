// The rules of the simulated device that the power-cut battery leans on.
#include <gtest/gtest.h>

#include <future>
#include <set>

#include "tests/contract/flash/devices.hpp"
#include "tests/support/sim_device.hpp"

namespace sluice::flash::contract {
namespace {

using test_support::sim_device;
using test_support::sim_device_options;
using test_support::sim_schedule;

auto const may_block = blocking_token::for_this_thread();

std::unique_ptr<file> synced_file(device& on, std::string const& path, std::uint64_t bytes) {
    on.create_zeroed(path, bytes, may_block).value();
    on.sync_directory("", may_block).value();
    return on.open(path, may_block).value();
}

TEST(simulated_power, a_completed_write_survives_every_cut) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        sim_device first({.seed = seed});
        auto made = synced_file(first, "a", 16384);
        auto bytes = pattern(8192, seed);
        ASSERT_TRUE(write_and_wait(*made, 4096, bytes.span(0, 8192)).has_value());
        auto second = first.power_cut({.seed = seed + 1});
        EXPECT_EQ(second->peek("a", 4096, 8192), as_chars(bytes.span(0, 8192)));
        auto third = second->power_cut({});
        EXPECT_EQ(third->peek("a", 4096, 8192), as_chars(bytes.span(0, 8192)));
    }
}

TEST(simulated_power, a_write_in_flight_is_lost_kept_or_torn_by_sector) {
    std::set<std::string> fates;
    auto bytes = pattern(8192, 1);
    std::string const whole(as_chars(bytes.span(0, 8192)));
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        sim_device first({.seed = seed, .schedule = sim_schedule::manual});
        auto made = synced_file(first, "a", 8192);
        result<void> outcome;
        bool completed = false;
        made->write_durable(0, bytes.span(0, 8192), [&](result<void> r) {
            outcome = std::move(r);
            completed = true;
        });
        auto second = first.power_cut({});
        ASSERT_TRUE(completed);
        ASSERT_TRUE(outcome.has_error());
        EXPECT_EQ(outcome.error().code, error::io_failed);
        auto kept = second->peek("a", 0, 8192);
        for (std::size_t sector = 0; sector < 16; ++sector) {
            auto part = kept.substr(sector * 512, 512);
            EXPECT_TRUE(part == std::string(512, '\0') || part == whole.substr(sector * 512, 512));
        }
        fates.insert(kept == whole ? "kept" : kept == std::string(8192, '\0') ? "lost" : "torn");
    }
    EXPECT_EQ(fates, (std::set<std::string>{"kept", "lost", "torn"}));
}

TEST(simulated_power, names_need_their_folder_synced) {
    sim_device first;
    ASSERT_TRUE(first.create_directory("segments", may_block).has_value());
    ASSERT_TRUE(first.create_zeroed("segments/a", 4096, may_block).has_value());
    ASSERT_TRUE(first.sync_directory("segments", may_block).has_value());
    auto second = first.power_cut({});
    EXPECT_TRUE(second->list("", may_block).value().empty()) << "the folder itself was not synced";

    sim_device third;
    ASSERT_TRUE(third.create_directory("segments", may_block).has_value());
    ASSERT_TRUE(third.sync_directory("", may_block).has_value());
    ASSERT_TRUE(third.create_zeroed("segments/a", 4096, may_block).has_value());
    ASSERT_TRUE(third.sync_directory("segments", may_block).has_value());
    ASSERT_TRUE(third.create_zeroed("segments/b", 4096, may_block).has_value());
    auto fourth = third.power_cut({});
    EXPECT_EQ(fourth->list("segments", may_block).value(), std::vector<std::string>{"a"});
}

TEST(simulated_power, an_unsynced_removal_may_be_undone) {
    std::set<std::size_t> counts;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        sim_device first({.seed = seed});
        synced_file(first, "a", 4096);
        ASSERT_TRUE(first.remove("a", may_block).has_value());
        counts.insert(first.power_cut({})->files().size());
    }
    EXPECT_EQ(counts, (std::set<std::size_t>{0, 1}));
}

TEST(simulated_power, volatile_writes_and_lies_can_be_lost) {
    for (bool lying : {false, true}) {
        std::set<bool> kept;
        for (std::uint64_t seed = 1; seed <= 50; ++seed) {
            sim_device first({.seed = seed});
            auto made = synced_file(first, "a", 4096);
            auto bytes = pattern(4096, seed);
            bool done = false;
            auto completion = [&](result<void> outcome) { done = outcome.has_value(); };
            if (lying) {
                first.lie_about_write(1);
                made->write_durable(0, bytes.span(0, 4096), completion);
            } else {
                made->write_volatile(0, bytes.span(0, 4096), completion);
            }
            ASSERT_TRUE(done);
            EXPECT_EQ(first.peek("a", 0, 4096), as_chars(bytes.span(0, 4096)));
            kept.insert(first.power_cut({})->peek("a", 0, 4096) == as_chars(bytes.span(0, 4096)));
        }
        EXPECT_EQ(kept, (std::set<bool>{false, true}));
    }
}

TEST(simulated_power, after_the_cut_the_old_device_refuses_everything) {
    sim_device first;
    auto made = synced_file(first, "a", 4096);
    bool told = false;
    first.power_off_at(1, [&] { told = true; });
    auto bytes = pattern(4096, 1);
    EXPECT_TRUE(write_and_wait(*made, 0, bytes.span(0, 4096)).has_error());
    EXPECT_TRUE(told);
    EXPECT_FALSE(first.is_powered());
    aligned_buffer into(4096);
    EXPECT_TRUE(made->read(0, into.span(0, 4096), may_block).has_error());
    EXPECT_TRUE(first.open("a", may_block).has_error());
    EXPECT_TRUE(first.create_zeroed("b", 4096, may_block).has_error());
    EXPECT_TRUE(first.sync_directory("", may_block).has_error());
    EXPECT_EQ(first.power_cut({})->files().size(), 1u);
}

TEST(simulated_power, planned_failures_hit_the_planned_operation) {
    sim_device only;
    auto made = synced_file(only, "a", 8192);
    auto bytes = pattern(4096, 1);
    only.fail_write(2, error::no_space);
    only.fail_read(1);
    EXPECT_TRUE(write_and_wait(*made, 0, bytes.span(0, 4096)).has_value());
    auto failed = write_and_wait(*made, 0, bytes.span(0, 4096));
    ASSERT_TRUE(failed.has_error());
    EXPECT_EQ(failed.error().code, error::no_space);
    EXPECT_TRUE(write_and_wait(*made, 0, bytes.span(0, 4096)).has_value());
    aligned_buffer into(4096);
    EXPECT_TRUE(made->read(0, into.span(0, 4096), may_block).has_error());
    EXPECT_TRUE(made->read(0, into.span(0, 4096), may_block).has_value());
    only.flip_byte("a", 17, 0x01);
    auto flipped = only.peek("a", 0, 4096);
    EXPECT_EQ(flipped[17] ^ 0x01, as_chars(bytes.span(0, 4096))[17]);
    only.set_capacity(12288);
    EXPECT_EQ(only.create_zeroed("b", 8192, may_block).error().code, error::no_space);
    EXPECT_EQ(only.free_bytes(may_block).value(), 4096u);
}

TEST(simulated_power, paused_writes_wait_for_resume) {
    sim_device only({.schedule = sim_schedule::background});
    auto made = synced_file(only, "a", 8192);
    auto bytes = pattern(4096, 1);
    only.pause();
    std::promise<result<void>> done;
    made->write_durable(0, bytes.span(0, 4096),
                        [&](result<void> outcome) { done.set_value(std::move(outcome)); });
    EXPECT_EQ(only.in_flight(), 1u);
    only.resume();
    EXPECT_TRUE(done.get_future().get().has_value());
}

TEST(simulated_power, copies_are_independent) {
    sim_device original;
    auto made = synced_file(original, "a", 4096);
    auto copied = original.copy({});
    copied->flip_byte("a", 0);
    EXPECT_EQ(original.peek("a", 0, 1)[0], '\0');
    EXPECT_EQ(copied->peek("a", 0, 1)[0], '\xff');
}

}  // namespace
}  // namespace sluice::flash::contract
