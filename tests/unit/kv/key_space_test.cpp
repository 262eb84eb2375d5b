#include "backend/kv/key_space.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>

#include "backend/kv/key_codec.hpp"

namespace sluice::kv::key_space {
namespace {

// Texts that stress the escape: zeroes, the marks' own bytes, prefixes of each other.
std::string random_text(std::mt19937_64& random) {
    static constexpr char alphabet[] = {'\0', '\x01', '\x02', 'a', 'b', '/', '\xfe', '\xff'};
    std::string text;
    for (auto length = random() % 6; length > 0; --length)
        text.push_back(alphabet[random() % sizeof alphabet]);
    return text;
}

std::uint64_t random_number(std::mt19937_64& random) {
    switch (random() % 4) {
        case 0: return random() % 3;
        case 1: return ~std::uint64_t{0} - random() % 3;
        default: return random() >> (random() % 64);
    }
}

TEST(key_space, objects_sort_by_dataset_key_and_newest_version) {
    std::mt19937_64 random(1);
    std::vector<object_key> keys;
    for (int i = 0; i < 600; ++i)
        keys.push_back({dataset_id{random() % 3}, random_text(random),
            object_version{random_number(random)}});
    auto order = [](object_key const& a, object_key const& b) {
        return std::tuple(a.dataset, a.key, ~to_underlying(a.version)) <
               std::tuple(b.dataset, b.key, ~to_underlying(b.version));
    };
    for (auto const& a : keys)
        for (auto const& b : keys)
            ASSERT_EQ(object(a.dataset, a.key, a.version) < object(b.dataset, b.key, b.version),
                      order(a, b))
                << describe(object(a.dataset, a.key, a.version)) << " and "
                << describe(object(b.dataset, b.key, b.version));
}

TEST(key_space, every_key_is_taken_apart_as_it_was_built) {
    std::mt19937_64 random(2);
    for (int i = 0; i < 2000; ++i) {
        auto a = random_number(random), b = random_number(random), c = random_number(random);
        auto text = random_text(random), other = random_text(random);
        auto half = static_cast<std::uint32_t>(b);
        auto partition = partition_index{static_cast<std::int32_t>(b & 0x7fffffff)};
        auto base = log_offset{static_cast<std::int64_t>(c >> 1)};
        ASSERT_EQ(parse_bucket(bucket(text)).value(), text);
        ASSERT_EQ(parse_identity(identity(text, other)).value(), (identity_key{text, other}));
        ASSERT_EQ(parse_object(object(dataset_id{a}, text, object_version{c})).value(),
                  (object_key{dataset_id{a}, text, object_version{c}}));
        ASSERT_EQ(parse_upload(upload(dataset_id{a}, text, upload_id{c})).value(),
                  (upload_key{dataset_id{a}, text, upload_id{c}}));
        ASSERT_EQ(parse_part(part(upload_id{a}, half)).value(), (part_key{upload_id{a}, half}));
        ASSERT_EQ(parse_payload_head(payload_head(payload_id{a})).value(), payload_id{a});
        ASSERT_EQ(parse_extent(extent(payload_id{a}, c)).value(), (extent_key{payload_id{a}, c}));
        auto segment = segment_id{static_cast<std::uint32_t>(a)};
        ASSERT_EQ(parse_reverse_entry(reverse_entry(segment, half)).value(),
                  (reverse_key{segment, half}));
        ASSERT_EQ(parse_log_state(log_state(dataset_id{a}, partition)).value(),
                  (log_key{dataset_id{a}, partition}));
        ASSERT_EQ(parse_log_run(log_run(dataset_id{a}, partition, base)).value(),
                  (log_run_key{dataset_id{a}, partition, base}));
    }
}

bool within(key_range const& range, std::string const& key) { return key >= range.lower &&
    key < range.upper; }

TEST(key_space, object_ranges_hold_exactly_the_keys_with_the_prefix_behind_after) {
    std::mt19937_64 random(3);
    for (int i = 0; i < 20'000; ++i) {
        auto prefix = random_text(random), after = random_text(random), text = random_text(random);
        if (random() % 2) text = prefix + text;
        if (random() % 3 == 0) after = text;
        auto dataset = dataset_id{1 + random() % 2};
        auto key = object(dataset, text, object_version{random_number(random)});
        bool expected = dataset == dataset_id{1} && text.starts_with(prefix) &&
            (after.empty() || text > after);
        ASSERT_EQ(within(objects(dataset_id{1}, prefix, after), key), expected)
            << quoted(text) << " prefix " << quoted(prefix) << " after " << quoted(after);
        ASSERT_EQ(within(object_versions(dataset_id{1}, prefix), key), dataset == dataset_id{1} &&
                  text == prefix);
        if (dataset != dataset_id{1}) continue;
        ASSERT_EQ(key >= past_object(dataset, after), text > after);
        ASSERT_EQ(key >= past_object_prefix(dataset, prefix), text > prefix &&
                  !text.starts_with(prefix));
    }
}

TEST(key_space, bucket_ranges_hold_exactly_the_names_with_the_prefix_behind_after) {
    std::mt19937_64 random(4);
    for (int i = 0; i < 20'000; ++i) {
        auto prefix = random_text(random), after = random_text(random), name = random_text(random);
        if (random() % 2) name = prefix + name;
        bool expected = name.starts_with(prefix) && (after.empty() || name > after);
        ASSERT_EQ(within(buckets(prefix, after), bucket(name)), expected);
        ASSERT_TRUE(within(buckets(), bucket(name)));
    }
}

TEST(key_space, number_ranges_hold_their_own_and_nothing_of_the_neighbours) {
    std::mt19937_64 random(5);
    for (int i = 0; i < 5000; ++i) {
        auto a = random_number(random), b = random() % 2 ? a : random_number(random);
        auto tail = random_number(random);
        auto p = partition_index{static_cast<std::int32_t>(random() % 3)};
        auto q = partition_index{static_cast<std::int32_t>(random() % 3)};
        ASSERT_EQ(within(extents(payload_id{a}), extent(payload_id{b}, tail)), a == b);
        ASSERT_EQ(within(parts(upload_id{a}), part(upload_id{b}, static_cast<std::uint32_t>(tail))),
                  a == b);
        auto left = segment_id{static_cast<std::uint32_t>(a)},
            right = segment_id{static_cast<std::uint32_t>(b)};
        ASSERT_EQ(within(reverse_entries(left),
                         reverse_entry(right, static_cast<std::uint32_t>(tail))), left == right);
        auto run = log_run(dataset_id{b}, q, log_offset{static_cast<std::int64_t>(tail >> 1)});
        ASSERT_EQ(within(log_runs(dataset_id{a}, p), run), a == b && p == q);
        ASSERT_EQ(within(log_runs(dataset_id{a}), run), a == b);
        ASSERT_EQ(within(log_states(dataset_id{a}), log_state(dataset_id{b}, q)), a == b);
    }
}

TEST(key_space, log_runs_sort_by_base_offset) {
    std::mt19937_64 random(6);
    for (int i = 0; i < 5000; ++i) {
        auto a = log_offset{static_cast<std::int64_t>(random_number(random) >> 1)};
        auto b = log_offset{static_cast<std::int64_t>(random_number(random) >> 1)};
        ASSERT_EQ(log_run(dataset_id{1}, partition_index{0}, a) < log_run(dataset_id{1},
            partition_index{0}, b),
                  to_underlying(a) < to_underlying(b));
    }
}

TEST(key_space, bytes_that_are_no_such_key_are_corrupt) {
    auto good = object(dataset_id{1}, "some/key", object_version{3});
    for (std::size_t length = 0; length < good.size(); ++length)
        EXPECT_EQ(parse_object(std::string_view(good).substr(0, length)).error().code,
                  error::corrupt);
    EXPECT_EQ(parse_object(good + "x").error().code, error::corrupt);
    EXPECT_EQ(parse_upload(good).error().code, error::corrupt);
    EXPECT_EQ(parse_bucket("").error().code, error::corrupt);
    EXPECT_EQ(parse_identity("pkind without end").error().code, error::corrupt);
    EXPECT_EQ(parse_object(std::string("o\0\0\0\0\0\0\0\1a\0\2\0\1", 14)).error().code,
              error::corrupt);
    EXPECT_EQ(parse_log_state(std::string("d\0\0\0\0\0\0\0\1\x80\0\0\0", 13)).error().code,
              error::corrupt);
    EXPECT_EQ(parse_log_run(std::string("e\0\0\0\0\0\0\0\1\0\0\0\0\x80\0\0\0\0\0\0\0",
                                        21)).error().code,
              error::corrupt);
}

TEST(key_space, past_prefix_is_the_first_string_behind_all_with_the_prefix) {
    EXPECT_EQ(past_prefix("ab"), "ac");
    EXPECT_EQ(past_prefix("a\xff\xff"), "b");
    EXPECT_EQ(past_prefix("\xff\xff"), "");
    EXPECT_EQ(past_prefix(""), "");
    EXPECT_EQ(past_key("ab"), std::string("ab\0", 3));
}

TEST(key_space, describes_keys_for_people) {
    EXPECT_EQ(describe(object(dataset_id{7}, "a/\xc3", object_version{3})),
              "object dataset 7 key 'a/\\xc3' version 3");
    EXPECT_EQ(describe(bucket("b")), "bucket 'b'");
    EXPECT_EQ(describe(extent(payload_id{5}, 4096)), "extent of payload 5 at 4096");
    EXPECT_EQ(describe("o\x01"), "unreadable key 6f01");
    EXPECT_EQ(describe("?"), "unknown key 3f");
    EXPECT_EQ(describe(""), "empty key");
}

}  // namespace
}  // namespace sluice::kv::key_space
