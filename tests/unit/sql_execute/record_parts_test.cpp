// What records of topics are made of in SQL: the partition of a key, headers as jsonb, columns.
#include <gtest/gtest.h>

#include <set>

#include "protocols/sql/execute/column_conditions.hpp"
#include "protocols/sql/execute/foreign_relations.hpp"
#include "protocols/sql/execute/record_headers.hpp"
#include "protocols/sql/execute/record_partitions.hpp"

namespace sluice::sql {
namespace {

// What org.apache.kafka.common.utils.Utils.murmur2 gives.
TEST(record_partitions, hash_keys_as_kafkas_clients) {
    EXPECT_EQ(murmur2("21"), -973932308);
    EXPECT_EQ(murmur2("foobar"), -790332482);
    EXPECT_EQ(murmur2("a-little-bit-long-string"), -985981536);
    EXPECT_EQ(murmur2("a-little-bit-longer-string"), -1486304829);
    EXPECT_EQ(murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"), -58897971);
    EXPECT_EQ(murmur2("abc"), 479470107);
}

TEST(record_partitions, follow_the_key_or_stick) {
    record_partitions three(3, 7);
    EXPECT_EQ(three.of("abc"), partition_index{479470107 % 3});
    EXPECT_EQ(three.of("foobar"),
              partition_index{static_cast<std::int32_t>((4294967296 - 790332482 - 2147483648) % 3)});
    auto const first = three.of(std::nullopt);
    EXPECT_EQ(first, partition_index{1});
    EXPECT_EQ(three.of(std::nullopt), first);
    std::set<partition_index> seen;
    for (int i = 0; i < 3; ++i) {
        seen.insert(three.of(std::nullopt));
        three.next_sticky();
    }
    EXPECT_EQ(seen.size(), 3u);
    EXPECT_EQ(record_partitions(1, 5).of("any"), partition_index{0});
}

TEST(record_headers, are_an_array_in_order) {
    std::vector<store::log_header> const headers{
        {"a", "1"}, {"a", std::nullopt}, {"b", std::string("\xff\0", 2)}, {"", ""}};
    auto const text = headers_to_jsonb(headers);
    EXPECT_EQ(text, R"([{"key": "a", "value": "1"}, {"key": "a", "value": null}, )"
                    R"({"key": "b", "base64": "/wA="}, {"key": "", "value": ""}])");
    auto const back = headers_from_jsonb(text, {});
    ASSERT_TRUE(back.has_value());
    ASSERT_EQ(back->size(), headers.size());
    for (std::size_t i = 0; i < headers.size(); ++i) {
        EXPECT_EQ((*back)[i].name, headers[i].name);
        EXPECT_EQ((*back)[i].value, headers[i].value);
    }
    EXPECT_EQ(headers_to_jsonb({}), "[]");
}

TEST(record_headers, of_another_shape_are_refused) {
    for (auto const* text : {"{}", "[1]", "[{}]", R"([{"key": "a"}])", R"([{"value": "a"}])",
                             R"([{"key": 1, "value": "a"}])", R"([{"key": "a", "value": 1}])",
                             R"([{"key": "a", "base64": "?"}])", R"([{"key": "a", "base64": null}])",
                             R"([{"key": "a", "value": "v", "base64": ""}])",
                             R"([{"key": "a", "value": "v", "more": "w"}])"}) {
        auto const refused = headers_from_jsonb(text, {});
        ASSERT_TRUE(refused.has_error()) << text;
        EXPECT_STREQ(refused.error().sqlstate, "22023") << text;
    }
}

TEST(record_headers, text_has_only_characters) {
    EXPECT_EQ(as_text("caf\xc3\xa9"), "caf\xc3\xa9");
    EXPECT_EQ(as_text("a\xff" "b"), "a\xef\xbf\xbd" "b");
    EXPECT_EQ(as_text(std::string_view("\0", 1)), "\xef\xbf\xbd");
}

TEST(prefixes, end_where_a_pattern_begins) {
    EXPECT_EQ(fixed_prefix("abc%"), "abc");
    EXPECT_EQ(fixed_prefix("a_c"), "a");
    EXPECT_EQ(fixed_prefix("a\\%c%"), "a");
    EXPECT_EQ(fixed_prefix("abc"), "abc");
    EXPECT_EQ(fixed_prefix("%"), "");
}

TEST(foreign_relations, have_oids_of_their_datasets) {
    auto const topic = topic_relation("t", dataset_id{17});
    auto const bucket = bucket_relation("b", dataset_id{18});
    EXPECT_EQ(topic->oid, object_oid{0x80000011});
    EXPECT_EQ(bucket->oid, object_oid{0x80000012});
    EXPECT_EQ(topic_relation("u", dataset_id{17})->oid, topic->oid);
    EXPECT_EQ(topic_relation("t", dataset_id{0x8000'0000}), nullptr);
    EXPECT_EQ(topic->columns[topic_columns::value].name, "_value");
    EXPECT_EQ(bucket->columns[bucket_columns::content].name, "content");
    EXPECT_EQ(audit_relation()->columns[audit_columns::decisions].name, "count");
    for (auto const& each : {topic, bucket, audit_relation()}) {
        EXPECT_TRUE(is_foreign(*each));
        for (std::size_t i = 0; i < each->columns.size(); ++i)
            EXPECT_EQ(each->columns[i].number, static_cast<std::int16_t>(i + 1));
    }
}

TEST(foreign_relations, read_what_is_asked_for) {
    EXPECT_TRUE(reads_column({}, 3));
    EXPECT_TRUE(reads_column({false, true}, 1));
    EXPECT_FALSE(reads_column({false, true}, 0));
}

}  // namespace
}  // namespace sluice::sql
