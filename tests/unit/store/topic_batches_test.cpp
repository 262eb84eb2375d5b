#include "backend/store/model/topic_batches.hpp"

#include <gtest/gtest.h>

#include "backend/store/model/log_batch.hpp"

namespace sluice::store {
namespace {

std::string two_records() {
    log_batch_builder builder;
    builder.add(unix_millis{100}, "a", std::string(200, 'x'));
    builder.add(unix_millis{300}, std::nullopt, "y", {{"h", "v"}});
    return builder.finish();
}

TEST(topic_batches, settings_say_the_form) {
    EXPECT_TRUE(batch_form_of({}).as_it_comes());
    EXPECT_TRUE(batch_form_of({{"compression.type", "producer"},
                               {"message.timestamp.type", "CreateTime"}}).as_it_comes());
    EXPECT_TRUE(batch_form_of({{"message.timestamp.type", "LogAppendTime"}}).append_time);
    EXPECT_EQ(batch_form_of({{"compression.type", "uncompressed"}}).codec, log_codec::none);
    EXPECT_EQ(batch_form_of({{"compression.type", "zstd"}}).codec, log_codec::zstd);
    EXPECT_FALSE(parse_compression_type("lzma"));
    EXPECT_FALSE(parse_compression_type("none"));
    EXPECT_FALSE(parse_timestamp_type("logappendtime"));
}

TEST(topic_batches, several_batches_get_it_one_by_one) {
    batch_form form{true, log_codec::lz4};
    auto const made = in_form(form, two_records() + two_records(), unix_millis{7777}, 1 << 20);
    auto const records = read_log_batches(made.value()).value();
    ASSERT_EQ(records.size(), 4u);
    for (auto const& record : records) EXPECT_EQ(record.timestamp, unix_millis{7777});
    auto const header = parse_log_batch_header(*made).value();
    EXPECT_EQ(header.codec(), log_codec::lz4);
    EXPECT_EQ(records[1].headers.size(), 1u);
    // What has the form stays as it is: the time of a batch is given once.
    EXPECT_EQ(in_form(form, *made, unix_millis{8888}, 1 << 20).value(), *made);
}

TEST(topic_batches, keeps_the_producer_and_the_times_that_it_gave) {
    auto batch = two_records();
    set_producer(batch.data(), batch.size(), 42, 3, 17);
    auto const made = in_form({false, log_codec::gzip}, batch, unix_millis{9}, 1 << 20).value();
    auto const header = check_log_batch(made).value();
    EXPECT_EQ(header.producer_id, 42);
    EXPECT_EQ(header.producer_epoch, 3);
    EXPECT_EQ(header.base_sequence, 17);
    EXPECT_EQ(header.max_timestamp, 300);
    EXPECT_EQ(in_form({false, log_codec::none}, made, unix_millis{9}, 1 << 20).value(), batch);
}

TEST(topic_batches, what_does_not_unpack_or_is_cut_is_refused) {
    auto const packed =
        in_form({false, log_codec::zstd}, two_records(), unix_millis{9}, 1 << 20).value();
    auto const plain = batch_form{false, log_codec::none};
    EXPECT_EQ(in_form(plain, packed, unix_millis{9}, 100).error().code, error::too_large);
    EXPECT_EQ(in_form(plain, packed.substr(0, packed.size() - 1), unix_millis{9}, 1 << 20)
                  .error().code, error::malformed);
}

}  // namespace
}  // namespace sluice::store
