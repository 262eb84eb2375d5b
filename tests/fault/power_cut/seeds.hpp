// Which seeds a battery runs, and how a failure is told.
//   SLUICE_POWER_CUT_SEEDS=10000   how many, instead of the test's own default
//   SLUICE_POWER_CUT_FIRST=5001    from this one on, not from 1
//   SLUICE_POWER_CUT_SEED=77       only this one
#pragma once

#include <errno.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

namespace sluice::fault {

struct seed_range {
    std::uint64_t first = 1;
    std::uint64_t count = 1;
};

inline seed_range wanted_seeds(std::uint64_t default_count) {
    if (char const* only = std::getenv("SLUICE_POWER_CUT_SEED")) {
        return {std::strtoull(only, nullptr, 10), 1};
    }
    char const* first = std::getenv("SLUICE_POWER_CUT_FIRST");
    char const* count = std::getenv("SLUICE_POWER_CUT_SEEDS");
    return {first ? std::strtoull(first, nullptr, 10) : 1,
            count ? std::strtoull(count, nullptr, 10) : default_count};
}

// How to run one seed of the current test again. Threads of the journal interleave freely, so that
// a rare violation may need several runs of its seed (--gtest_repeat).
inline std::string rerun_command(std::uint64_t seed) {
    auto const* test = ::testing::UnitTest::GetInstance()->current_test_info();
    return "SLUICE_POWER_CUT_SEED=" + std::to_string(seed) +
           " " + program_invocation_short_name + " --gtest_repeat=20 --gtest_filter=" +
           test->test_suite_name() + "." + test->name();
}

}  // namespace sluice::fault
