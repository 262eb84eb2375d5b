// A segment is written over again only when nobody can reach it any more: each rule is held up in
// turn.
#include "tests/unit/journal/journal_fixture.hpp"

namespace sluice::journal {
namespace {

class recycled : public testing::Test {
protected:
    recycled() { EXPECT_TRUE(store.opens()); }

    segment_info info(segment_id id) {
        for (auto const& one : store.store->segments().list())
            if (one.id == id) return one;
        return {};
    }
    bool is_free(segment_id id) {
        auto const state = info(id).state;
        return state != segment_state::sealed && state != segment_state::active;
    }
    // Writes until the segment that held `key`'s payload is sealed; returns it.
    segment_id seal_with(std::string const& key) {
        commit_and_wait(*store.store, put_payload(key, 1, std::string(1000, 'k'))).value();
        at = location_in(store.row(key));
        // A filler that leaves nothing live behind.
        for (int i = 0; info(at.segment).state == segment_state::active; ++i) {
            auto work = std::make_unique<commit>();
            work->payloads.push_back({2, 0, std::string(200000, 'f')});
            commit_and_wait(*store.store, std::move(work)).value();
            EXPECT_LT(i, 20);
        }
        return at.segment;
    }
    void erase(std::string const& key) {
        auto work = std::make_unique<commit>();
        work->mutations.erase(kv::family::row, key);
        work->mutations.erase(kv::family::payload,
                              kv::key_space::reverse_entry(at.segment, at.offset));
        commit_and_wait(*store.store, std::move(work)).value();
    }
    // Twice: a scan must see the state, then its snapshot must be flushed.
    void recycle() {
        for (int i = 0; i < 2; ++i) {
            store.store->flush_index(may_block()).value();
            store.store->segments().recycle(may_block()).value();
        }
    }

