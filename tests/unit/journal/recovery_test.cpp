// What a start decides over segments made by hand: torn tails go on, damage before a known durable
// place refuses.
#include "backend/journal/body.hpp"
#include "backend/journal/group.hpp"
#include "backend/journal/segment_header.hpp"
#include "backend/journal/superblock.hpp"
#include "tests/unit/journal/journal_fixture.hpp"

namespace sluice::journal {
namespace {

// Writes commit-lane segments frame group by frame group, as the writer would have.
class hand_made {
public:
    explicit hand_made(rig& store) : store_(store), random_(3) {
        auto const made = open_superblock(*store.device, mebibyte, random_, may_block()).value();
        identity_ = made.store;
        seeds_ = frame_seeds(made.store);
    }

    // A new segment that continues where the last one ends, or from the given cut.
    void segment(std::uint32_t id, std::uint64_t epoch, lsn first) {
        segment_header header;
        header.id = segment_id{id};
        header.store = identity_;
        header.incarnation = 1000 + ++ordinal_;
        header.where = lane::commit;
        header.epoch = epoch;
        header.ordinal = ordinal_;
        header.first = first;
        header.previous = place_.segment;
        header.previous_end = static_cast<std::uint32_t>(place_.offset);
        header.previous_incarnation = place_.incarnation;
        header.previous_frame_crc = place_.predecessor;
        auto const path = segment_table::path_of(header.id);
        store_.device->create_zeroed(path, mebibyte, may_block()).value();
        store_.device->sync_directory("segments", may_block()).value();
        flash::aligned_buffer blocks(segment_header_bytes);
        encode_segment_header(header, blocks.span(0, segment_header_bytes));
        write(path, 0, blocks.span(0, segment_header_bytes));
        place_ = {header.id, header.incarnation, first_frame_offset, header.previous_frame_crc};
    }
    // One group of `count` commits of one row each, the first at `first`; its place.
    group_place group(std::uint64_t first, int count, std::uint64_t durable,
                      std::size_t value_bytes = 10) {
        flash::aligned_buffer buffer(256 * kibibyte);
        group_layout layout(seeds_, place_, lsn{durable}, buffer.span(0, 256 * kibibyte));
        for (int i = 0; i < count; ++i) {
            kv::mutation_batch batch;
            auto const at = first + static_cast<std::uint64_t>(i);
            batch.put(kv::family::row, std::to_string(at), std::string(value_bytes, 'v'));
            layout.add_commit(lsn{at}, encode_commit_head({}, batch.bytes().size()), batch.bytes());
        }
        auto const written = place_;
        auto const done = layout.finish();
        write(segment_table::path_of(place_.segment), place_.offset, buffer.span(0, done.bytes));
        place_.offset += done.bytes;
        place_.predecessor = done.last_crc;
        return written;
    }
    void mark(std::uint64_t at, std::uint64_t durable) {
        flash::aligned_buffer buffer(flash::block_bytes);
        group_layout layout(seeds_, place_, lsn{durable}, buffer.span(0, flash::block_bytes));
        layout.add_mark(lsn{at});
        auto const done = layout.finish();
        write(segment_table::path_of(place_.segment), place_.offset, buffer.span(0, done.bytes));
        place_.offset += done.bytes;
        place_.predecessor = done.last_crc;
    }
    void continue_at(group_place const& place) { place_ = place; }
    group_place const& place() const { return place_; }
    void flip(group_place const& at, std::uint64_t offset) {
        store_.device->flip_byte(segment_table::path_of(at.segment), at.offset + offset, 0x10);
    }

private:
    void write(std::string const& path, std::uint64_t offset, const_byte_span bytes) {
        auto file = store_.device->open(path, may_block()).value();
        file->write_durable_here(offset, bytes, may_block()).value();
    }

    rig& store_;
    seeded_random random_;
    store_identity identity_{};
    frame_seeds seeds_;
    std::uint64_t ordinal_ = 0;
    group_place place_{};
};

class recovered : public testing::Test {
protected:
    rig store;
    hand_made made{store};

