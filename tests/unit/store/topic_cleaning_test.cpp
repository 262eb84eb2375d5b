#include "backend/store/model/topic_cleaning.hpp"

#include <gtest/gtest.h>

#include "backend/store/log_clean_record.hpp"
#include "backend/store/log_run_record.hpp"

namespace sluice::store {
namespace {

TEST(topic_cleaning, policies_are_compact_and_delete_once_each) {
    auto const policy = [](std::string_view text) {
        auto const found = parse_cleanup_policy(text);
        if (!found) return std::string("refused");
        return std::string(found->compacts ? "c" : "") + (found->deletes ? "d" : "");
    };
    EXPECT_EQ(policy("compact"), "c");
    EXPECT_EQ(policy("delete"), "d");
    EXPECT_EQ(policy("compact,delete"), "cd");
    EXPECT_EQ(policy("delete, compact"), "cd");
    for (auto const* const text : {"", "compact,", ",", "compact,compact", "Compact", "none"})
        EXPECT_EQ(policy(text), "refused") << text;
}

TEST(topic_cleaning, ratios_are_numbers_from_0_to_1) {
    EXPECT_EQ(parse_ratio("0.5"), 0.5);
    EXPECT_EQ(parse_ratio("0"), 0.0);
    EXPECT_EQ(parse_ratio("1"), 1.0);
    EXPECT_EQ(parse_ratio("1e-2"), 0.01);
    for (auto const* const text : {"", "nan", "-0.1", "1.01", "0.5x", "inf"})
        EXPECT_FALSE(parse_ratio(text)) << text;
}

TEST(topic_cleaning, what_is_not_given_is_as_kafka_has_it) {
    EXPECT_EQ(cleaning_of({}), topic_cleaning{});
    auto const given = cleaning_of({{"cleanup.policy", "compact"},
                                    {"delete.retention.ms", "7"},
                                    {"min.cleanable.dirty.ratio", "0.1"},
                                    {"min.compaction.lag.ms", "8"},
                                    {"max.compaction.lag.ms", "9"}});
    EXPECT_EQ(given, (topic_cleaning{false, true, 7, 0.1, 8, 9}));
}

TEST(log_clean_records, what_is_written_is_read) {
    auto const bytes = encode(log_clean_record{{}, log_offset{5}, log_offset{9}});
    EXPECT_EQ(bytes.size(), 8u + 1 + 8 + 8);
    auto const read = decode_log_clean(bytes).value();
    EXPECT_EQ(read.clean, log_offset{5});
    EXPECT_EQ(read.reach, log_offset{9});
    EXPECT_EQ(decode_log_clean(bytes + "x").error().code, error::corrupt);
    EXPECT_EQ(decode_log_clean(bytes.substr(1)).error().code, error::corrupt);
    auto const behind = encode(log_clean_record{{}, log_offset{10}, log_offset{9}});
    EXPECT_EQ(decode_log_clean(behind).error().code, error::corrupt);
}

TEST(log_run_records, only_cleaned_runs_have_the_new_version) {
    log_run_record record;
    record.length = 100;
    record.offsets = 7;
    auto const plain = encode(record);
    EXPECT_EQ(plain[8], 2);
    EXPECT_FALSE(decode_log_run(plain).value().numbered);
    record.numbered = true;
    auto cleaned = encode(record);
    EXPECT_EQ(cleaned[8], 3);
    EXPECT_EQ(cleaned.size(), plain.size() + 1);
    EXPECT_TRUE(decode_log_run(cleaned).value().numbered);
    cleaned.back() = 2;   // a flag that nobody knows
    EXPECT_EQ(decode_log_run(cleaned).error().code, error::corrupt);
    cleaned.pop_back();
    EXPECT_EQ(decode_log_run(cleaned).error().code, error::corrupt);
}

}  // namespace
}  // namespace sluice::store
