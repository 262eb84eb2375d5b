// What a commit gets: its place, its slots, its visibility, also over a restart and a power cut.
#include "tests/unit/journal/journal_fixture.hpp"

namespace sluice::journal {
namespace {

TEST(commit, is_visible_when_it_is_answered) {
    rig store;
    ASSERT_TRUE(store.opens());
    auto const at = commit_and_wait(*store.store, put("a", "1"));
    ASSERT_TRUE(at.has_value()) << at.error().describe();
    EXPECT_EQ(store.row("a"), "1");
    EXPECT_GE(store.store->published()->at, *at);
    EXPECT_GE(store.store->durable(), *at);
}

TEST(commit, survives_a_power_cut_once_answered) {
    rig store;
    ASSERT_TRUE(store.opens());
    for (int i = 0; i < 50; ++i)
        ASSERT_TRUE(commit_and_wait(*store.store, put("k" + std::to_string(i), "v")).has_value());
    store.cut_power();
    ASSERT_TRUE(store.opens());
    EXPECT_EQ(store.store->recovered().replayed_commits, 50u);
    for (int i = 0; i < 50; ++i) EXPECT_EQ(store.row("k" + std::to_string(i)), "v") << i;
}

TEST(commit, replays_nothing_after_a_clean_stop) {
    rig store;
    ASSERT_TRUE(store.opens());
    auto const at = commit_and_wait(*store.store, put("a", "1"));
    store.reopen();
    EXPECT_EQ(store.store->recovered().replayed_commits, 0u);
    EXPECT_FALSE(store.store->recovered().torn_tail);
    EXPECT_EQ(store.store->recovered().applied_before, *at);
    EXPECT_EQ(store.row("a"), "1");
    EXPECT_GT(*commit_and_wait(*store.store, put("b", "2")), *at);
}

TEST(commit, gets_lsn_and_location_into_its_slots) {
    rig store;
    ASSERT_TRUE(store.opens());
    auto work = put_payload("p", 42, std::string(10000, 'x'));
    work->mutations.put_stamped(kv::family::row, "stamped", std::string(8, '\0') + "rest");
    auto const at = commit_and_wait(*store.store, std::move(work)).value();
    EXPECT_EQ(load_little<std::uint64_t>(store.row("stamped").data()), to_underlying(at));
    auto const where = location_in(store.row("p"));
    EXPECT_EQ(read_payload(*store.store, where, 42, 10000).value(), std::string(10000, 'x'));
    EXPECT_EQ(read_payload(*store.store, where, 42, 5, 9995).value(), "xxxxx");
    EXPECT_EQ(read_payload(*store.store, where, 42, 6, 9995).error().code, error::corrupt);
    EXPECT_EQ(read_payload(*store.store, where, 43, 10).error().code, error::corrupt);
    auto const reverse = kv::key_space::reverse_entry(where.segment, where.offset);
    auto const view = store.store->published();
    EXPECT_TRUE(
        store.index->get(*view->index, kv::family::payload, reverse, kv::read_tier::may_block)
            ->has_value());
}

TEST(commit, is_ordered_as_on_ordered_ran) {
    rig store;
    ASSERT_TRUE(store.opens());
    std::vector<lsn> seen;
    std::vector<std::future<result<lsn>>> answers;
    for (int i = 0; i < 200; ++i) {
        auto work = put("same", std::to_string(i));
        work->on_ordered = [&](commit&, lsn at) { seen.push_back(at); };
        answers.push_back(submit(*store.store, std::move(work)));
    }
    std::vector<lsn> answered;
    for (auto& one : answers) answered.push_back(take(std::move(one)).value());
    EXPECT_EQ(seen, answered);
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
    EXPECT_EQ(store.row("same"), "199");
}

TEST(commit, every_group_is_told_of_before_it_is_answered) {
    auto options = small_options();
    options.idle_mark = std::chrono::hours(1);
    std::vector<finished_group> told;
    options.on_group = [&](finished_group const& one) { told.push_back(one); };
    rig store(options);
    ASSERT_TRUE(store.opens());
    store.device->pause();
    auto answer = submit(*store.store, put("a", "1"));
    ASSERT_TRUE(eventually([&] { return store.device->in_flight() == 1; }));
    store.clock.advance(std::chrono::milliseconds(3));
    store.device->resume();
    ASSERT_TRUE(take(std::move(answer)).has_value());
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].took, std::chrono::milliseconds(3));
    EXPECT_EQ(told[0].commits, 1u);
    EXPECT_EQ(told[0].bytes, flash::block_bytes);
}

