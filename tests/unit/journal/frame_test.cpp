// The bytes of frames, headers, bodies and the superblock: golden vectors, and every way to be
// wrong. SLUICE_REWRITE_GOLDEN=1 writes the vectors anew; review the difference.
#include "backend/journal/frame.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "backend/flash/aligned_buffer.hpp"
#include "backend/flash/device.hpp"
#include "backend/journal/body.hpp"
#include "backend/journal/group.hpp"
#include "backend/journal/segment_header.hpp"
#include "backend/journal/superblock.hpp"

namespace sluice::journal {
namespace {

store_identity identity() {
    store_identity made{};
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<std::byte>(i + 1);
    return made;
}

// Lines of 16 bytes; runs of zero lines are left out.
std::string as_text(const_byte_span bytes) {
    std::ostringstream out;
    for (std::size_t at = 0; at < bytes.size(); at += 16) {
        std::ostringstream line;
        bool zero = true;
        for (std::size_t i = at; i < std::min(at + 16, bytes.size()); ++i) {
            static char const digits[] = "0123456789abcdef";
            auto const value = std::to_integer<unsigned>(bytes[i]);
            zero = zero && value == 0;
            line << ' ' << digits[value >> 4] << digits[value & 15];
        }
        if (!zero) out << at << ':' << line.str() << '\n';
    }
    return out.str();
}

void expect_golden(std::string const& name, const_byte_span bytes) {
    auto const path = std::string(SLUICE_GOLDEN_FOLDER) + "/" + name + ".txt";
    auto const text = as_text(bytes);
    if (std::getenv("SLUICE_REWRITE_GOLDEN") != nullptr) std::ofstream(path) << text;
    std::ifstream in(path);
    std::stringstream wanted;
    wanted << in.rdbuf();
    EXPECT_EQ(text, wanted.str()) << name;
}

frame_header some_header(std::size_t body_length) {
    frame_header header;
    header.type = frame_type::payload;
    header.at = lsn{0x1122};
    header.durable = lsn{0x1100};
    header.body_length = static_cast<std::uint32_t>(body_length);
    header.predecessor = 0xaabbccdd;
    header.owner = 77;
    header.owner_offset = 1 << 20;
    header.body_offset = commit_lane_body_offset(body_length);
    for (std::size_t i = 0; i < header.chunks(); ++i)
        header.crcs[i] = static_cast<std::uint32_t>(i + 1);
    return header;
}

TEST(frame, header_bytes_are_golden) {
    frame_seeds const seeds(identity());
    std::byte bytes[frame_head_bytes + 4 * maximum_chunks] = {};
    encode_frame_header(some_header(200000), seeds.at(0x5566, 8192), bytes);
    expect_golden("payload_header", bytes);
}

TEST(frame, header_round_trips_at_its_own_place_only) {
    frame_seeds const seeds(identity());
    for (std::size_t length : {0, 1, 65536, 65537, 1 << 20}) {
        auto const header = some_header(length);
        std::byte bytes[frame_head_bytes + 4 * maximum_chunks] = {};
        auto const crc = encode_frame_header(header, seeds.at(1, 8192), bytes);
        auto const decoded = decode_frame_header(bytes, seeds.at(1, 8192), lane::commit);
        ASSERT_TRUE(decoded);
        EXPECT_EQ(decoded->header, header);
        EXPECT_EQ(decoded->crc, crc);
        EXPECT_FALSE(decode_frame_header(bytes, seeds.at(2, 8192), lane::commit))
            << "another incarnation";
        EXPECT_FALSE(decode_frame_header(bytes, seeds.at(1, 8200), lane::commit))
            << "another place";
        EXPECT_FALSE(decode_frame_header(bytes, seeds.at(1, 8192), lane::bulk)) << "another lane";
        auto other = identity();
        other[3] = std::byte{0};
        EXPECT_FALSE(decode_frame_header(bytes, frame_seeds(other).at(1, 8192), lane::commit))
            << "another store";
    }
}

TEST(frame, every_flipped_bit_of_a_header_is_noticed) {
    frame_seeds const seeds(identity());
    auto const header = some_header(70000);
    std::byte bytes[frame_head_bytes + 4 * maximum_chunks] = {};
    encode_frame_header(header, seeds.at(1, 8192), bytes);
    for (std::size_t bit = 0; bit < 8 * header.encoded_bytes(); ++bit) {
        bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
        EXPECT_FALSE(decode_frame_header(bytes, seeds.at(1, 8192), lane::commit)) << bit;
        bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    }
    for (std::size_t length = 0; length < header.encoded_bytes(); ++length)
        EXPECT_FALSE(decode_frame_header({bytes, length}, seeds.at(1, 8192), lane::commit))
            << length;
}

TEST(frame, zeroes_and_noise_are_no_frames) {
    frame_seeds const seeds(identity());
    std::byte bytes[4096] = {};
    EXPECT_FALSE(decode_frame_header(bytes, seeds.at(1, 8192), lane::commit));
    std::uint32_t state = 1;
    for (int round = 0; round < 2000; ++round) {
        for (auto& byte : bytes)
            byte = static_cast<std::byte>((state = state * 1664525 + 1013904223) >> 24);
        EXPECT_FALSE(decode_frame_header(bytes, seeds.at(1, 8192), lane::bulk));
    }
}

TEST(frame, group_bytes_are_golden) {
    frame_seeds const seeds(identity());
    flash::aligned_buffer buffer(8192);
    group_layout layout(seeds, {segment_id{3}, 0x5566, 12288, 0x01020304}, lsn{40},
                        buffer.span(0, 8192));
    inline_payload payload{9, 0, "the payload"};
    chunk_crcs crcs{};
    checksum_chunks(as_bytes(payload.bytes), crcs);
    EXPECT_EQ(layout.add_payload(lsn{41}, payload, crcs), (location{segment_id{3}, 12288}));
    auto const second =
        layout.add_commit(lsn{41}, encode_commit_head({{segment_id{2}, 4096}}, 5), "batch");
    EXPECT_EQ(second.offset, 12288 + commit_lane_frame_bytes(payload.bytes.size()));
    layout.add_chunk(lsn{42}, 7, 1, "chunk body");
    layout.add_mark(lsn{42});
    auto const done = layout.finish();
    EXPECT_EQ(done.bytes, 4096u);
    expect_golden("group", buffer.span(0, done.bytes));
}

TEST(frame, frames_of_a_group_are_chained_and_the_last_is_marked) {
    frame_seeds const seeds(identity());
    flash::aligned_buffer buffer(8192);
    group_layout layout(seeds, {segment_id{1}, 5, 8192, 99}, lsn{}, buffer.span(0, 8192));
    for (std::uint64_t i = 1; i <= 4; ++i)
        layout.add_commit(lsn{i}, "h", std::string(i * 100, 'b'));
    auto const done = layout.finish();
    std::uint64_t offset = 8192;
    std::uint32_t predecessor = 99;
    for (std::uint64_t i = 1; i <= 4; ++i) {
        auto const frame =
            decode_frame_header(buffer.span(offset - 8192, 512), seeds.at(5, offset), lane::commit);
        ASSERT_TRUE(frame) << i;
        EXPECT_EQ(frame->header.predecessor, predecessor);
        EXPECT_EQ(frame->header.last_of_group, i == 4);
        EXPECT_EQ(to_underlying(frame->header.at), i);
        predecessor = frame->crc;
        offset = end_of_frame(lane::commit, offset, frame->header);
    }
    EXPECT_EQ(offset, 8192 + done.bytes);
    EXPECT_EQ(predecessor, done.last_crc);
}

TEST(segment_header, bytes_are_golden_and_one_copy_is_enough) {
    segment_header header;
    header.id = segment_id{12};
    header.store = identity();
    header.incarnation = 0x99;
    header.where = lane::commit;
    header.epoch = 3;
    header.ordinal = 17;
    header.first = lsn{1000};
    header.previous = segment_id{11};
    header.previous_end = 65544;
    header.previous_incarnation = 0x98;
    header.previous_frame_crc = 0xdeadbeef;
    flash::aligned_buffer blocks(segment_header_bytes);
    auto const bytes = blocks.span(0, segment_header_bytes);
    encode_segment_header(header, bytes);
    expect_golden("segment_header", bytes);
    EXPECT_EQ(decode_segment_header(bytes, segment_id{12}, identity()).header, header);
    EXPECT_FALSE(decode_segment_header(bytes, segment_id{13}, identity()).header)
        << "another file's";
    auto other = identity();
    other[0] = std::byte{9};
    EXPECT_FALSE(decode_segment_header(bytes, segment_id{12}, other).header) << "another store's";
    bytes[50] ^= std::byte{1};
    EXPECT_EQ(decode_segment_header(bytes, segment_id{12}, identity()).header, header);
    bytes[4096 + 51] ^= std::byte{1};
    EXPECT_FALSE(decode_segment_header(bytes, segment_id{12}, identity()).header);
    EXPECT_FALSE(decode_segment_header(bytes, segment_id{12}, identity()).is_blank);
}

TEST(superblock, bytes_are_golden_and_features_are_checked) {
    superblock value;
    value.store = identity();
    value.generation = 6;
    value.segment_bytes = 128 * mebibyte;
    flash::aligned_buffer block(flash::block_bytes);
    encode_superblock(value, block.span(0, flash::block_bytes));
    expect_golden("superblock", block.span(0, flash::block_bytes));
    EXPECT_EQ(decode_superblock(block.span(0, flash::block_bytes)), value);
    EXPECT_TRUE(check_features(value).has_value());
    value.compatible_features = 1;
    EXPECT_TRUE(check_features(value).has_value()) << "unknown compatible features are ignored";
    value.read_only_features = 2;
    EXPECT_EQ(check_features(value).error().code, error::unsupported);
    value.read_only_features = 0;
    value.incompatible_features = 4;
    EXPECT_EQ(check_features(value).error().code, error::unsupported);
    value.incompatible_features = 0;
    value.format_version = 2;
    EXPECT_EQ(check_features(value).error().code, error::unsupported);
    block.data()[33] ^= std::byte{1};
    EXPECT_FALSE(decode_superblock(block.span(0, flash::block_bytes)));
}

TEST(body, commit_head_round_trips_and_rejects_nonsense) {
    std::vector<location> const chunks{{segment_id{1}, 8192}, {segment_id{0xffffffff}, 0xfffffff8}};
    auto const whole = encode_commit_head(chunks, 5) + "batch";
    auto const decoded = decode_commit_body(whole).value();
    EXPECT_EQ(decoded.chunks, chunks);
    EXPECT_EQ(decoded.mutations, "batch");
    for (std::size_t length = 0; length < whole.size(); ++length)
        EXPECT_EQ(decode_commit_body(std::string_view(whole).substr(0, length)).error().code,
                  error::malformed)
            << length;
    EXPECT_EQ(decode_commit_body(whole + "x").error().code, error::malformed);
    EXPECT_EQ(decode_commit_body("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").error().code,
              error::malformed);
}

TEST(body, chunks_are_stamped_with_the_commit) {
    kv::mutation_batch batch;
    batch.put_stamped(kv::family::row, "a", std::string(8, '\0') + "one");
    batch.put(kv::family::row, "b", "two");
    batch.put_stamped(kv::family::row, "c", std::string(8, '\0') + "three");
    auto body = encode_chunk_body(batch).value();
    auto const stamped = stamp_chunk_body(body, lsn{0x0102030405060708}).value();
    kv::mutation_cursor in(stamped);
    EXPECT_EQ(in.take().value().value.substr(0, 8), "\x08\x07\x06\x05\x04\x03\x02\x01");
    EXPECT_EQ(in.take().value().value, "two");
    EXPECT_EQ(in.take().value().value, "\x08\x07\x06\x05\x04\x03\x02\x01three");
    EXPECT_TRUE(in.at_end());
    std::string bad(
        "\x01\xff\xff\x7f"
        "abc",
        7);
    EXPECT_EQ(stamp_chunk_body(bad, lsn{1}).error().code, error::malformed);
    std::string short_one("\x05\x01", 2);
    EXPECT_EQ(stamp_chunk_body(short_one, lsn{1}).error().code, error::malformed);
}

}  // namespace
}  // namespace sluice::journal
