// The small pieces under payloads: extents, frames, cache, pins, records.
#include <gtest/gtest.h>

#include <algorithm>

#include "backend/store/frame_pool.hpp"
#include "backend/store/object_records.hpp"
#include "backend/store/payload_cache.hpp"
#include "backend/store/payload_pins.hpp"
#include "backend/store/payload_state.hpp"
#include "backend/store/read_buffers.hpp"
#include "gateway/core/random.hpp"

namespace sluice::store {
namespace {

constexpr std::uint64_t full = 1024 * 1024;

journal::location place(std::uint32_t segment, std::uint64_t offset) {
    return {segment_id{segment}, static_cast<std::uint32_t>(offset)};
}

// A stored length is only said where it is another one, so that what was written before is read.
TEST(object_records, say_a_stored_length_of_its_own) {
    object_record record;
    record.size = record.stored = 5;
    record.bytes = "hello";
    record.etag = "e";
    auto const plain = encode(record);
    EXPECT_EQ(plain[8], 1);
    EXPECT_EQ(decode_object(plain).value().stored, 5u);
    record.size = 3;
    auto const other = encode(record);
    EXPECT_EQ(other[8], 2);
    EXPECT_EQ(other.size(), plain.size() + 1);
    EXPECT_EQ(decode_object(other).value().size, 3u);
    EXPECT_EQ(decode_object(other).value().stored, 5u);
    EXPECT_TRUE(decode_object(other.substr(0, other.size() - 1)).has_error());
    auto wrong = other;
    wrong.back() = 6;
    EXPECT_TRUE(decode_object(wrong).has_error());

    part_record part;
    part.size = part.stored = 100;
    part.payload = payload_id{7};
    EXPECT_EQ(encode(part)[8], 1);
    EXPECT_EQ(decode_part(encode(part)).value().stored, 100u);
    part.size = 52;
    EXPECT_EQ(encode(part)[8], 2);
    EXPECT_EQ(decode_part(encode(part)).value().size, 52u);
    EXPECT_EQ(decode_part(encode(part)).value().stored, 100u);
}

TEST(extents, neighbours_join_in_whatever_order_they_arrive) {
    struct frame {
        std::uint64_t offset, length;
        journal::location at;
    };
    auto const stride = bulk_stride(full);
    std::vector<frame> frames{
        {0, full, place(1, 8192)},
        {full, full, place(1, 8192 + stride)},
        {2 * full, full, place(1, 8192 + 3 * stride)},  // another stream lies between
        {3 * full, full, place(2, 8192)},
        {4 * full, 100, place(2, 8192 + stride)}};
    seeded_random random(3);
    for (int round = 0; round < 50; ++round) {
        extent_builder builder(full);
        for (std::size_t i = frames.size(); i > 1; --i)
            std::swap(frames[i - 1], frames[random.below(i)]);
        for (auto const& one : frames) builder.add(one.offset, one.length, one.at);
        auto const extents = builder.take();
        ASSERT_EQ(extents.size(), 3u);
        EXPECT_EQ(extents[0].frames.length, 2 * full);
        EXPECT_EQ(extents[0].frames.frame_at(full), place(1, 8192 + stride));
        EXPECT_EQ(extents[1].offset, 2 * full);
        EXPECT_EQ(extents[2].frames.length, full + 100);
        EXPECT_EQ(extents[2].frames.frames(), 2u);
        EXPECT_EQ(extents[2].frames.frame_at(full + 99), place(2, 8192 + stride));
    }
}

TEST(read_buffer_pools, large_buffers_are_used_again_up_to_a_number) {
    auto pool = std::make_unique<read_buffers>(1, full + 1);
    auto first = pool->take(full), second = pool->take(full - 1);
    auto* const kept = first->data();
    EXPECT_NE(kept, second->data());
    EXPECT_EQ(second->capacity(), full);
    EXPECT_TRUE(pool->is_scarce());
    first.reset();
    EXPECT_FALSE(pool->is_scarce());
    second.reset();  // one is kept already
    auto again = pool->take(full / 2);
    EXPECT_EQ(again->data(), kept);
    EXPECT_NE(pool->take(full)->data(), kept);
    EXPECT_EQ(pool->take(100)->capacity(), 4096u);  // small ones are of their own
    pool.reset();
    again->data()[0] = std::byte{1};  // outlives it
}

TEST(frame_pools, waiting_is_first_come_first_served_and_bounded) {
    store_metrics metrics;
    frame_pool pool(2, 1, full, metrics);
    auto a = pool.try_take(), b = pool.try_take();
    EXPECT_EQ(pool.try_take(), nullptr);
    std::vector<int> order;
    std::vector<frame_pool::frame> got;
    for (int i = 0; i < 2; ++i)
        pool.take([&, i](frame_pool::frame frame) {
            order.push_back(i);
            got.push_back(std::move(frame));
        });
    EXPECT_TRUE(order.empty());
    pool.give_back(std::move(a));
    EXPECT_EQ(pool.try_take(), nullptr);
    pool.give_back(std::move(b));
    EXPECT_EQ(order, (std::vector<int>{0, 1}));
    for (auto& frame : got) pool.give_back(std::move(frame));
    EXPECT_EQ(metrics.frames_in_use, 0u);
    EXPECT_EQ(metrics.frames_in_use_peak, 2u);
}

TEST(frame_pools, who_gives_up_gets_none_and_holds_up_nobody) {
    store_metrics metrics;
    frame_pool pool(1, 1, full, metrics);
    auto only = pool.try_take();
    EXPECT_FALSE(pool.has_waiters());
    std::optional<frame_pool::frame> impatient, patient;
    auto const first =
        pool.take([&](frame_pool::frame frame) { impatient.emplace(std::move(frame)); });
    auto const second =
        pool.take([&](frame_pool::frame frame) { patient.emplace(std::move(frame)); });
    EXPECT_TRUE(pool.has_waiters());
    pool.give_up(first);
    ASSERT_TRUE(impatient.has_value());
    EXPECT_EQ(*impatient, nullptr);
    EXPECT_FALSE(patient.has_value());
    pool.give_back(std::move(only));
    ASSERT_TRUE(patient.has_value());
    EXPECT_NE(*patient, nullptr);
    pool.give_up(second);  // too late
    EXPECT_FALSE(pool.has_waiters());
    pool.give_back(std::move(*patient));
    EXPECT_EQ(metrics.frames_in_use, 0u);
}

chunk bytes_of(std::string text) {
    auto kept = std::make_shared<std::string const>(std::move(text));
    return chunk(kept, *kept);
}

TEST(payload_caches, keep_what_is_used_within_their_bytes) {
    payload_cache cache(64 * 1024, 1);
    for (std::uint64_t i = 1; i <= 100; ++i) {
        cache.put({payload_id{i}, 0}, bytes_of(std::string(2000, static_cast<char>(i))));
        EXPECT_FALSE(cache.find({payload_id{1}, 0}).empty()) << i;   // used again and again
        EXPECT_LE(cache.bytes(), 64u * 1024);
    }
    EXPECT_TRUE(cache.find({payload_id{50}, 0}).empty());
    EXPECT_EQ(cache.find({payload_id{100}, 0}).bytes(), std::string(2000, 100));
    EXPECT_TRUE(cache.find({payload_id{100}, 1}).empty());
    cache.put({payload_id{200}, 0}, bytes_of(std::string(60'000, 'x')));  // would push out too much
    EXPECT_TRUE(cache.find({payload_id{200}, 0}).empty());
    auto const held = cache.find({payload_id{100}, 0});
    cache.clear();
    EXPECT_EQ(held.bytes().size(), 2000u);
    EXPECT_EQ(cache.bytes(), 0u);
}

TEST(payload_pinning, pinned_and_dying_exclude_each_other) {
    payload_pins pins;
    auto const id = payload_id{5};
    auto first = pins.take(id);
    auto second = pins.take(id);
    EXPECT_FALSE(pins.begin_removal(id));
    first = {};
    EXPECT_FALSE(pins.begin_removal(id));
    auto moved = std::move(second);
    second = {};
    EXPECT_FALSE(pins.begin_removal(id));
    moved = {};
    EXPECT_TRUE(pins.begin_removal(id));
    EXPECT_FALSE(pins.take(id).holds());
    EXPECT_TRUE(pins.take(payload_id{6}).holds());
    pins.end_removal(id);
    EXPECT_TRUE(pins.take(id).holds());
}

// Every cut of a record is corrupt; the whole comes back.
template <class Record, class Decode>
void expect_round_trip(Record const& record, Decode decode) {
    auto const bytes = encode(record);
    auto const back = decode(bytes);
    ASSERT_TRUE(back);
    EXPECT_EQ(encode(*back), bytes);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        EXPECT_FALSE(decode(std::string_view(bytes).substr(0, i))) << i;
    EXPECT_FALSE(decode(bytes + "x"));
}

TEST(records, round_trip_and_refuse_cuts) {
    object_record object;
    object.size = object.stored = 3;
    object.modified = unix_millis{-5};
    object.etag = "abc";
    object.attributes = "attributes";
    object.part_count = 3;
    object.upload = upload_id{77};
    object.bytes = "xyz";
    expect_round_trip(object, decode_object);
    object.bytes.clear();
    object.payload = payload_id{1'000'000};
    expect_round_trip(object, decode_object);
    expect_round_trip(bucket_record{{}, dataset_id{9}, principal_id{2}, unix_millis{5}, "settings"},
                      decode_bucket);
    bucket_record shared{{}, dataset_id{9}, principal_id{2}, unix_millis{5}, "settings"};
    shared.access = "list";
    expect_round_trip(shared, decode_bucket);
    shared.versions = versioning::suspended;
    expect_round_trip(shared, decode_bucket);
    expect_round_trip(upload_record{{}, principal_id{2}, unix_millis{5}, "attributes"},
                      decode_upload);
    part_record part;
    part.size = part.stored = 10;
    part.etag = "e";
    part.payload = payload_id{4};
    for (std::uint8_t algorithm = 1; algorithm <= 10; ++algorithm)
        part.checksums.push_back(
            {checksum_algorithm{algorithm}, checksum_scope::full_object, "1234"});
    expect_round_trip(part, decode_part);
    expect_round_trip(payload_head{payload_kind::composed, 0, 0, 2, 1'000, 5}, decode_payload_head);
    expect_round_trip(frames_extent{place(3, 8192), full, 5 * full + 1},
                      [](std::string_view bytes) -> result<frames_extent> {
                          SLUICE_TRY(auto record, decode_extent(bytes));
                          return record.frames;
                      });
    part_extent extent;
    extent.payload = payload_id{8};
    extent.length = 10;
    extent.number = 3;
    extent.checksums = part.checksums;
    expect_round_trip(extent, [](std::string_view bytes) -> result<part_extent> {
        SLUICE_TRY(auto record, decode_extent(bytes));
        return record.part;
    });
    reverse_record reverse;
    reverse.payload = payload_id{3};
    reverse.length = 4;
    expect_round_trip(reverse, decode_reverse);
}

}  // namespace
}  // namespace sluice::store