    void expect_corrupt(std::string const& place) {
        auto const opened = store.open();
        ASSERT_TRUE(opened.has_error());
        EXPECT_EQ(opened.error().code, error::corrupt);
        EXPECT_NE(opened.error().text.find(place), std::string::npos) << opened.error().text;
    }
    void expect_last(std::uint64_t at) {
        ASSERT_TRUE(store.opens());
        EXPECT_EQ(to_underlying(store.store->durable()), at);
        EXPECT_EQ(store.row(std::to_string(at)), "vvvvvvvvvv");
        EXPECT_EQ(store.row(std::to_string(at + 1)), "(none)");
    }
};

TEST_F(recovered, whole_chain_over_two_segments) {
    made.segment(1, 1, lsn{1});
    made.group(1, 3, 0);
    made.group(4, 2, 3);
    made.segment(2, 1, lsn{6});
    made.group(6, 2, 5);
    expect_last(7);
    EXPECT_EQ(store.store->recovered().replayed_commits, 7u);
    EXPECT_FALSE(store.store->recovered().torn_tail);
    EXPECT_EQ(store.store->recovered().epoch, 2u);
}

TEST_F(recovered, torn_last_group_is_dropped_as_a_whole) {
    made.segment(1, 1, lsn{1});
    made.group(1, 3, 0);
    auto const last = made.group(4, 3, 3, 5000);
    made.flip(last, 5000 + 1000);  // inside the second commit
    expect_last(3);
    EXPECT_TRUE(store.store->recovered().torn_tail);
    ASSERT_TRUE(commit_and_wait(*store.store, put("after", "cut")).has_value());
    store.cut_power();
    ASSERT_TRUE(store.opens());
    EXPECT_EQ(store.row("after"), "cut");
    EXPECT_EQ(store.row("4"), "(none)");
    EXPECT_EQ(store.row("6"), "(none)");
}

TEST_F(recovered, flipped_byte_before_a_later_durable_claim_is_corruption) {
    made.segment(1, 1, lsn{1});
    made.group(1, 3, 0);
    auto const hit = made.group(4, 2, 3);
    made.group(6, 2, 5);
    made.flip(hit, 80);
    expect_corrupt("segments/00000001.seg at " + std::to_string(hit.offset));
}

TEST_F(recovered, flipped_byte_before_a_durable_mark_is_corruption) {
    made.segment(1, 1, lsn{1});
    auto const hit = made.group(1, 3, 0);
    made.mark(3, 3);
    made.flip(hit, 80);
    expect_corrupt("segments/00000001.seg at 8192");
}

// The mark of a full segment opens the next one.
TEST(marked, a_flipped_last_group_that_fills_its_segment_is_corruption) {
    auto options = small_options();
    options.idle_mark = std::chrono::milliseconds(100);  // none between the commits
    rig store(options);
    ASSERT_TRUE(store.opens());
    lsn last{};
    for (auto offset = first_frame_offset; offset < mebibyte; offset += flash::block_bytes)
        last = commit_and_wait(*store.store, put("k", std::to_string(offset))).value();
    ASSERT_TRUE(eventually([&] { return store.store->statistics().marked == last; }));
    store.cut_power();
    auto const path = segment_table::path_of(segment_id{1});
    store.device->flip_byte(path, mebibyte - flash::block_bytes + 80, 0x10);
    auto const opened = store.open();
    ASSERT_TRUE(opened.has_error());
    EXPECT_EQ(opened.error().code, error::corrupt) << opened.error().describe();
}

TEST_F(recovered, flipped_last_group_without_later_claim_is_a_torn_tail) {
    made.segment(1, 1, lsn{1});
    made.group(1, 3, 0);
    auto const hit = made.group(4, 1, 3);
    made.flip(hit, 3);
    expect_last(3);
}

TEST_F(recovered, group_written_behind_a_missing_one_is_cut_off) {
    made.segment(1, 1, lsn{1});
    made.group(1, 3, 0);
    auto const missing = made.group(4, 2, 3);
    made.group(6, 2, 3);  // in flight at the same time: it does not claim 4
    made.flip(missing, 0);
    expect_last(3);
    EXPECT_TRUE(store.store->recovered().torn_tail);
}

TEST_F(recovered, torn_end_of_a_segment_whose_successor_was_opened_early) {
    made.segment(1, 1, lsn{1});
    made.group(1, 3, 0);
    auto const torn = made.group(4, 2, 3);
    made.segment(2, 1, lsn{6});
    made.group(6, 2, 3);
    made.flip(torn, 64);
    expect_last(3);
    ASSERT_TRUE(commit_and_wait(*store.store, put("4", "other")).has_value());
    store.cut_power();
    ASSERT_TRUE(store.opens());
    EXPECT_EQ(store.row("4"), "other");
    EXPECT_EQ(store.row("6"), "(none)");
}

TEST_F(recovered, bad_frame_in_an_earlier_segment_with_a_claim_in_a_later_one) {
    made.segment(1, 1, lsn{1});
    auto const hit = made.group(1, 3, 0);
    made.segment(2, 1, lsn{4});
    made.group(4, 2, 3);
    made.flip(hit, 80);
    expect_corrupt("segments/00000001.seg");
}

TEST_F(recovered, missing_link_is_corruption) {
    made.segment(1, 1, lsn{1});
    made.group(1, 3, 0);
    made.segment(2, 1, lsn{4});
    made.group(4, 1, 3);
    made.segment(3, 1, lsn{5});
    made.group(5, 1, 4);
    store.device->remove("segments/00000002.seg", may_block()).value();
    expect_corrupt("segments/00000002.seg is missing");
}

TEST_F(recovered, both_header_copies_damaged_is_corruption_one_is_not) {
    made.segment(1, 1, lsn{1});
    made.group(1, 3, 0);
    store.device->flip_byte("segments/00000001.seg", 20, 1);
    {
        auto const opened = store.open();
        ASSERT_TRUE(opened.has_value()) << opened.error().describe();
        EXPECT_EQ(to_underlying(store.store->durable()), 3u);
    }
    store.cut_power();
    store.device->flip_byte("segments/00000001.seg", 4096 + 20, 1);
    expect_corrupt("segments/00000001.seg");
}

TEST_F(recovered, a_cut_epoch_is_never_read_again) {
    made.segment(1, 1, lsn{1});
    made.group(1, 3, 0);
    auto const cut = made.place();
    made.group(4, 2, 3);  // what a torn tail left behind
    made.continue_at(cut);
    made.segment(2, 2, lsn{4});  // a later start went on from the cut
    made.group(4, 1, 3);
    expect_last(4);
    EXPECT_EQ(store.store->recovered().epoch, 3u);
}

TEST_F(recovered, damage_before_a_cut_that_a_later_start_has_read_is_corruption) {
    made.segment(1, 1, lsn{1});
    auto const hit = made.group(1, 3, 0);
    made.segment(2, 2, lsn{4});
    made.flip(hit, 64);
    expect_corrupt("segments/00000001.seg at 8192");
}

TEST_F(recovered, an_abandoned_segment_is_not_in_the_chain) {
    made.segment(1, 1, lsn{1});
    made.group(1, 3, 0);
    auto const cut = made.place();
    made.segment(2, 1, lsn{4});
    made.group(4, 2, 3);
    made.continue_at(cut);
    made.segment(3, 2, lsn{4});
    made.group(4, 1, 3);
    expect_last(4);
}

TEST_F(recovered, an_index_ahead_of_the_journal_is_corruption) {
    made.segment(1, 1, lsn{1});
    made.group(1, 3, 0);
    {
        auto index = store.disk->open().value();
        kv::mutation_batch batch;
        batch.put(kv::family::row, "x", "y");
        index->apply({batch.bytes()}, lsn{9}).value();
        index->flush().value();
    }
    expect_corrupt("the index holds lsn 9, the journal ends at 3");
}

TEST_F(recovered, an_index_without_its_journal_is_corruption) {
    {
        auto index = store.disk->open().value();
        kv::mutation_batch batch;
        batch.put(kv::family::row, "x", "y");
        index->apply({batch.bytes()}, lsn{9}).value();
        index->flush().value();
    }
    expect_corrupt("no segment of the commit lane");
}

TEST_F(recovered, replays_only_what_the_index_lacks) {
    made.segment(1, 1, lsn{1});
    made.group(1, 3, 0);
    made.segment(2, 1, lsn{4});
    made.group(4, 3, 3);
    {
        auto index = store.disk->open().value();
        index->apply({}, lsn{4}).value();
        index->flush().value();
    }
    // Not needed any more: everything in it is flushed.
    store.device->remove("segments/00000001.seg", may_block()).value();
    ASSERT_TRUE(store.opens());
    EXPECT_EQ(store.store->recovered().replayed_commits, 2u);
    EXPECT_EQ(store.row("4"), "(none)");
    EXPECT_EQ(store.row("6"), "vvvvvvvvvv");
}

TEST_F(recovered, a_half_created_segment_file_is_removed) {
    made.segment(1, 1, lsn{1});
    made.group(1, 1, 0);
    store.device->create_zeroed("segments/00000002.seg", 256 * kibibyte, may_block()).value();
    store.device->sync_directory("segments", may_block()).value();
    ASSERT_TRUE(store.opens());
    for (auto const& [path, size] : store.device->files())
        EXPECT_TRUE(path.find(".seg") == std::string::npos || size == mebibyte) << path;
}

TEST_F(recovered, two_owners_of_one_folder_are_a_conflict) {
    ASSERT_TRUE(store.opens());
    auto second = store.disk->open().value();
    seeded_random random(1);
    auto const opened =
        journal::open(*store.device, *second, store.options, store.clock, random, may_block());
    ASSERT_TRUE(opened.has_error());
    EXPECT_EQ(opened.error().code, error::conflict);
}

}  // namespace
}  // namespace sluice::journal
