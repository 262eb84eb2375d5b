#include "backend/store/model/log_batch.hpp"

#include <gtest/gtest.h>

#include "backend/kv/key_space.hpp"
#include "backend/store/log_append.hpp"
#include "backend/store/log_run_record.hpp"
#include "backend/store/payload_records.hpp"
#include "gateway/core/checksum.hpp"
#include "gateway/core/random.hpp"

namespace sluice::store {
namespace {

std::string sample() {
    log_batch_builder builder;
    builder.add(unix_millis{1000}, "key", "value", {{"h", "1"}, {"none", std::nullopt}});
    builder.add(unix_millis{900}, std::nullopt, std::nullopt);
    builder.add(unix_millis{5000}, "", std::string(300, 'v'));
    return builder.finish();
}

TEST(log_batches, what_is_built_is_read) {
    auto batch = sample();
    set_base_offset(batch.data(), log_offset{77});
    set_leader_epoch(batch.data(), 3);
    auto const header = check_log_batch(batch).value();
    EXPECT_EQ(header.base_offset, 77);
    EXPECT_EQ(header.leader_epoch, 3);
    EXPECT_EQ(header.record_count, 3);
    EXPECT_EQ(header.last_offset_delta, 2);
    EXPECT_EQ(header.base_timestamp, 1000);
    EXPECT_EQ(header.max_timestamp, 5000);
    EXPECT_EQ(header.producer_id, -1);
    EXPECT_EQ(header.total_bytes(), batch.size());
    auto const records = read_log_batch(batch).value();
    ASSERT_EQ(records.size(), 3u);
    EXPECT_EQ(records[0].offset, log_offset{77});
    EXPECT_EQ(*records[0].key, "key");
    EXPECT_EQ(records[0].headers[1].name, "none");
    EXPECT_FALSE(records[0].headers[1].value);
    EXPECT_EQ(records[1].timestamp, unix_millis{900});
    EXPECT_FALSE(records[1].value);
    EXPECT_EQ(*records[2].key, "");
    EXPECT_EQ(records[2].value->size(), 300u);
    EXPECT_EQ(records[2].offset, log_offset{79});
}

// A batch of one record, taken apart by hand from the format's description.
TEST(log_batches, bytes_are_those_of_the_format) {
    log_batch_builder builder;
    builder.add(unix_millis{0x0102}, std::nullopt, "ab");
    auto const batch = builder.finish();
    ASSERT_EQ(batch.size(), 61u + 9u);
    EXPECT_EQ(batch.substr(0, 12), std::string("\0\0\0\0\0\0\0\0\0\0\0\x3a", 12));
    EXPECT_EQ(batch[16], 2);
    EXPECT_EQ(batch.substr(27, 8), std::string("\0\0\0\0\0\0\1\2", 8));
    EXPECT_EQ(batch.substr(43, 14), std::string(14, '\xff'));
    EXPECT_EQ(batch.substr(57, 4), std::string("\0\0\0\1", 4));
    // length 8, attributes 0, timestamp delta 0, offset delta 0, no key (-1), value length 2, no
    // headers
    EXPECT_EQ(batch.substr(61), std::string("\x10\0\0\0\1\4ab\0", 9));
}

TEST(log_batches, every_flipped_byte_and_every_cut_is_refused) {
    auto const good = sample();
    for (std::size_t i = 0; i < good.size(); ++i) {
        EXPECT_FALSE(check_log_batch(std::string_view(good).substr(0, i))) << i;
        if (i < 8 || (i >= 12 && i < 16))
            continue;  // base offset and leader epoch: outside the crc
        auto bad = good;
        bad[i] = static_cast<char>(bad[i] ^ 0x21);
        EXPECT_FALSE(check_log_batch(bad)) << i;
    }
    EXPECT_FALSE(check_log_batch(good + "x"));
}

// Whatever stands behind a right crc, reading ends with records or an error.
TEST(log_batches, hostile_records_are_refused_in_bounded_memory) {
    seeded_random random(5);
    for (int round = 0; round < 3000; ++round) {
        auto batch = sample();
        for (auto changes = random.below(4) + 1; changes > 0; --changes)
            batch[21 + random.below(batch.size() - 21)] = static_cast<char>(random.below(256));
        auto const crc = crc32c(as_bytes(std::string_view(batch).substr(21)));
        for (int i = 0; i < 4; ++i) batch[17 + i] = static_cast<char>(crc >> (24 - 8 * i));
        auto const records = read_log_batch(batch);
        EXPECT_TRUE(!records || records->size() <= batch.size());
    }
}

TEST(log_batches, other_formats_are_named) {
    auto batch = sample();
    batch[16] = 1;
    EXPECT_EQ(parse_log_batch_header(batch).error().code, error::unsupported);
}

TEST(log_runs, offsets_are_filled_in_where_the_commit_has_them) {
    journal::commit commit;
    auto const bytes = sample() + sample();
    auto const shape = measure_batches(bytes).value();
    auto const run = prepare_run(commit, dataset_id{9}, partition_index{2}, shape, bytes);
    EXPECT_EQ(run.offsets(), 6);
    place_run(commit, run, log_offset{1000}, unix_millis{77});
    place_batches(commit, run, log_offset{1000});
    auto const records = read_log_batches(commit.payloads[0].bytes).value();
    ASSERT_EQ(records.size(), 6u);
    EXPECT_EQ(records[0].offset, log_offset{1000});
    EXPECT_EQ(records[5].offset, log_offset{1005});
    EXPECT_EQ(commit.payloads[0].owner_offset, 1000u);
    kv::mutation_cursor cursor(commit.mutations.bytes());
    auto const entry = cursor.take().value();
    EXPECT_EQ(kv::key_space::parse_log_run(entry.key).value().base, log_offset{1000});
    EXPECT_EQ(decode_log_run(entry.value).value().newest_so_far, unix_millis{77});
    auto const reverse = decode_reverse(cursor.take().value().value).value();
    EXPECT_EQ(reverse.base, log_offset{1000});
    EXPECT_EQ(reverse.dataset, dataset_id{9});
    EXPECT_FALSE(measure_batches(sample().substr(1)).has_value());
    EXPECT_FALSE(measure_batches("").has_value());
}

TEST(log_runs, a_large_one_takes_several_frames) {
    log_batch_builder builder;
    builder.add(unix_millis{1}, std::nullopt, std::string(2 * log_piece_bytes, 'x'));
    auto const bytes = builder.finish();
    auto const shape = measure_batches(bytes).value();
    journal::commit commit;
    auto const run = prepare_run(commit, dataset_id{9}, partition_index{2}, shape, bytes);
    ASSERT_EQ(commit.payloads.size(), 3u);
    EXPECT_EQ(commit.payloads[0].bytes + commit.payloads[1].bytes + commit.payloads[2].bytes,
              bytes);
    place_run(commit, run, log_offset{5}, unix_millis{1});
    kv::mutation_cursor cursor(commit.mutations.bytes());
    for (std::uint16_t piece = 0; piece < 3; ++piece) {
        auto const key = kv::key_space::parse_log_run(cursor.take().value().key).value();
        EXPECT_EQ(key.base, log_offset{5});
        EXPECT_EQ(key.piece, piece);
        auto const reverse = decode_reverse(cursor.take().value().value).value();
        EXPECT_EQ(reverse.piece, piece);
        EXPECT_EQ(reverse.base, log_offset{5});
        EXPECT_EQ(reverse.length, commit.payloads[piece].bytes.size());
        EXPECT_EQ(commit.payloads[piece].owner_offset, log_frame_offset(log_offset{5}, piece));
    }
    EXPECT_TRUE(cursor.at_end());
}

}  // namespace
}  // namespace sluice::store
