// New segments are made ahead of their need, and nobody waits for what is only done ahead.
#include <atomic>

#include "tests/support/borrowed_device.hpp"
#include "tests/unit/journal/journal_fixture.hpp"

namespace sluice::journal {
namespace {

// Writes zeroes ahead for as long as it is let: a segment is never whole by itself.
class endless_device final : public test_support::borrowed_device {
public:
    using borrowed_device::borrowed_device;
    using flash::device::create_zeroed;
    result<void> create_zeroed(std::string const& path, std::uint64_t size,
                               flash::resting const& rest, blocking_token token) override {
        if (rest) {
            while (rest(std::chrono::microseconds(10))) ++pieces;
            ++handed_over;
        }
        return borrowed_device::create_zeroed(path, size, rest, token);
    }
    std::atomic<std::uint64_t> pieces{0}, handed_over{0};
};

class segment_keeping : public testing::Test {
protected:
    segment_keeping() : flash_(*rig_.device) {
        index_ = rig_.disk->open().value();
        auto options = small_options();
        options.segments_kept_ready = 2;
        store_ = journal::open(flash_, *index_, options, rig_.clock, random_, may_block()).value();
    }

    rig rig_;
    endless_device flash_;
    seeded_random random_{7};
    std::unique_ptr<kv::index> index_;
    std::unique_ptr<journal> store_;
};

TEST_F(segment_keeping, the_writer_gets_a_segment_whose_zeroes_are_not_all_written) {
    for (std::uint64_t number = 1; number <= 40; ++number) {
        auto work = put_payload("k" + std::to_string(number), number, std::string(200'000, 'p'));
        ASSERT_TRUE(commit_and_wait(*store_, std::move(work)).has_value());
    }
    EXPECT_GE(flash_.handed_over, 5u) << "8 MB in segments of 1 MiB";
}

TEST_F(segment_keeping, so_do_bulk_frames) {
    std::string const bytes(500'000, 'b');
    for (std::uint64_t number = 1; number <= 20; ++number)
        ASSERT_TRUE(take(write_bulk(*store_, number, 0, bytes)).has_value());
    EXPECT_GE(flash_.handed_over, 2u) << "the others are recycled: nothing names these frames";
}

TEST_F(segment_keeping, zeroes_are_written_while_nobody_waits) {
    EXPECT_TRUE(eventually([&] { return flash_.pieces > 3; }));
    EXPECT_EQ(flash_.handed_over, 0u);
}

}  // namespace
}  // namespace sluice::journal
