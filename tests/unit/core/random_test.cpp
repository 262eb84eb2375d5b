#include "gateway/core/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace sluice {
namespace {

TEST(random, the_same_seed_gives_the_same_sequence) {
    seeded_random one{7}, same{7}, other{8};
    bool differs = false;
    for (int i = 0; i < 100; ++i) {
        auto const drawn = one.next_u64();
        EXPECT_EQ(drawn, same.next_u64());
        differs = differs || drawn != other.next_u64();
    }
    EXPECT_TRUE(differs);
}

TEST(random, below_stays_below_and_reaches_everything) {
    seeded_random random{1};
    std::array<int, 10> seen{};
    for (int i = 0; i < 10000; ++i) ++seen.at(random.below(10));
    for (int count : seen) EXPECT_NEAR(count, 1000, 150);
    EXPECT_EQ(random.below(1), 0u);
    for (int i = 0; i < 1000; ++i) EXPECT_LT(random.below((1ull << 63) + 1), (1ull << 63) + 1);
}

TEST(random, partial_words_are_filled) {
    seeded_random random{3};
    for (std::size_t length = 0; length < 40; ++length) {
        std::string bytes(length + 1, '\x5a');
        random.fill(std::as_writable_bytes(std::span{bytes}).first(length));
        EXPECT_EQ(bytes.back(), '\x5a');
        if (length >= 16) {
            EXPECT_NE(bytes.substr(0, length), std::string(length, '\x5a'));
        }
    }
}

TEST(random, the_system_does_not_repeat_itself) {
    std::set<std::uint64_t> drawn;
    for (int i = 0; i < 1000; ++i) drawn.insert(system_random().next_u64());
    EXPECT_EQ(drawn.size(), 1000u);
    std::string large(100000, '\0');
    system_random().fill(std::as_writable_bytes(std::span{large}));
    EXPECT_NE(large.substr(50000), std::string(50000, '\0'));
}

}  // namespace
}  // namespace sluice
