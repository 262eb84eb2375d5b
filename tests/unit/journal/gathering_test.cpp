// When the writer makes a group of what is queued: small commits gather behind the group that is
// being written, large ones are written beside it.
#include "tests/unit/journal/journal_fixture.hpp"

namespace sluice::journal {
namespace {

class gathering : public testing::Test {
protected:
    gathering() : store(options(), test_support::sim_schedule::background) {}
    void SetUp() override { ASSERT_TRUE(store.opens()); }

    static journal_options options() {
        auto chosen = small_options();
        chosen.overlap_bytes = 64 * kibibyte;
        chosen.idle_mark = std::chrono::hours(1);
        return chosen;
    }
    // Answered once resume() lets the device write.
    void submit_small(int count) {
        for (int i = 0; i < count; ++i)
            answers.push_back(submit(*store.store, put("k" + std::to_string(answers.size()), "v")));
    }
    void submit_large() {
        auto const owner = answers.size() + 1;
        answers.push_back(submit(*store.store, put_payload("k" + std::to_string(owner), owner,
                                                           std::string(80 * kibibyte, 'p'))));
    }
    bool has_in_flight(std::size_t writes) {
        return eventually([&] { return store.device->in_flight() == writes; });
    }
    std::uint64_t groups() { return store.store->statistics().groups; }
    void finish() {
        store.device->resume();
        for (auto& answer : answers) EXPECT_TRUE(take(std::move(answer)).has_value());
        answers.clear();
    }

    rig store;
    std::vector<std::future<result<lsn>>> answers;
};

TEST_F(gathering, small_commits_become_one_group_behind_the_one_that_is_written) {
    auto const before = groups();
    store.device->pause();
    submit_small(1);
    ASSERT_TRUE(has_in_flight(1));
    submit_small(50);
    finish();
    EXPECT_EQ(groups() - before, 2u);
}

TEST_F(gathering, many_bytes_are_written_beside_the_group_that_is_written) {
    store.device->pause();
    submit_large();
    ASSERT_TRUE(has_in_flight(1));
    submit_large();
    EXPECT_TRUE(has_in_flight(2));
    finish();
}

TEST_F(gathering, small_commits_ride_with_the_bytes_that_make_a_group_full) {
    auto const before = groups();
    store.device->pause();
    submit_large();
    ASSERT_TRUE(has_in_flight(1));
    submit_small(5);
    submit_large();
    ASSERT_TRUE(has_in_flight(2));
    finish();
    EXPECT_EQ(groups() - before, 2u);
}

TEST_F(gathering, fewer_clients_than_before_are_not_held_up) {
    for (int i = 0; i < 20; ++i) {
        submit_small(3);
        finish();
    }
    // Three came back each time before; now one does. Its group is made when the patience for the
    // two others is over.
    submit_small(1);
    finish();
    auto const before = groups();
    submit_small(1);
    finish();
    EXPECT_EQ(groups() - before, 1u);
}

TEST_F(gathering, closing_does_not_wait_for_more) {
    store.device->pause();
    submit_small(1);
    ASSERT_TRUE(has_in_flight(1));
    submit_small(2);
    store.device->resume();
    store.close();
    for (auto& answer : answers) EXPECT_TRUE(take(std::move(answer)).has_value());
}

}  // namespace
}  // namespace sluice::journal
