#include "tests/support/fake_clock.hpp"

#include <gtest/gtest.h>

#include "gateway/core/ids.hpp"

namespace sluice {
namespace {

using namespace std::chrono_literals;
using test::fake_clock;

TEST(clock, the_machine_advances) {
    auto const& clock = system_wall_clock();
    auto const before = clock.monotonic();
    EXPECT_GE(clock.monotonic(), before);
    EXPECT_GT(to_underlying(clock.now()), 1700000000000);
}

TEST(fake_clock, stands_still_until_turned) {
    fake_clock clock;
    EXPECT_EQ(clock.now(), fake_clock::start);
    auto const before = clock.monotonic();
    clock.advance(1500us);
    EXPECT_EQ(to_underlying(clock.now()), to_underlying(fake_clock::start) + 1);
    EXPECT_EQ(clock.monotonic() - before, 1500us);
    clock.advance(500us);
    EXPECT_EQ(to_underlying(clock.now()), to_underlying(fake_clock::start) + 2);
}

TEST(fake_clock, the_wall_may_jump_back) {
    fake_clock clock;
    auto const before = clock.monotonic();
    clock.set_wall(unix_millis{5});
    EXPECT_EQ(clock.now(), unix_millis{5});
    EXPECT_EQ(clock.monotonic(), before);
}

}  // namespace
}  // namespace sluice
