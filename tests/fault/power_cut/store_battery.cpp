// The store under simulated power cuts.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "tests/fault/power_cut/seeds.hpp"
#include "tests/fault/power_cut/store_run.hpp"

namespace sluice::fault {
namespace {

void run_battery(index_kind index, std::uint64_t default_seeds) {
    auto const range = wanted_seeds(default_seeds);
    run_totals totals;
    for (auto seed = range.first; seed < range.first + range.count; ++seed) {
        auto wrong = run_store_seed({.seed = seed, .index = index, .bugs = {}}, totals);
        ASSERT_FALSE(wrong) << "seed " << seed << ": " << *wrong << "\n  " << rerun_command(seed);
    }
    std::printf("%llu seeds: %zu changes acknowledged, %zu cuts, %zu in recovery, %zu torn tails, "
                "%zu segments recycled, %zu rows at the ends\n",
                static_cast<unsigned long long>(range.count), totals.acknowledged, totals.cuts,
                totals.cuts_in_recovery, totals.torn_tails, totals.recycled, totals.rows);
    EXPECT_GT(totals.acknowledged, 0u);
}

TEST(power_cut, store_keeps_what_it_acknowledged) {
    run_battery(index_kind::memory, 200);
}

TEST(power_cut, store_on_the_real_index_keeps_what_it_acknowledged) {
    run_battery(index_kind::rocksdb, 40);
}

// The battery can fail: an audit log that is wrong is seen. Where the power goes decides which of the
// complaints comes first.
void expect_audit_caught(audit_bug bug, std::vector<std::string> const& complaints) {
    run_totals totals;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        auto const wrong = run_store_seed({.seed = seed, .bugs = {}}, totals, bug);
        if (!wrong) continue;
        bool const named = std::any_of(complaints.begin(), complaints.end(), [&](auto const& each) {
            return wrong->find(each) != std::string::npos;
        });
        EXPECT_TRUE(named) << "seed " << seed << ": " << *wrong;
        return;
    }
    FAIL() << "not caught within 50 seeds";
}

TEST(power_cut, catches_audit_records_that_come_with_the_next_group) {
    expect_audit_caught(audit_bug::in_the_next_group,
                        {"audit record of an acknowledged change", "only the change is there"});
}

TEST(power_cut, catches_audit_records_that_come_twice) {
    expect_audit_caught(audit_bug::twice, {"a record twice"});
}

}  // namespace
}  // namespace sluice::fault