TEST(commit, audit_records_of_a_group_become_one_commit_behind_it) {
    rig store;
    ASSERT_TRUE(store.opens());
    std::vector<std::pair<lsn, std::size_t>> closed;
    store.store->set_group_closer(
        [&](std::vector<std::string> const& records, lsn at, commit& into) {
            closed.emplace_back(at, records.size());
            std::string all;
            for (auto const& one : records) all += one;
            into.mutations.put(kv::family::log, "audit" + std::to_string(to_underlying(at)), all);
            into.payloads.push_back({9, to_underlying(at), all});
        });
    std::vector<std::future<result<lsn>>> answers;
    for (int i = 0; i < 20; ++i) {
        auto work = put("k" + std::to_string(i), "v");
        if (i % 2 == 0) work->audit_records.push_back("r" + std::to_string(i) + ";");
        answers.push_back(submit(*store.store, std::move(work)));
    }
    for (auto& one : answers) ASSERT_TRUE(take(std::move(one)).has_value());
    std::size_t records = 0;
    for (auto const& [at, count] : closed) records += count;
    EXPECT_EQ(records, 10u);
    store.cut_power();
    ASSERT_TRUE(store.opens());
    auto const contents = test_support::contents_of(*store.index);
    EXPECT_EQ(contents[to_underlying(kv::family::log) - 1u].size(), closed.size());
    EXPECT_EQ(contents[to_underlying(kv::family::row) - 1u].size(), 20u);
}

TEST(commit, audit_records_without_a_closer_are_refused) {
    rig store;
    ASSERT_TRUE(store.opens());
    auto work = put("a", "1");
    work->audit_records.push_back("lost?");
    EXPECT_EQ(commit_and_wait(*store.store, std::move(work)).error().code, error::invalid_argument);
}

TEST(commit, too_large_ones_are_refused) {
    auto options = small_options();
    options.segment_bytes = 2 * mebibyte;
    rig store(options);
    ASSERT_TRUE(store.opens());
    EXPECT_EQ(commit_and_wait(*store.store, put("a", std::string(mebibyte, 'x'))).error().code,
              error::too_large);
    EXPECT_EQ(commit_and_wait(*store.store,
                              put_payload("a", 1, std::string(frame_body_limit + 1, 'x')))
                  .error()
                  .code,
              error::too_large);
    EXPECT_TRUE(
        commit_and_wait(*store.store, put_payload("a", 1, std::string(frame_body_limit, 'x')))
            .has_value());
}

TEST(commit, what_no_segment_can_hold_is_refused) {
    rig store;
    ASSERT_TRUE(store.opens());
    EXPECT_EQ(
        commit_and_wait(*store.store, put_payload("a", 1, std::string(frame_body_limit, 'x')))
            .error()
            .code,
        error::too_large);
    EXPECT_EQ(take(write_bulk(*store.store, 1, 0, std::string(frame_body_limit, 'x'))).error().code,
              error::invalid_argument);
    EXPECT_TRUE(commit_and_wait(*store.store, put("b", "1")).has_value());
}

TEST(commit, goes_on_over_many_segments) {
    rig store;
    ASSERT_TRUE(store.opens());
    for (int round = 0; round < 3; ++round) {
        std::vector<std::future<result<lsn>>> answers;
        for (int i = 0; i < 40; ++i)
            answers.push_back(submit(
                *store.store, put_payload("k" + std::to_string(i), 100 + i,
                                          std::string(100000, static_cast<char>('a' + i % 26)))));
        for (auto& one : answers) ASSERT_TRUE(take(std::move(one)).has_value());
        if (round == 1) {
            store.cut_power();
            ASSERT_TRUE(store.opens());
        } else {
            store.reopen();
        }
        for (int i = 0; i < 40; ++i) {
            auto const bytes = read_payload(
                *store.store, location_in(store.row("k" + std::to_string(i))), 100 + i, 100000);
            ASSERT_TRUE(bytes.has_value()) << bytes.error().describe();
            EXPECT_EQ((*bytes)[77777], static_cast<char>('a' + i % 26));
        }
    }
}

