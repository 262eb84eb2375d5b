// What is left of a batch, behind every codec, also of batches that clients' own libraries made
// (tests/golden/record_batches).
#include "backend/store/model/log_filter.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "gateway/core/checksum.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::store {
namespace {

constexpr log_codec codecs[] = {log_codec::none, log_codec::gzip, log_codec::snappy,
                                log_codec::lz4, log_codec::zstd};

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

struct given {
    std::string key;
    std::optional<std::string> value;
};
// Records of a producer at offset 1000, a second after each other, with a header each.
std::string batch_of(std::vector<given> const& records, log_codec codec = log_codec::none) {
    log_batch_builder builder;
    std::int64_t at = 1'000'000;
    for (auto const& one : records) {
        auto const value = one.value ? std::optional<std::string_view>(*one.value) : std::nullopt;
        builder.add(unix_millis{at += 1000}, one.key, value, {{"h", one.key}});
    }
    auto batch = compressed(codec, builder.finish());
    set_producer(batch.data(), batch.size(), 77, 5, 40);
    set_base_offset(batch.data(), log_offset{1000});
    return batch;
}

// Records at these offsets go.
log_filter without(std::set<std::int64_t> gone) {
    log_filter filter;
    filter.superseded = [gone = std::move(gone)](log_record_view const& record) {
        return gone.contains(to_underlying(record.offset));
    };
    filter.now = unix_millis{5'000'000};
    filter.tombstones_stay_ms = 1000;
    filter.end = log_offset{1'000'000};
    return filter;
}

filtered_batches filtered(std::string const& batch, log_filter const& filter) {
    filtered_batches left;
    EXPECT_TRUE(filter_log_batch(batch, filter, left));
    return left;
}

TEST(log_filter, what_loses_nothing_stays_byte_for_byte) {
    for (auto const codec : codecs) {
        auto const batch = batch_of({{"a", "1"}, {"b", "2"}}, codec);
        auto const left = filtered(batch, without({}));
        EXPECT_EQ(left.bytes, batch);
        EXPECT_FALSE(left.changed);
        EXPECT_EQ(left.batches, 1u);
        EXPECT_EQ(left.last_timestamp, unix_millis{1'002'000});
    }
}

TEST(log_filter, what_loses_everything_is_gone) {
    auto const left = filtered(batch_of({{"a", "1"}, {"b", "2"}}), without({1000, 1001}));
    EXPECT_TRUE(left.bytes.empty());
    EXPECT_TRUE(left.changed);
    EXPECT_EQ(left.batches, 0u);
    EXPECT_EQ(left.records_gone, 2u);
}

TEST(log_filter, the_others_keep_their_places_and_the_batch_its_fields) {
    for (auto const codec : codecs) {
        auto const batch =
            batch_of({{"a", "1"}, {"b", "2"}, {"c", std::string(500, 'c')}, {"d", "4"}}, codec);
        auto const left = filtered(batch, without({1000, 1003}));
        EXPECT_TRUE(left.changed);
        EXPECT_EQ(left.records_gone, 2u);
        auto const header = check_log_batch(left.bytes).value();
        EXPECT_EQ(header.codec(), codec);
        EXPECT_EQ(header.base_offset, 1000);
        EXPECT_EQ(header.last_offset_delta, 3);
        EXPECT_EQ(header.record_count, 2);
        EXPECT_EQ(header.producer_id, 77);
        EXPECT_EQ(header.producer_epoch, 5);
        EXPECT_EQ(header.base_sequence, 40);
        EXPECT_EQ(header.max_timestamp, 1'003'000);
        EXPECT_FALSE(delete_horizon(header));
        auto const before = read_log_batch(batch).value();
        auto const after = read_log_batch(left.bytes).value();
        ASSERT_EQ(after.size(), 2u);
        for (std::size_t i = 0; i < 2; ++i) {
            EXPECT_EQ(after[i].offset, before[i + 1].offset);
            EXPECT_EQ(after[i].timestamp, before[i + 1].timestamp);
            EXPECT_EQ(after[i].key, before[i + 1].key);
            EXPECT_EQ(after[i].value, before[i + 1].value);
            EXPECT_EQ(after[i].headers.front().value, before[i + 1].headers.front().value);
        }
        EXPECT_EQ(left.first_timestamp, unix_millis{1'002'000});
        EXPECT_EQ(left.last_timestamp, unix_millis{1'003'000});
        // And once more.
        auto const again = filtered(left.bytes, without({1001}));
        auto const last = read_log_batch(again.bytes).value();
        ASSERT_EQ(last.size(), 1u);
        EXPECT_EQ(last[0].offset, log_offset{1002});
        EXPECT_EQ(check_log_batch(again.bytes).value().last_offset_delta, 3);
    }
}

TEST(log_filter, tombstones_get_a_horizon_and_go_behind_it) {
    for (auto const codec : codecs) {
        auto const batch = batch_of({{"a", "1"}, {"b", std::nullopt}, {"c", "3"}}, codec);
        auto filter = without({1000});
        auto const first = filtered(batch, filter);
        EXPECT_TRUE(first.changed);
        auto const header = check_log_batch(first.bytes).value();
        EXPECT_EQ(delete_horizon(header), unix_millis{5'001'000});
        auto records = read_log_batch(first.bytes).value();
        ASSERT_EQ(records.size(), 2u);
        EXPECT_EQ(records[0].timestamp, unix_millis{1'002'000});
        EXPECT_EQ(records[1].timestamp, unix_millis{1'003'000});
        EXPECT_EQ(header.max_timestamp, 1'003'000);
        // A later pass does not move it, and takes them when their time has come.
        filter.now = unix_millis{5'000'999};
        EXPECT_EQ(filtered(first.bytes, filter).bytes, first.bytes);
        filter.now = unix_millis{5'001'000};
        auto const second = filtered(first.bytes, filter);
        records = read_log_batch(second.bytes).value();
        ASSERT_EQ(records.size(), 1u);
        EXPECT_EQ(*records[0].key, "c");
        EXPECT_EQ(records[0].offset, log_offset{1002});
        EXPECT_EQ(records[0].timestamp, unix_millis{1'003'000});
        EXPECT_EQ(delete_horizon(check_log_batch(second.bytes).value()), unix_millis{5'001'000});
    }
}

TEST(log_filter, a_horizon_may_be_as_far_as_time_goes) {
    auto filter = without({});
    filter.tombstones_stay_ms = std::numeric_limits<std::int64_t>::max();
    auto const left = filtered(batch_of({{"b", std::nullopt}}), filter);
    EXPECT_EQ(to_underlying(*delete_horizon(check_log_batch(left.bytes).value())),
              std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(read_log_batch(left.bytes).value()[0].timestamp, unix_millis{1'001'000});
}

TEST(log_filter, what_is_not_looked_at_yet_stays) {
    auto const batch = batch_of({{"a", "1"}, {"b", std::nullopt}, {"c", "3"}});
    auto filter = without({1000, 1001, 1002});
    filter.end = log_offset{1000};
    EXPECT_EQ(filtered(batch, filter).bytes, batch);
    filter.end = log_offset{1001};
    auto const records = read_log_batch(filtered(batch, filter).bytes).value();
    ASSERT_EQ(records.size(), 2u);
    EXPECT_EQ(records[0].offset, log_offset{1001});
}

TEST(log_filter, control_batches_stay) {
    auto batch = batch_of({{"a", "1"}});
    store_big(batch.data() + 21, static_cast<std::int16_t>(0x30));
    seal(batch);
    EXPECT_EQ(filtered(batch, without({1000})).bytes, batch);
}

TEST(log_filter, a_time_of_append_is_everybodys) {
    auto batch = batch_of({{"a", "1"}, {"b", std::nullopt}});
    set_append_time(batch.data(), batch.size(), unix_millis{9'000});
    auto const left = filtered(batch, without({1000}));
    auto const header = check_log_batch(left.bytes).value();
    EXPECT_EQ(header.max_timestamp, 9'000);
    EXPECT_TRUE(header.has_append_time());
    EXPECT_EQ(read_log_batch(left.bytes).value()[0].timestamp, unix_millis{9'000});
}

TEST(log_filter, damaged_batches_are_malformed) {
    auto const batch = batch_of({{"a", "1"}, {"b", "2"}}, log_codec::gzip);
    for (std::size_t at = 61; at < batch.size(); ++at) {
        auto bad = batch;
        bad[at] = static_cast<char>(bad[at] ^ 0x41);
        filtered_batches left;
        EXPECT_EQ(filter_log_batch(bad, without({1000}), left).error().code, error::malformed);
        seal(bad);   // behind a right crc too: an error, or records that are still records
        filtered_batches other;
        (void)filter_log_batch(bad, without({1000}), other);
    }
    auto filter = without({1000});
    filter.decompressed_most = 10;
    filtered_batches left;
    EXPECT_EQ(filter_log_batch(batch, filter, left).error().code, error::too_large);
}

TEST(log_filter, batches_of_clients_lose_what_they_should) {
    for (auto const* const name :
         {"aiokafka_none", "aiokafka_gzip", "aiokafka_snappy", "aiokafka_lz4", "aiokafka_zstd",
          "kafka_python_none", "kafka_python_gzip", "kafka_python_snappy", "kafka_python_lz4",
          "kafka_python_zstd"}) {
        std::ifstream file(std::string(SLUICE_GOLDEN_FOLDER) + "/record_batches/" + name + ".hex");
        std::stringstream text;
        text << file.rdbuf();
        std::string batch;
        for (std::size_t i = 0; i + 1 < text.str().size() && text.str()[i] != '\n'; i += 2)
            batch.push_back(static_cast<char>(std::stoi(text.str().substr(i, 2), nullptr, 16)));
        auto const before = read_log_batch(batch).value();
        ASSERT_GT(before.size(), 1u) << name;
        auto const base = to_underlying(before[0].offset);
        auto const left = filtered(batch, without({base}));
        auto const after = read_log_batch(left.bytes).value();
        ASSERT_EQ(after.size(), before.size() - 1) << name;
        for (std::size_t i = 0; i < after.size(); ++i) {
            EXPECT_EQ(after[i].offset, before[i + 1].offset) << name;
            EXPECT_EQ(after[i].timestamp, before[i + 1].timestamp) << name;
            EXPECT_EQ(after[i].key, before[i + 1].key) << name;
            EXPECT_EQ(after[i].value, before[i + 1].value) << name;
        }
    }
}

}  // namespace
}  // namespace sluice::store
