// Failing devices and indexes, full devices, full queues: answers are never lost and never wrong.
#include "tests/unit/journal/journal_fixture.hpp"

namespace sluice::journal {
namespace {

TEST(failing, a_failed_write_makes_the_store_read_only) {
    rig store;
    ASSERT_TRUE(store.opens());
    ASSERT_TRUE(commit_and_wait(*store.store, put("a", "1")).has_value());
    eventually([&] { return store.store->statistics().marks == 1; });
    store.device->fail_write(1, error::io_failed);
    EXPECT_EQ(commit_and_wait(*store.store, put("b", "2")).error().code, error::outcome_unknown);
    EXPECT_TRUE(store.store->is_read_only());
    EXPECT_EQ(commit_and_wait(*store.store, put("c", "3")).error().code, error::read_only);
    EXPECT_EQ(take(write_bulk(*store.store, 1, 0, "x")).error().code, error::read_only);
    EXPECT_EQ(store.row("a"), "1") << "the published state stays readable";
    EXPECT_EQ(store.row("b"), "(none)");
    store.cut_power();
    ASSERT_TRUE(store.opens());
    EXPECT_EQ(store.row("a"), "1");
    EXPECT_TRUE(commit_and_wait(*store.store, put("c", "3")).has_value());
}

TEST(failing, groups_behind_the_failed_one_are_unknown_those_before_are_done) {
    auto options = small_options();
    options.idle_mark = std::chrono::hours(1);
    options.overlap_bytes = 0;
    rig store(options, test_support::sim_schedule::manual);
    std::future<result<void>> opening =
        std::async(std::launch::async, [&] { return store.open(); });
    while (opening.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
        store.device->pump(1);
    ASSERT_TRUE(opening.get().has_value());
    std::vector<std::future<result<lsn>>> answers;
    for (std::size_t i = 0; i < 3; ++i) {
        if (i == 1) store.device->fail_write(1, error::io_failed);
        answers.push_back(submit(*store.store, put("k" + std::to_string(i), "v")));
        ASSERT_TRUE(eventually([&] { return store.device->in_flight() == i + 1; }));
    }
    while (store.device->in_flight() > 0) store.device->pump(1);
    EXPECT_TRUE(take(std::move(answers[0])).has_value());
    EXPECT_EQ(take(std::move(answers[1])).error().code, error::outcome_unknown);
    EXPECT_EQ(take(std::move(answers[2])).error().code, error::outcome_unknown);
    EXPECT_EQ(store.row("k0"), "v");
    EXPECT_EQ(store.row("k2"), "(none)");
}

TEST(failing, a_failed_apply_makes_the_store_read_only) {
    rig store;
    ASSERT_TRUE(store.opens());
    ASSERT_TRUE(commit_and_wait(*store.store, put("a", "1")).has_value());
    store.disk->fail_apply(1);
    EXPECT_EQ(commit_and_wait(*store.store, put("b", "2")).error().code, error::outcome_unknown);
    EXPECT_TRUE(store.store->is_read_only());
    store.cut_power();
    ASSERT_TRUE(store.opens());
    EXPECT_EQ(store.row("b"), "2") << "it was durable";
}

TEST(failing, a_failed_bulk_write_makes_the_store_read_only) {
    auto options = small_options();
    options.segment_bytes = 4 * mebibyte;
    rig store(options);
    ASSERT_TRUE(store.opens());
    take(write_bulk(*store.store, 1, 0, "x")).value();
    store.device->fail_write(1, error::io_failed);
    EXPECT_EQ(take(write_bulk(*store.store, 1, 0, "y")).error().code, error::io_failed);
    EXPECT_TRUE(store.store->is_read_only());
    EXPECT_EQ(commit_and_wait(*store.store, put("c", "3")).error().code, error::read_only);
}

TEST(failing, a_failed_bulk_header_fails_the_frames_behind_it) {
    auto options = small_options();
    options.segment_bytes = 4 * mebibyte;
    rig store(options);
    ASSERT_TRUE(store.opens());
    store.device->fail_write(1, error::io_failed);  // the header of the first bulk segment
    EXPECT_TRUE(take(write_bulk(*store.store, 1, 0, "y")).has_error());
    EXPECT_TRUE(store.store->is_read_only());
}

TEST(failing, an_index_that_cannot_flush_makes_the_store_read_only) {
    rig store;
    ASSERT_TRUE(store.opens());
    ASSERT_TRUE(commit_and_wait(*store.store, put("a", "1")).has_value());
    store.disk->fail_flush(1);
    EXPECT_TRUE(store.store->flush_index(may_block()).has_error());
    EXPECT_TRUE(store.store->is_read_only());
}

TEST(full, ordinary_work_is_refused_before_deletes) {
    auto options = small_options();
    options.capacity_bytes = 8 * mebibyte;
    options.reserved_segments = 3;
    rig store(options);
    ASSERT_TRUE(store.opens());
    std::vector<location> written;
    int accepted = 0;
    for (;; ++accepted) {
        ASSERT_LT(accepted, 100);
        auto const done = commit_and_wait(
            *store.store, put_payload("k" + std::to_string(accepted), 1, std::string(200000, 'x')));
        if (done.has_error()) {
            EXPECT_EQ(done.error().code, error::no_space);
            break;
        }
        written.push_back(location_in(store.row("k" + std::to_string(accepted))));
    }
    EXPECT_GE(accepted, 10);
    EXPECT_FALSE(store.store->is_read_only());
    for (auto const& at : written) {
        auto work = std::make_unique<commit>();
        work->mutations.erase(kv::family::payload,
                              kv::key_space::reverse_entry(at.segment, at.offset));
        auto const done = take(submit(*store.store, std::move(work), admission_class::freeing));
        ASSERT_TRUE(done.has_value()) << done.error().describe();
        store.store->segments().subtract_live_bytes(at.segment, 200000);
    }
    // The keeper finds the room by itself: flushes, recycles, admits.
    ASSERT_TRUE(eventually([&] {
        return commit_and_wait(*store.store, put_payload("again", 1, std::string(200000, 'x')))
            .has_value();
    }));
}

TEST(full, a_device_without_room_for_the_first_segment_refuses_to_start) {
    rig store;
    store.device->set_capacity(512 * kibibyte);
    auto const opened = store.open();
    ASSERT_TRUE(opened.has_error());
    EXPECT_EQ(opened.error().code, error::no_space);
}

TEST(full, commits_beyond_the_queue_wait_and_then_are_refused) {
    auto options = small_options();
    options.queued_bytes = 64 * kibibyte;
    options.waiting_commits = 10;
    rig store(options);
    ASSERT_TRUE(store.opens());
    store.device->pause();
    std::vector<std::future<result<lsn>>> answers;
    for (int i = 0; i < 40; ++i)
        answers.push_back(
            submit(*store.store, put("k" + std::to_string(i), std::string(10000, 'x'))));
    EXPECT_EQ(store.store->statistics().waiting_commits, 10u);
    store.device->resume();
    int done = 0, refused = 0;
    for (auto& one : answers) {
        auto const outcome = take(std::move(one));
        if (outcome.has_value()) ++done;
        else if (outcome.error().code == error::overloaded) ++refused;
    }
    EXPECT_EQ(done + refused, 40);
    EXPECT_GE(done, 12);
    EXPECT_GT(refused, 0);
    EXPECT_TRUE(eventually([&] { return store.store->statistics().queued_bytes == 0; }));
}

}  // namespace
}  // namespace sluice::journal
