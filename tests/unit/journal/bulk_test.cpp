// The bulk lane: large payload in parallel, read back whole, in parts and damaged.
#include "tests/unit/journal/journal_fixture.hpp"

namespace sluice::journal {
namespace {

journal_options bulk_options() {
    auto options = small_options();
    options.segment_bytes = 4 * mebibyte;
    return options;
}

std::string pattern(std::size_t length, std::uint64_t seed) {
    std::string bytes(length, '\0');
    for (std::size_t i = 0; i < length; ++i)
        bytes[i] = static_cast<char>((i * 131 + seed * 7 + i / 4096) & 0xff);
    return bytes;
}

TEST(bulk, frames_come_back_as_written) {
    rig store(bulk_options());
    ASSERT_TRUE(store.opens());
    auto stream = store.store->open_stream();
    std::vector<std::future<result<location>>> answers;
    std::vector<std::size_t> const lengths{1,     4095,   4096,         65536,
                                           65537, 300000, mebibyte - 1, mebibyte};
    for (std::size_t i = 0; i < 40; ++i)
        answers.push_back(
            write_bulk(*store.store, 10 + i, 0, pattern(lengths[i % lengths.size()], i)));
    for (std::size_t i = 0; i < answers.size(); ++i) {
        auto const at = take(std::move(answers[i]));
        ASSERT_TRUE(at.has_value()) << at.error().describe();
        auto const length = lengths[i % lengths.size()];
        auto const whole = pattern(length, i);
        EXPECT_EQ(read_payload(*store.store, *at, 10 + i, length).value(), whole);
        if (length < 300000) continue;
        for (std::size_t from :
             {std::size_t{1}, std::size_t{65535}, std::size_t{65536}, length - 70000})
            EXPECT_EQ(read_payload(*store.store, *at, 10 + i, 70000, from).value(),
                      whole.substr(from, 70000))
                << from;
        flash::aligned_buffer aligned(mebibyte);
        ASSERT_TRUE(
            store.store
                ->read_body(*at, 10 + i, 0, 65536, aligned.span(0, length - 65536), may_block())
                .has_value());
        EXPECT_EQ(as_chars(aligned.span(0, length - 65536)), std::string_view(whole).substr(65536));
    }
    EXPECT_EQ(store.store->statistics().bulk_frames, 40u);
}

TEST(bulk, a_flipped_byte_is_never_served) {
    rig store(bulk_options());
    ASSERT_TRUE(store.opens());
    auto const whole = pattern(200000, 1);
    auto const at = take(write_bulk(*store.store, 1, 0, whole)).value();
    store.device->flip_byte(segment_table::path_of(at.segment), at.offset + 4096 + 70000);
    EXPECT_EQ(read_payload(*store.store, at, 1, 65536).value(), whole.substr(0, 65536));
    EXPECT_EQ(read_payload(*store.store, at, 1, 10, 65536 + 20000).error().code, error::corrupt);
    EXPECT_EQ(read_payload(*store.store, at, 1, 200000).error().code, error::corrupt);
    EXPECT_EQ(read_payload(*store.store, at, 1, 1000, 199000).value(), whole.substr(199000));
}

// The simulated memory keeps what it read and notices no change of the device.
TEST(bulk, pieces_of_late_are_kept_in_memory_and_checked_there) {
    rig store(bulk_options());
    ASSERT_TRUE(store.opens());
    auto stream = store.store->open_stream();   // what it writes is not used again meanwhile
    auto const bytes = 128 * kibibyte;
    std::vector<location> frames;
    for (std::uint64_t owner = 1; frames.empty() || frames.back().segment == frames.front().segment;
         ++owner)
        frames.push_back(take(write_bulk(*store.store, owner, 0, pattern(bytes, owner))).value());
    auto const is_sealed = [&] {
        for (auto const& one : store.store->segments().list())
            if (one.id == frames.front().segment) return one.state == segment_state::sealed;
        return false;
    };
    ASSERT_TRUE(eventually(is_sealed));
    flash::aligned_buffer buffer(bytes);
    auto const read = [&](std::size_t frame) -> result<std::string> {
        SLUICE_CHECK(store.store->read_body(frames[frame], frame + 1, 0, 0, buffer.span(0, bytes),
                                            may_block()));
        return std::string(as_chars(buffer.span(0, bytes)));
    };
    auto const flip = [&](std::size_t frame) {
        store.device->flip_byte(segment_table::path_of(frames[frame].segment),
                                frames[frame].offset + flash::block_bytes + 70000);
    };
    auto const first = pattern(bytes, 1), second = pattern(bytes, 2);
    EXPECT_EQ(read(0).value(), first);
    flip(0);
    EXPECT_EQ(read(0).value(), first);

    flip(1);
    EXPECT_EQ(read(1).error().code, error::corrupt);   // now memory has the wrong byte
    flip(1);
    EXPECT_EQ(read(1).value(), second);
}

TEST(bulk, a_flipped_header_is_never_served) {
    rig store(bulk_options());
    ASSERT_TRUE(store.opens());
    auto const at = take(write_bulk(*store.store, 1, 0, pattern(5000, 1))).value();
    store.device->flip_byte(segment_table::path_of(at.segment), at.offset + 33);
    EXPECT_EQ(read_payload(*store.store, at, 1, 10).error().code, error::corrupt);
    EXPECT_EQ(read_payload(*store.store, {at.segment, at.offset + 4}, 1, 10).error().code,
              error::corrupt);
    EXPECT_EQ(read_payload(*store.store, {segment_id{77}, 8192}, 1, 10).error().code,
              error::corrupt);
}

TEST(bulk, survives_once_a_commit_names_it) {
    rig store(bulk_options());
    ASSERT_TRUE(store.opens());
    auto stream = store.store->open_stream();
    auto const whole = pattern(mebibyte, 9);
    auto const at = take(write_bulk(*store.store, 9, 0, whole)).value();
    auto work = std::make_unique<commit>();
    std::string value(8, '\0');
    store_big(value.data(), encode(at));
    work->mutations.put(kv::family::row, "big", value);
    work->mutations.put(kv::family::payload, kv::key_space::reverse_entry(at.segment, at.offset),
                        "r");
    commit_and_wait(*store.store, std::move(work)).value();
    stream.reset();
    store.cut_power();
    ASSERT_TRUE(store.opens());
    EXPECT_EQ(read_payload(*store.store, location_in(store.row("big")), 9, mebibyte).value(),
              whole);
    // The next frames go into a segment of their own.
    EXPECT_NE(take(write_bulk(*store.store, 9, 0, whole)).value().segment, at.segment);
}

TEST(bulk, more_than_fits_in_flight_waits) {
    auto options = bulk_options();
    options.bulk_bytes_in_flight = 2 * mebibyte;
    options.waiting_bulk_frames = 5;
    rig store(options);
    ASSERT_TRUE(store.opens());
    take(write_bulk(*store.store, 1, 0, "first")).value();
    store.device->pause();
    std::vector<std::future<result<location>>> answers;
    for (int i = 0; i < 10; ++i)
        answers.push_back(write_bulk(*store.store, 2, 0, std::string(mebibyte - 4096, 'x')));
    EXPECT_EQ(store.store->statistics().waiting_bulk_frames, 5u);
    store.device->resume();
    int placed = 0, refused = 0;
    for (auto& one : answers) {
        auto const at = take(std::move(one));
        if (at.has_value()) ++placed;
        else if (at.error().code == error::overloaded) ++refused;
    }
    EXPECT_EQ(placed, 7);
    EXPECT_EQ(refused, 3);
}

TEST(bulk, wrong_lengths_are_refused) {
    rig store;
    ASSERT_TRUE(store.opens());
    EXPECT_EQ(take(write_bulk(*store.store, 1, 0, "")).error().code, error::invalid_argument);
    EXPECT_EQ(take(write_bulk(*store.store, 1, 0, std::string(mebibyte, 'x'))).error().code,
              error::invalid_argument)
        << "does not fit into these small segments";
}

}  // namespace
}  // namespace sluice::journal
