#include "gateway/core/memory_allowance.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace sluice {
namespace {

TEST(MemoryAllowance, SharesTakeAndGiveBack) {
    memory_allowance all(100);
    {
        memory_share first(all), second(all);
        EXPECT_TRUE(first.resize(60));
        EXPECT_FALSE(second.resize(41)) << "refused";
        EXPECT_TRUE(second.resize(40)) << "a refusal took nothing";
        EXPECT_TRUE(first.resize(10));
        EXPECT_EQ(all.left(), 50u);
    }
    EXPECT_EQ(all.left(), 100u);
}

TEST(MemoryAccount, IsBoundByItself) {
    memory_account held(100, nullptr);
    EXPECT_TRUE(held.add(100));
    EXPECT_FALSE(held.has_room(1));
    EXPECT_FALSE(held.add(1));
    held.drop(51);
    EXPECT_TRUE(held.has_room(50));
    EXPECT_FALSE(held.has_room(51));
}

TEST(MemoryAccount, TakesItsShareInSteps) {
    constexpr auto step = memory_account::step;
    memory_allowance all(4 * step);
    std::optional<memory_account> held(std::in_place, 100 * step, &all);
    EXPECT_TRUE(held->add(step - 1));
    EXPECT_EQ(all.left(), 4 * step) << "little costs nothing";
    EXPECT_TRUE(held->add(2 * step));
    EXPECT_EQ(all.left(), 2 * step);
    held->drop(2 * step);
    EXPECT_EQ(all.left(), 4 * step);
    EXPECT_TRUE(held->add(3 * step));
    EXPECT_EQ(all.left(), step);
    held.reset();
    EXPECT_EQ(all.left(), 4 * step);
}

TEST(MemoryAccount, IsRefusedWhenTheOthersHoldEverything) {
    constexpr auto step = memory_account::step;
    memory_allowance all(2 * step);
    memory_account first(100 * step, &all), second(100 * step, &all);
    EXPECT_TRUE(first.add(2 * step));
    EXPECT_FALSE(second.add(2 * step));
    EXPECT_TRUE(second.has_room(0)) << "its own bound is not what refused";
    second.drop(2 * step);
    first.drop(2 * step);
    EXPECT_EQ(all.left(), 2 * step);
    EXPECT_TRUE(second.add(2 * step));
}

}  // namespace
}  // namespace sluice