TEST(commit, a_large_transaction_is_applied_from_its_chunks) {
    rig store;
    ASSERT_TRUE(store.opens());
    auto stream = store.store->open_stream();
    auto last = std::make_unique<commit>();
    for (int chunk = 0; chunk < 8; ++chunk) {
        kv::mutation_batch batch;
        for (int i = 0; i < 100; ++i)
            batch.put_stamped(kv::family::row,
                              "c" + std::to_string(chunk) + "-" + std::to_string(i),
                              std::string(2000, static_cast<char>('a' + chunk)));
        auto at = take(append_chunk(*store.store, 5, chunk, std::move(batch)));
        ASSERT_TRUE(at.has_value()) << at.error().describe();
        last->chunks.push_back(*at);
    }
    EXPECT_EQ(store.row("c0-0"), "(none)");
    last->mutations.put(kv::family::row, "c7-0", "last word");
    auto const at = commit_and_wait(*store.store, std::move(last)).value();
    stream.reset();
    auto const check = [&] {
        EXPECT_EQ(store.row("c7-0"), "last word");
        for (int chunk = 0; chunk < 7; ++chunk) {
            auto const row = store.row("c" + std::to_string(chunk) + "-99");
            EXPECT_EQ(load_little<std::uint64_t>(row.data()), to_underlying(at));
            EXPECT_EQ(row[1999], static_cast<char>('a' + chunk));
        }
    };
    check();
    store.cut_power();
    ASSERT_TRUE(store.opens());
    check();
}

// The device confirms the commit frame and loses it; the index keeps the first chunk by itself.
TEST(commit, a_part_of_a_large_transaction_without_its_commit_is_corruption) {
    auto options = small_options();
    options.idle_mark = std::chrono::hours(1);
    rig store(options);
    test_support::sim_index_options flushes_itself;
    flushes_itself.flush_by_itself_percent = 100;
    store.disk = std::make_unique<test_support::sim_index_disk>(flushes_itself);
    ASSERT_TRUE(store.opens());
    ASSERT_TRUE(commit_and_wait(*store.store, put("a", "1")).has_value());
    auto stream = store.store->open_stream();
    auto last = std::make_unique<commit>();
    for (int chunk = 0; chunk < 2; ++chunk) {
        kv::mutation_batch batch;
        batch.put_stamped(kv::family::row, "c" + std::to_string(chunk), std::string(100, 'x'));
        last->chunks.push_back(take(append_chunk(*store.store, 5, chunk, std::move(batch))).value());
    }
    store.device->lie_about_write(1);
    store.disk->fail_apply(2);
    auto const outcome = commit_and_wait(*store.store, std::move(last));
    EXPECT_EQ(outcome.error().code, error::outcome_unknown);
    stream.reset();
    store.cut_power();
    auto const opened = store.open();
    ASSERT_TRUE(opened.has_error()) << "half a transaction was opened";
    EXPECT_EQ(opened.error().code, error::corrupt);
    EXPECT_NE(opened.error().text.find("a part of lsn"), std::string::npos) << opened.error().text;
}

TEST(commit, chunks_take_only_lsn_slots) {
    rig store;
    ASSERT_TRUE(store.opens());
    kv::mutation_batch batch;
    auto const at = batch.put(kv::family::row, "a", std::string(8, '\0'));
    batch.add_slot(kv::slot::kind::location, at.value, 0);
    EXPECT_EQ(take(append_chunk(*store.store, 1, 0, std::move(batch))).error().code,
              error::invalid_argument);
}

}  // namespace
}  // namespace sluice::journal
