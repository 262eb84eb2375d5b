// The journal under simulated power cuts, and the proof that the battery can fail: every seeded bug
// of backend/journal/seeded_bugs.hpp is caught.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/fault/power_cut/journal_run.hpp"
#include "tests/fault/power_cut/seeds.hpp"

namespace sluice::fault {
namespace {

void run_battery(index_kind index, std::uint64_t default_seeds) {
    auto const range = wanted_seeds(default_seeds);
    run_totals totals;
    for (auto seed = range.first; seed < range.first + range.count; ++seed) {
        auto wrong = run_journal_seed({.seed = seed, .index = index}, totals);
        ASSERT_FALSE(wrong) << "seed " << seed << ": " << *wrong << "\n  "
                            << rerun_command(seed);
    }
    std::printf("%llu seeds: %zu commits acknowledged, %zu cuts, %zu in recovery, %zu torn tails, "
                "%zu segments recycled\n",
                static_cast<unsigned long long>(range.count), totals.acknowledged, totals.cuts,
                totals.cuts_in_recovery, totals.torn_tails, totals.recycled);
    EXPECT_GT(totals.acknowledged, 0u);
}

// Runs seeds with the bug until one shows a violation.
void expect_caught(journal::seeded_bugs bugs, std::uint64_t at_most) {
    run_totals totals;
    for (std::uint64_t seed = 1; seed <= at_most; ++seed) {
        if (auto wrong = run_journal_seed({.seed = seed, .bugs = bugs}, totals)) {
            std::printf("caught by seed %llu: %s\n", static_cast<unsigned long long>(seed),
                        wrong->c_str());
            return;
        }
    }
    FAIL() << "not caught within " << at_most << " seeds";
}

TEST(power_cut, journal_keeps_what_it_acknowledged) {
    run_battery(index_kind::memory, 600);
}

TEST(power_cut, journal_on_the_real_index_keeps_what_it_acknowledged) {
    run_battery(index_kind::rocksdb, 60);
}

TEST(power_cut, catches_skip_one_sync) {
    expect_caught({.skip_one_sync = true}, 200);
}
TEST(power_cut, catches_apply_early) {
    expect_caught({.apply_early = true}, 200);
}
TEST(power_cut, catches_ack_early) {
    expect_caught({.ack_early = true}, 200);
}
TEST(power_cut, catches_drop_incarnation) {
    expect_caught({.drop_incarnation = true}, 200);
}
TEST(power_cut, catches_forget_directory_sync) {
    expect_caught({.forget_directory_sync = true}, 200);
}

}  // namespace
}  // namespace sluice::fault