    rig store;
    location at;
};

TEST_F(recycled, once_empty_and_flushed) {
    auto const id = seal_with("a");
    recycle();
    EXPECT_EQ(info(id).state, segment_state::sealed) << "it holds live payload";
    erase("a");
    recycle();
    EXPECT_TRUE(is_free(id));
}

TEST_F(recycled, not_before_the_index_is_flushed) {
    auto const id = seal_with("a");
    erase("a");
    store.store->segments().recycle(may_block()).value();
    EXPECT_EQ(info(id).state, segment_state::sealed);
    recycle();
    EXPECT_TRUE(is_free(id));
}

TEST_F(recycled, not_under_a_pin) {
    auto const id = seal_with("a");
    auto snapshot = store.store->published();
    auto pin = store.store->pin(id);
    snapshot.reset();
    erase("a");
    recycle();
    EXPECT_EQ(info(id).state, segment_state::sealed);
    EXPECT_EQ(read_payload(*store.store, at, 1, 1000).value(), std::string(1000, 'k'));
    pin.release();
    recycle();
    EXPECT_TRUE(is_free(id));
}

TEST_F(recycled, not_under_an_older_snapshot) {
    auto const id = seal_with("a");
    auto snapshot = store.store->published();
    erase("a");
    recycle();
    EXPECT_EQ(info(id).state, segment_state::sealed);
    EXPECT_TRUE(info(id).empty);
    EXPECT_EQ(read_payload(*store.store, at, 1, 1000).value(), std::string(1000, 'k'));
    snapshot.reset();
    recycle();
    EXPECT_TRUE(is_free(id));
}

TEST_F(recycled, a_newer_snapshot_does_not_keep_it) {
    auto const id = seal_with("a");
    erase("a");
    recycle();
    EXPECT_TRUE(is_free(id));
    auto snapshot = store.store->published();
    EXPECT_GT(store.store->segments().statistics().live_snapshots, 0u);
}

TEST_F(recycled, not_while_a_stream_from_before_its_seal_is_open) {
    auto stream = store.store->open_stream();
    auto const id = seal_with("a");
    auto later = store.store->open_stream();
    erase("a");
    recycle();
    EXPECT_EQ(info(id).state, segment_state::sealed);
    stream.reset();
    recycle();
    EXPECT_TRUE(is_free(id)) << "a stream opened after the seal wrote nothing into it";
    later.reset();
}

TEST_F(recycled, not_while_everything_is_held) {
    auto const id = seal_with("a");
    erase("a");
    auto hold = store.store->segments().hold_all();
    EXPECT_FALSE(hold->segments.empty());
    recycle();
    EXPECT_EQ(info(id).state, segment_state::sealed);
    hold.reset();
    recycle();
    EXPECT_TRUE(is_free(id));
}

TEST_F(recycled, chunks_of_a_replayable_transaction_stay) {
    auto stream = store.store->open_stream();
    kv::mutation_batch batch;
    batch.put(kv::family::row, "chunked", "yes");
    auto const chunk = take(append_chunk(*store.store, 3, 0, std::move(batch))).value();
    for (int i = 0; info(chunk.segment).state == segment_state::active; ++i) {
        auto work = std::make_unique<commit>();
        work->payloads.push_back({2, 0, std::string(200000, 'f')});
        commit_and_wait(*store.store, std::move(work)).value();
    }
    recycle();  // flushed, and nothing live in it: only the stream keeps it
    EXPECT_EQ(info(chunk.segment).state, segment_state::sealed);
    auto last = std::make_unique<commit>();
    last->chunks.push_back(chunk);
    commit_and_wait(*store.store, std::move(last)).value();
    stream.reset();
    store.store->segments().recycle(may_block()).value();
    EXPECT_EQ(info(chunk.segment).state, segment_state::sealed) << "replay would need it";
    store.cut_power();
    ASSERT_TRUE(store.opens());
    EXPECT_EQ(store.row("chunked"), "yes");
    store.store->segments().recycle(may_block()).value();
    EXPECT_EQ(info(chunk.segment).state, segment_state::sealed) << "replay would need it again";
    recycle();
    EXPECT_TRUE(is_free(chunk.segment));
}

TEST_F(recycled, its_old_frames_are_never_served_again) {
    auto const id = seal_with("a");
    auto const old = at;
    erase("a");
    recycle();
    ASSERT_TRUE(is_free(id));
    EXPECT_EQ(read_payload(*store.store, old, 1, 1000).error().code, error::corrupt);
    // Until it is in use again.
    for (int i = 0; i < 200 && info(id).where != lane::commit; ++i) {
        auto work = std::make_unique<commit>();
        work->payloads.push_back({2, 0, std::string(200000, 'g')});
        commit_and_wait(*store.store, std::move(work)).value();
        recycle();
    }
    ASSERT_EQ(info(id).where, lane::commit);
    EXPECT_EQ(read_payload(*store.store, old, 1, 1000).error().code, error::corrupt);
}

TEST_F(recycled, the_store_lives_in_a_bounded_folder) {
    for (int i = 0; i < 400; ++i) {
        auto work = std::make_unique<commit>();
        work->payloads.push_back({2, 0, std::string(200000, 'g')});
        commit_and_wait(*store.store, std::move(work)).value();
        if (i % 10 == 0) recycle();
    }
    EXPECT_GT(store.store->segments().statistics().recycled, 20u);
    EXPECT_LT(store.store->segments().statistics().segments, 40u);
}

TEST_F(recycled, candidates_come_by_live_bytes) {
    auto const first = seal_with("a");
    auto const second = seal_with("b");
    store.store->segments().set_live_bytes(first, 5000);
    store.store->segments().set_live_bytes(second, 4000);
    auto found = store.store->segments().candidates(10);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].id, second);
    store.store->segments().subtract_live_bytes(first, 4500);
    found = store.store->segments().candidates(1);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].id, first);
}

TEST_F(recycled, scrub_finds_every_frame_and_the_damaged_one) {
    auto const id = seal_with("a");
    std::size_t good = 0, bad = 0;
    auto const visit = [&](scrubbed_frame const& one) {
        one.good ? ++good : ++bad;
        EXPECT_TRUE(one.good || one.at == at);
    };
    ASSERT_TRUE(store.store->segments().scrub(id, visit, may_block()).has_value());
    EXPECT_GE(good, 4u);
    EXPECT_EQ(bad, 0u);
    auto const before = good;
    store.device->flip_byte(segment_table::path_of(id), at.offset + 500);
    good = 0;
    ASSERT_TRUE(store.store->segments().scrub(id, visit, may_block()).has_value());
    EXPECT_EQ(good, before - 1);
    EXPECT_EQ(bad, 1u);
    EXPECT_EQ(read_payload(*store.store, at, 1, 1000).error().code, error::corrupt);
}

TEST_F(recycled, snapshots_over_age_are_counted) {
    auto held = store.store->published();
    commit_and_wait(*store.store, put("x", "y")).value();
    EXPECT_FALSE(store.store->is_over_age(*held));
    store.clock.advance(store.options.maximum_snapshot_age + std::chrono::seconds(1));
    EXPECT_TRUE(store.store->is_over_age(*held));
    EXPECT_GE(store.store->segments().statistics().snapshots_over_age, 1u);
    EXPECT_EQ(store.store->segments().statistics().oldest_snapshot, held->at);
}

}  // namespace
}  // namespace sluice::journal
