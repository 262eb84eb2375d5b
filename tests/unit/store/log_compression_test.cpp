// Codecs of record batches, and the check of produced ones, against batches that clients' own
// libraries made (tests/golden/record_batches).
#include "backend/store/model/log_compression.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "backend/store/model/log_batch.hpp"
#include "gateway/core/checksum.hpp"
#include "gateway/core/cursor.hpp"
#include "gateway/core/random.hpp"

namespace sluice::store {
namespace {

constexpr log_codec codecs[] = {log_codec::gzip, log_codec::snappy, log_codec::lz4,
                                log_codec::zstd};

std::string golden(std::string const& name) {
    std::ifstream file(std::string(SLUICE_GOLDEN_FOLDER) + "/record_batches/" + name);
    std::stringstream text;
    text << file.rdbuf();
    auto const hex = text.str();
    EXPECT_FALSE(hex.empty()) << name;
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        if (hex[i] == '\n') break;
        bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

void seal(std::string& batch) {
    store_big(batch.data() + 8, static_cast<std::int32_t>(batch.size() - 12));
    store_big(batch.data() + 17, crc32c(as_bytes(std::string_view(batch).substr(21))));
}

std::string compressed(log_codec codec, std::string batch) {
    auto const records = compress_records(codec, std::string_view(batch).substr(61)).value();
    batch.resize(61);
    batch += records;
    store_big(batch.data() + 21, static_cast<std::int16_t>(codec));
    seal(batch);
    return batch;
}

std::string sample(int count = 50) {
    log_batch_builder builder;
    for (int i = 0; i < count; ++i)
        builder.add(unix_millis{1000 + i}, i == 3 ? std::nullopt : std::optional("k"),
                    std::string(100, 'v'), {{"h", "1"}});
    return builder.finish();
}

// A frame that lz4js made: its blocks may refer to each other, which Kafka's readers do not take.
TEST(log_compression, lz4_of_dependent_blocks_is_refused) {
    unsigned char const frame[] = {0x04, 0x22, 0x4d, 0x18, 0x40, 0x70, 0xdf, 0x10, 0x00, 0x00,
                                   0x00, 0x6f, 0x76, 0x61, 0x6c, 0x75, 0x65, 0x20, 0x06, 0x00,
                                   0x12, 0x50, 0x61, 0x6c, 0x75, 0x65, 0x20, 0x00, 0x00, 0x00,
                                   0x00};
    std::string bytes(frame, frame + sizeof frame);
    EXPECT_EQ(decompress_records(log_codec::lz4, bytes, 1000).error().code, error::malformed);
    auto const independent = compress_records(log_codec::lz4, "value").value();
    EXPECT_EQ(decompress_records(log_codec::lz4, independent + independent, 1000).value(),
              "valuevalue");
    EXPECT_EQ(decompress_records(log_codec::lz4, "", 1000).error().code, error::malformed);
}

TEST(log_compression, what_is_compressed_is_read) {
    auto const records = std::string(100'000, 'a') + std::string(70'000, 'b');
    for (auto const codec : codecs) {
        auto const small = compress_records(codec, records).value();
        EXPECT_LT(small.size(), records.size() / 5);
        EXPECT_EQ(decompress_records(codec, small, records.size()).value(), records);
        EXPECT_EQ(decompress_records(codec, small, records.size() - 1).error().code,
                  error::too_large);
        EXPECT_EQ(decompress_records(codec, compress_records(codec, "").value(), 10).value(), "");
    }
    EXPECT_EQ(decompress_records(log_codec{6}, records, 10).error().code, error::unsupported);
}

TEST(log_compression, a_bomb_stops_at_its_bound) {
    std::string const zeros(64 * mebibyte, '\0');
    for (auto const codec : codecs) {
        auto const bomb = compress_records(codec, zeros).value();
        EXPECT_EQ(decompress_records(codec, bomb, mebibyte).error().code, error::too_large);
    }
}

TEST(log_compression, damage_is_refused_or_read_within_bounds) {
    seeded_random random(7);
    auto const records = std::string(sample(30)).substr(61);
    for (auto const codec : codecs) {
        auto const good = compress_records(codec, records).value();
        for (int round = 0; round < 3000; ++round) {
            auto bad = good.substr(0, random.below(2) == 0 ? good.size()
                                                           : random.below(good.size() + 1));
            for (auto changes = random.below(4); changes > 0 && !bad.empty(); --changes)
                bad[random.below(bad.size())] = static_cast<char>(random.below(256));
            auto const read = decompress_records(codec, bad, 10'000);
            EXPECT_TRUE(!read || read->size() <= 10'000);
        }
        EXPECT_FALSE(decompress_records(codec, good.substr(0, good.size() / 2), 100'000));
    }
}

TEST(log_compression, batches_of_clients_are_read) {
    for (auto const* library : {"kafka_python", "aiokafka"}) {
        for (auto const* codec : {"none", "gzip", "snappy", "lz4", "zstd"}) {
            auto const name = std::string(library) + "_" + codec + ".hex";
            SCOPED_TRACE(name);
            auto const batch = golden(name);
            auto const facts = check_produced_batch(batch).value();
            EXPECT_EQ(facts.header.record_count, 20);
            EXPECT_EQ(facts.first_timestamp, 1'767'225'600'000);
            EXPECT_EQ(facts.last_timestamp, 1'767'225'600'019);
            EXPECT_EQ(facts.first_null_key, 5);
            auto const records = read_log_batch(batch).value();
            ASSERT_EQ(records.size(), 20u);
            for (int i = 0; i < 20; ++i) {
                auto const& record = records[static_cast<std::size_t>(i)];
                EXPECT_EQ(to_underlying(record.offset), i);
                EXPECT_EQ(record.key.has_value(), i != 5);
                EXPECT_EQ(record.value.has_value(), i != 6);
                if (i != 6) EXPECT_EQ(*record.value, "value " + std::to_string(i) +
                                                         std::string(std::size_t(i), 'x'));
                ASSERT_EQ(record.headers.size(), i % 3 == 0 ? 1u : 0u);
            }
        }
    }
    EXPECT_EQ(decompress_records(log_codec::snappy, golden("raw_snappy.hex"), 1000).value(),
              "raw snappy, without the framing of snappy-java");
}

TEST(log_compression, produced_batches_are_checked_behind_their_codec) {
    for (auto const codec : {log_codec::none, log_codec::gzip, log_codec::snappy, log_codec::lz4,
                             log_codec::zstd}) {
        auto const good = compressed(codec, sample());
        auto const facts = check_produced_batch(good).value();
        EXPECT_EQ(facts.first_null_key, 3);
        EXPECT_EQ(facts.last_timestamp, 1049);
        EXPECT_EQ(read_log_batch(good).value().size(), 50u);
        // More or fewer records than it says.
        for (auto const count : {49, 51}) {
            auto wrong = good;
            store_big(wrong.data() + 57, std::int32_t{count});
            store_big(wrong.data() + 23, std::int32_t{count - 1});
            seal(wrong);
            EXPECT_EQ(check_produced_batch(wrong).error().code, error::malformed);
        }
        auto gap = good;   // counts that do not agree
        store_big(gap.data() + 23, std::int32_t{60});
        seal(gap);
        EXPECT_EQ(check_produced_batch(gap).error().code, error::malformed);
        if (codec == log_codec::none) continue;
        EXPECT_EQ(check_produced_batch(good, 1000).error().code, error::too_large);
        auto cut = good.substr(0, good.size() - 10);
        seal(cut);
        EXPECT_FALSE(check_produced_batch(cut));
        auto unknown = good;
        store_big(unknown.data() + 21, std::int16_t{5});
        seal(unknown);
        EXPECT_EQ(check_produced_batch(unknown).error().code, error::unsupported);
    }
    auto flipped = sample();
    flipped.back() ^= 1;
    EXPECT_EQ(check_produced_batch(flipped).error().code, error::malformed);
}

TEST(log_compression, records_come_one_by_one) {
    for (auto const codec : {log_codec::none, log_codec::gzip, log_codec::snappy, log_codec::lz4,
                             log_codec::zstd}) {
        auto batch = compressed(codec, sample());
        set_base_offset(batch.data(), log_offset{77});
        auto const all = read_log_batch(batch).value();
        auto reader = log_batch_reader::open(batch).value();
        EXPECT_EQ(reader.header().record_count, 50);
        log_record record;
        for (auto const& expected : all) {
            ASSERT_TRUE(reader.next(record).value());
            EXPECT_EQ(record.offset, expected.offset);
            EXPECT_EQ(record.timestamp, expected.timestamp);
            EXPECT_EQ(record.key, expected.key);
            EXPECT_EQ(record.value, expected.value);
            EXPECT_EQ(record.headers.size(), expected.headers.size());
        }
        EXPECT_FALSE(reader.next(record).value());
        EXPECT_FALSE(reader.next(record).value());
    }
    auto broken = sample();
    broken.back() ^= 1;
    EXPECT_TRUE(log_batch_reader::open(broken).has_error());
}

TEST(log_compression, an_append_time_is_every_records) {
    auto batch = sample();
    set_append_time(batch.data(), batch.size(), unix_millis{9999});
    auto const facts = check_produced_batch(batch).value();
    EXPECT_TRUE(facts.header.has_append_time());
    EXPECT_EQ(facts.first_timestamp, 9999);
    for (auto const& record : read_log_batch(batch).value())
        EXPECT_EQ(record.timestamp, unix_millis{9999});
}

}  // namespace
}  // namespace sluice::store
