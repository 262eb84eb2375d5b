// Large streams in bounded memory, readers of large objects, writers that give up, and the full
// device.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <thread>

#include "backend/journal/segment_table.hpp"
#include "backend/store/payload_cache.hpp"
#include "backend/store/reaper.hpp"
#include "tests/contract/store/store_world.hpp"

namespace sluice::test {
namespace {

using namespace store;

auto const here = blocking_token::for_this_thread();

task<result<object_stat>> put_large(engine& store, std::string key, std::uint64_t size) {
    std::string const piece = pattern(300'000, size);
    payload_writer writer(store, size);
    for (std::uint64_t sent = 0; sent < size;) {
        auto const count = std::min<std::uint64_t>(piece.size(), size - sent);
        SLUICE_CO_CHECK(co_await writer.append(as_bytes(std::string_view(piece).substr(0, count))));
        sent += count;
    }
    SLUICE_CO_TRY(auto payload, co_await writer.finish());
    co_return co_await put_object(store, put_request(std::move(key), std::move(payload)));
}

task<result<std::uint64_t>> check_large(engine& store, std::string key, std::uint64_t size) {
    std::string const piece = pattern(300'000, size);
    open_object_request wanted{"b", std::move(key)};
    SLUICE_CO_TRY(auto object, co_await open_object(store, std::move(wanted)));
    SLUICE_CO_TRY(auto reader, co_await object.read());
    std::uint64_t at = 0;
    for (;;) {
        SLUICE_CO_TRY(auto const chunk, co_await reader.next());
        if (chunk.empty()) co_return at;
        for (auto rest = chunk.bytes(); !rest.empty();) {
            auto const within = at % piece.size();
            auto const count = std::min(rest.size(), piece.size() - within);
            if (rest.substr(0, count) != std::string_view(piece).substr(within, count))
                co_return failure{error::corrupt, "differs near " + std::to_string(at)};
            rest.remove_prefix(count);
            at += count;
        }
    }
}

TEST(payload_streams, a_large_stream_stays_within_its_frames) {
    store_world world{{.segment_bytes = 32 * 1024 * 1024}};
    world.make_bucket("b");
    std::uint64_t const size = 200 * mebibyte + 12'345;
    EXPECT_EQ(world.run(put_large(world.store(), "large", size)).value().size, size);
    auto const counters = world.store().counters();
    EXPECT_EQ(counters.frames_in_use, 0u);
    EXPECT_LE(counters.frames_in_use_peak, world.store().limits().payload_frames_in_flight + 1u);
    EXPECT_EQ(world.run(check_large(world.store(), "large", size)).value(), size);
    EXPECT_LT(world.store().counters().cache_bytes, mebibyte);
}

// Fills room and appends by turns, leaving some room unfilled and some untouched.
task<result<std::uint64_t>> put_through_room(engine& store, std::string const& bytes,
                                             std::optional<std::uint64_t> expected,
                                             std::uint64_t seed) {
    std::mt19937_64 random(seed);
    payload_writer writer(store, expected);
    std::string_view rest = bytes;
    while (!rest.empty()) {
        auto given = co_await writer.room();
        if (given.has_error()) co_return given.error();
        if (random() % 8 == 0) continue;
        std::size_t const most = random() % 3 == 0 ? 100 : 90'000;
        auto const count = std::min({rest.size(), given->size(), random() % most});
        std::memcpy(given->data(), rest.data(), count);
        if (random() % 4 != 0) {
            writer.filled(count);
        } else {
            SLUICE_CO_CHECK(co_await writer.append(as_bytes(rest.substr(0, count))));
        }
        rest.remove_prefix(count);
        if (writer.length() != bytes.size() - rest.size()) co_return failure{error::corrupt, "length"};
    }
    SLUICE_CO_TRY(auto payload, co_await writer.finish());
    SLUICE_CO_TRY(auto put,
                  co_await put_object(store, put_request("room", std::move(payload))));
    co_return put.size;
}

TEST(payload_streams, bytes_received_in_place_are_the_same) {
    store_world world{{.segment_bytes = 32 * 1024 * 1024}};
    world.make_bucket("b");
    std::uint64_t seed = 1;
    for (std::size_t const size : {1u, 2048u, 60'000u, 262'144u, 262'145u, 3'000'000u}) {
        auto const bytes = pattern(size, size);
        for (std::optional<std::uint64_t> expected :
             {std::optional<std::uint64_t>{}, std::optional<std::uint64_t>{size},
              std::optional<std::uint64_t>{size / 2}, std::optional<std::uint64_t>{size * 2}}) {
            auto put = world.run(put_through_room(world.store(), bytes, expected, ++seed));
            ASSERT_TRUE(put) << put.error().describe();
            EXPECT_EQ(*put, size);
            EXPECT_EQ(world.get("room"), bytes) << size << " " << expected.value_or(0);
        }
    }
}

TEST(payload_streams, many_streams_share_the_frames_there_are) {
    store_limits limits;
    limits.payload_frames_total = 5;
    store_world world{{.limits = limits, .segment_bytes = 16 * 1024 * 1024}};
    world.make_bucket("b");
    std::vector<task<result<object_stat>>> puts;
    for (int i = 0; i < 4; ++i)
        puts.push_back(put_large(world.store(), "k" + std::to_string(i), 9'000'000 + i));
    for (auto const& done : world.run_all(std::move(puts))) EXPECT_TRUE(done);
    EXPECT_LE(world.store().counters().frames_in_use_peak, 5u);
    std::vector<task<result<std::uint64_t>>> checks;
    for (int i = 0; i < 4; ++i)
        checks.push_back(check_large(world.store(), "k" + std::to_string(i), 9'000'000 + i));
    for (auto const& done : world.run_all(std::move(checks)))
        EXPECT_TRUE(done) << done.error().describe();
}

store_limits with_one_frame() {
    store_limits limits;
    limits.payload_frames_total = 2;  // the least there is
    limits.payload_frame_wait = std::chrono::milliseconds(50);
    return limits;
}

// Takes a frame and fills a part of it.
task<result<std::uint64_t>> begin_large(payload_writer& writer) {
    std::string const bytes = pattern(300'000);
    SLUICE_CO_CHECK(co_await writer.append(as_bytes(bytes)));
    co_return writer.length();
}

TEST(payload_streams, a_stream_waits_for_a_frame_no_longer_than_it_may) {
    store_world world{{.limits = with_one_frame(), .segment_bytes = 16 * 1024 * 1024}};
    world.make_bucket("b");
    payload_writer first(world.store()), second(world.store());
    ASSERT_TRUE(world.run(begin_large(first)));
    ASSERT_TRUE(world.run(begin_large(second)));
    auto const refused = world.run(put_large(world.store(), "k", 3'000'000));
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().code, error::overloaded);
    EXPECT_EQ(refused.error().text, "limits.payload_frame_wait");
    // Both go on: nobody waits any more, however long they took.
    world.clock().advance(std::chrono::hours(1));
    EXPECT_TRUE(world.run(begin_large(first)));
    EXPECT_TRUE(world.run(begin_large(second)));
}

TEST(payload_streams, who_fills_a_frame_slowly_gives_it_up_to_those_who_wait) {
    auto limits = with_one_frame();
    limits.payload_frame_wait = std::chrono::minutes(10);
    store_world world{{.limits = limits, .segment_bytes = 16 * 1024 * 1024}};
    world.make_bucket("b");
    auto slow = std::make_unique<payload_writer>(world.store());
    auto other = std::make_unique<payload_writer>(world.store());
    ASSERT_TRUE(world.run(begin_large(*slow)));
    ASSERT_TRUE(world.run(begin_large(*other)));
    // While a put of several frames waits: in time it is nobody's fault, later it is.
    auto drip = [](store_world& world, std::unique_ptr<payload_writer>& slow,
                   std::unique_ptr<payload_writer>& other) -> task<result<std::uint64_t>> {
        SLUICE_CO_CHECK(co_await begin_large(*slow));
        world.clock().advance(std::chrono::seconds(21));
        auto const refused = co_await begin_large(*slow);
        slow.reset();
        other.reset();
        co_return refused;
    };
    auto put = [](store_world& world) -> task<result<std::uint64_t>> {
        SLUICE_CO_TRY(auto const stat, co_await put_large(world.store(), "k", 3'000'000));
        co_return stat.size;
    };
    std::vector<task<result<std::uint64_t>>> both;
    both.push_back(put(world));
    both.push_back(drip(world, slow, other));
    auto const done = world.run_all(std::move(both));
    EXPECT_EQ(done[0].value(), 3'000'000u);
    ASSERT_TRUE(done[1].has_error());
    EXPECT_EQ(done[1].error().text, "limits.payload_frame_fill");
}

TEST(payload_streams, what_is_given_up_leaves_nothing) {
    store_world world{{.segment_bytes = 4 * 1024 * 1024, .capacity_bytes = 130 * mebibyte}};
    world.make_bucket("b");
    auto give_up = [](engine& store) -> task<result<std::uint64_t>> {
        payload_writer writer(store);
        std::string const bytes = pattern(1'000'000);
        for (int i = 0; i < 6; ++i) {
            SLUICE_CO_CHECK(co_await writer.append(as_bytes(bytes)));
        }
        co_return writer.length();
    };
    // Together far more than the device holds.
    for (int round = 0; round < 40; ++round) {
        auto const written = world.run(give_up(world.store()));
        ASSERT_TRUE(written) << round << ": " << written.error().describe();
        // The writer is gone, its last frames are still on their way.
        while (world.store().counters().frames_in_use > 0) std::this_thread::yield();
        ASSERT_TRUE(world.store().journal().flush_index(here));
        ASSERT_TRUE(world.store().journal().segments().recycle(here));
    }
    world.close();   // the pool asserts that every frame came back, also those that were under way
}

TEST(payload_streams, a_payload_that_is_too_large_is_refused) {
    store_limits limits;
    limits.payload_bytes = 1'000'000;
    store_world world{{.limits = limits}};
    world.make_bucket("b");
    EXPECT_EQ(world.run(put_large(world.store(), "k", 1'000'001)).error().text,
              "limits.s3_object");
    EXPECT_EQ(world.store().counters().frames_in_use, 0u);
}

TEST(payload_streams, a_full_device_refuses_puts_and_still_deletes) {
    store_world world{{.segment_bytes = 4 * 1024 * 1024, .capacity_bytes = 120 * mebibyte}};
    world.make_bucket("b");
    int stored = 0;
    for (;; ++stored) {
        ASSERT_LT(stored, 100);
        auto const done =
            world.run(put_large(world.store(), "k" + std::to_string(stored), 3'000'000));
        if (done) continue;
        EXPECT_EQ(done.error().code, error::no_space) << done.error().describe();
        break;
    }
    ASSERT_GT(stored, 3);
    for (int i = 0; i < stored; ++i) {
        EXPECT_EQ(world.run(check_large(world.store(), "k" + std::to_string(i), 3'000'000)).value(),
                  3'000'000u);
        EXPECT_TRUE(world.run(delete_object(world.store(), {"b", "k" + std::to_string(i), {}, {}}))
                        .value());
    }
    ASSERT_TRUE(world.store().reaping().run_once(here));
    ASSERT_TRUE(world.store().journal().flush_index(here));
    ASSERT_TRUE(world.store().journal().segments().recycle(here));
    EXPECT_TRUE(world.run(put_large(world.store(), "again", 3'000'000)));
}

// A reader of a payload in several extents goes on after the object went; the reaper waits for it.
TEST(payload_streams, the_reaper_leaves_what_is_read) {
    store_world world{{.segment_bytes = 4 * 1024 * 1024}};
    world.make_bucket("b");
    auto const bytes = pattern(10'000'000);
    world.put("k", bytes);
    {
        auto const opened = world.run(open_object(world.store(), {"b", "k"})).value();
        EXPECT_TRUE(world.run(delete_object(world.store(), {"b", "k", {}, {}})).value());
        EXPECT_EQ(world.store().reaping().run_once(here).value(), 0u);
        auto reader = world.run(opened.read()).value();
        EXPECT_EQ(world.run(read_all(std::move(reader))).value(), bytes);
    }
    EXPECT_EQ(world.store().reaping().run_once(here).value(), 1u);
    EXPECT_EQ(world.store().reaping().run_once(here).value(), 0u);
}

TEST(payload_streams, a_restart_finds_what_is_left_to_reap) {
    store_world world{{.segment_bytes = 4 * 1024 * 1024}};
    world.make_bucket("b");
    world.put("k", pattern(10'000'000));
    EXPECT_TRUE(world.run(delete_object(world.store(), {"b", "k", {}, {}})).value());
    world.reopen();
    EXPECT_EQ(world.store().reaping().run_once(here).value(), 1u);
}

TEST(payload_streams, damaged_bytes_are_an_error_and_never_served) {
    store_world world{{.segment_bytes = 4 * 1024 * 1024}};
    world.make_bucket("b");
    world.put("k", pattern(100'000));
    world.store().cache().clear();
    // Where the frame's body is: the only place on the device that holds these bytes.
    auto const needle = pattern(100'000).substr(50'000, 64);
    bool flipped = false;
    for (auto const& [path, size] : world.device().files()) {
        auto const at = world.device().peek(path, 0, size).find(needle);
        if (at == std::string::npos) continue;
        world.device().flip_byte(path, at + 7);
        flipped = true;
    }
    ASSERT_TRUE(flipped);
    auto const read = world.try_get("k");
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, error::corrupt);
    EXPECT_NE(read.error().text.find("segments/"), std::string::npos) << read.error().text;
}

}  // namespace
}  // namespace sluice::test
