#include "backend/store/log_key_map.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "gateway/core/bytes.hpp"
#include "gateway/core/random.hpp"

namespace sluice::store {
namespace {

TEST(log_key_map, the_newest_offset_of_a_key_counts) {
    log_key_map map(mebibyte);
    EXPECT_EQ(map.find("a"), log_offset{-1});
    EXPECT_TRUE(map.put("a", log_offset{3}));
    EXPECT_TRUE(map.put("", log_offset{4}));
    EXPECT_TRUE(map.put("a", log_offset{9}));
    EXPECT_TRUE(map.put("a", log_offset{5}));
    EXPECT_EQ(map.find("a"), log_offset{9});
    EXPECT_EQ(map.find(""), log_offset{4});
    EXPECT_EQ(map.find("b"), log_offset{-1});
    EXPECT_EQ(map.size(), 2u);
}

TEST(log_key_map, many_keys_are_what_a_map_says) {
    log_key_map map(4 * mebibyte);
    std::map<std::string, std::int64_t> all;
    seeded_random random(5);
    for (std::int64_t offset = 0; offset < 60'000; ++offset) {
        auto const key = "key " + std::to_string(random.below(20'000));
        ASSERT_TRUE(map.put(key, log_offset{offset}));
        all[key] = offset;
    }
    EXPECT_EQ(map.size(), all.size());
    for (auto const& [key, offset] : all) ASSERT_EQ(map.find(key), log_offset{offset});
}

TEST(log_key_map, is_full_at_its_bytes_and_still_knows_its_keys) {
    constexpr std::size_t most = 100'000;
    log_key_map map(most);
    std::int64_t keys = 0;
    while (map.put(std::to_string(keys), log_offset{keys})) ++keys;
    EXPECT_LE(map.bytes(), most);
    EXPECT_GT(keys, 1500);   // of 24 bytes, and half of the room while it grows
    EXPECT_LT(keys, 4200);
    EXPECT_FALSE(map.put("one more", log_offset{1}));
    EXPECT_TRUE(map.put("7", log_offset{100'000}));
    EXPECT_EQ(map.find("7"), log_offset{100'000});
    EXPECT_EQ(map.find(std::to_string(keys - 1)), log_offset{keys - 1});
    EXPECT_EQ(map.find("one more"), log_offset{-1});
}

TEST(log_key_map, has_room_for_a_key_whatever_it_is_given) {
    log_key_map map(0);
    EXPECT_TRUE(map.put("a", log_offset{1}));
    EXPECT_EQ(map.find("a"), log_offset{1});
}

}  // namespace
}  // namespace sluice::store
