// The durable prefix and what a failed group does to everything behind it.
#include "backend/journal/pipeline.hpp"

#include "tests/unit/journal/journal_fixture.hpp"

namespace sluice::journal {
namespace {

class a_pipeline : public testing::Test {
protected:
    a_pipeline()
        : index(disk.open().value()),
          context(device, *index, small_options(), clock, random, {}, mebibyte),
          groups(context) {}

    group& add(std::uint64_t last) {
        auto made = std::make_unique<group>();
        made->last = lsn{last};
        return groups.add(std::move(made));
    }
    std::uint64_t durable() { return to_underlying(context.durable.load()); }

    test::fake_clock clock;
    seeded_random random{1};
    test_support::sim_device device;
    test_support::sim_index_disk disk;
    std::unique_ptr<kv::index> index;
    store_context context;
    pipeline groups;
};

TEST_F(a_pipeline, completions_in_any_order_make_a_contiguous_prefix) {
    auto& first = add(1);
    auto& second = add(2);
    auto& third = add(3);
    groups.complete(third, {});
    EXPECT_EQ(durable(), 0u);
    groups.complete(first, {});
    EXPECT_EQ(durable(), 1u);
    EXPECT_EQ(groups.next().durable.size(), 1u);
    groups.complete(second, {});
    EXPECT_EQ(durable(), 3u);
    EXPECT_EQ(groups.next().durable.size(), 2u);
}

TEST_F(a_pipeline, everything_behind_a_failed_group_is_lost) {
    auto& first = add(1);
    auto& second = add(2);
    auto& third = add(3);
    groups.complete(third, {});
    groups.complete(second, failure{error::io_failed, "torn"});
    groups.complete(first, {});
    auto const step = groups.next();
    EXPECT_EQ(step.durable.size(), 1u);
    EXPECT_EQ(step.failed.size(), 2u);
    EXPECT_EQ(durable(), 1u);
    EXPECT_TRUE(context.read_only);
}

TEST_F(a_pipeline, a_group_that_joins_after_the_gap_was_handed_out_is_lost_too) {
    groups.complete(add(1), failure{error::io_failed, "torn"});
    EXPECT_EQ(groups.next().failed.size(), 1u);
    groups.complete(add(2), {});
    auto const step = groups.next();
    EXPECT_TRUE(step.durable.empty());
    EXPECT_EQ(step.failed.size(), 1u);
    EXPECT_EQ(durable(), 0u);
}

TEST_F(a_pipeline, ends_after_the_last_group) {
    auto& only = add(1);
    groups.stop();
    groups.complete(only, {});
    EXPECT_FALSE(groups.next().ended);
    EXPECT_TRUE(groups.next().ended);
}

}  // namespace
}  // namespace sluice::journal
