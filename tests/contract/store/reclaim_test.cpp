// Reclaim moves what lives and loses nothing; scrub finds what is damaged.
#include <gtest/gtest.h>

#include "backend/journal/segment_table.hpp"
#include "backend/store/audit_log.hpp"
#include "backend/store/payload_cache.hpp"
#include "backend/store/reaper.hpp"
#include "backend/store/reclaimer.hpp"
#include "backend/store/scrubber.hpp"
#include "backend/kv/key_space.hpp"
#include "tests/contract/store/store_world.hpp"

namespace sluice::test {
namespace {

using namespace store;

auto const here = blocking_token::for_this_thread();

class reclaim : public testing::TestWithParam<world_kind> {
protected:
    reclaim() { world.make_bucket("b"); }

    void fill() {
        for (int i = 0; i < 60; ++i) {
            auto const size = static_cast<std::size_t>(i % 6 == 0   ? 1'300'000
                                                       : i % 6 == 1 ? 150'000
                                                                    : 3'000 + i * 500);
            auto const key = "k" + std::to_string(i);
            world.put(key, pattern(size, i));
            expected[key] = pattern(size, i);
            world.run(append_audit(world.store(), {"record " + std::to_string(i)})).value();
        }
    }
    void check() {
        world.store().cache().clear();
        for (auto const& [key, bytes] : expected) ASSERT_EQ(world.get(key), bytes) << key;
        auto const page = world.run(read_audit(world.store(), {log_offset{0}})).value();
        ASSERT_EQ(page.records.size(), 60u);
        EXPECT_EQ(*page.records[59].value, "record 59");
    }
    std::vector<segment_id> sealed() {
        std::vector<segment_id> ids;
        for (auto const& one : world.store().journal().segments().list())
            if (one.state == journal::segment_state::sealed) ids.push_back(one.id);
        return ids;
    }
    store_world world{{.kind = GetParam(), .segment_bytes = 4 * 1024 * 1024}};
    std::map<std::string, std::string> expected;
};

TEST_P(reclaim, emptied_segments_lose_nothing_and_are_free) {
    fill();
    auto const before = sealed();
    ASSERT_GE(before.size(), 3u);
    for (auto const segment : before)
        ASSERT_TRUE(world.store().reclaim().empty_segment(segment, here));
    check();
    ASSERT_TRUE(world.store().journal().flush_index(here));
    EXPECT_GE(world.store().journal().segments().recycle(here).value(), before.size() - 1);
    check();
    world.reopen();
    check();
    EXPECT_EQ(world.store().scrub().run_once(here).value(), 0u);
    for (auto const& [key, bytes] : expected)
        EXPECT_TRUE(world.run(delete_object(world.store(), {"b", key, {}, {}})).value());
    ASSERT_TRUE(world.store().reaping().run_once(here));
    auto const range = kv::key_space::payload_heads();
    auto const view = world.store().journal().published();
    EXPECT_FALSE(world.store()
                     .index()
                     .scan(view->index, kv::family::payload, range.lower, range.upper,
                           kv::read_tier::may_block)
                     ->valid());
}

TEST_P(reclaim, a_run_takes_the_segments_that_are_mostly_dead) {
    fill();
    for (int i = 0; i < 60; ++i) {
        if (i % 10 == 0) continue;
        auto const key = "k" + std::to_string(i);
        EXPECT_TRUE(world.run(delete_object(world.store(), {"b", key, {}, {}})).value());
        expected.erase(key);
    }
    ASSERT_TRUE(world.store().reaping().run_once(here));
    EXPECT_GT(world.store().reclaim().run_once(here).value(), 0u);
    check();
    world.reopen();   // live bytes are counted anew
    EXPECT_TRUE(world.store().reclaim().run_once(here));
    check();
}

TEST_P(reclaim, readers_keep_their_bytes_while_segments_move) {
    fill();
    std::vector<opened_object> opened;
    for (auto const& [key, bytes] : expected)
        opened.push_back(world.run(open_object(world.store(), {"b", key})).value());
    world.store().cache().clear();
    for (auto const segment : sealed())
        ASSERT_TRUE(world.store().reclaim().empty_segment(segment, here));
    ASSERT_TRUE(world.store().journal().flush_index(here));
    ASSERT_TRUE(world.store().journal().segments().recycle(here));
    for (int i = 0; i < 10; ++i) world.put("new" + std::to_string(i), pattern(1'000'000, 100 + i));
    for (auto const& object : opened) {
        auto reader = world.run(object.read()).value();
        EXPECT_EQ(world.run(read_all(std::move(reader))).value(), expected[object.stat().key]);
    }
}

INSTANTIATE_TEST_SUITE_P(stores, reclaim,
                         testing::Values(world_kind::simulated, world_kind::folder),
                         [](auto const& info) {
                             return info.param == world_kind::simulated ? "simulated" : "folder";
                         });

TEST(scrub, finds_the_frame_that_is_damaged) {
    std::vector<std::string> told;
    world_options options{.segment_bytes = 4 * 1024 * 1024};
    options.on_failure = [&](std::string_view where, failure const& what) {
        told.push_back(std::string(where) + ", " + what.describe());
    };
    store_world world{std::move(options)};
    world.make_bucket("b");
    for (int i = 0; i < 40; ++i) world.put("k" + std::to_string(i), pattern(240'000, i));
    EXPECT_EQ(world.store().scrub().run_once(here).value(), 0u);
    EXPECT_TRUE(told.empty());
    std::string damaged_file;
    auto const needle = pattern(240'000, 3).substr(100'000, 64);
    for (auto const& [path, size] : world.device().files()) {
        auto const at = world.device().peek(path, 0, size).find(needle);
        if (at == std::string::npos) continue;
        world.device().flip_byte(path, at);
        damaged_file = path;
    }
    EXPECT_EQ(world.store().scrub().run_once(here).value(), 1u);
    ASSERT_EQ(world.store().scrub().damaged().size(), 1u);
    EXPECT_EQ(world.store().counters().scrub_corrupt, 1u);
    auto const place = world.store().scrub().damaged().front();
    EXPECT_TRUE(place.starts_with(damaged_file + " at ")) << place;
    EXPECT_EQ(told, std::vector<std::string>{"scrub, corrupt: " + place});
    EXPECT_EQ(world.store().scrub().run_once(here).value(), 1u);
    EXPECT_EQ(world.store().scrub().damaged().size(), 1u) << "one place, however often it is found";
}

}  // namespace
}  // namespace sluice::test
