#include <gtest/gtest.h>

#include "protocols/s3/wire/tag_set.hpp"

namespace sluice::s3 {
namespace {

std::string tag_of(std::string const& key, std::string const& value) {
    return "<Tag><Key>" + key + "</Key><Value>" + value + "</Value></Tag>";
}

// The code of the refusal, empty when the tags are fine.
std::string judged(std::string const& tags) {
    auto const root = parse_xml("<TagSet>" + tags + "</TagSet>", "TagSet");
    if (!root) return "no document";
    auto const read = tags_in(*root, bucket_tags_max);
    return read ? "" : std::string(row_of(read.error().code).code);
}

std::string many(std::size_t count) {
    std::string tags;
    for (std::size_t i = 0; i < count; ++i) tags += tag_of("k" + std::to_string(i), "");
    return tags;
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string out;
    while (times-- != 0) out += text;
    return out;
}

TEST(tag_sets, are_read_and_written) {
    tag_list const tags{{"Key one", "a:b/c=d+e-f@g_h.i"}, {"\xC3\xBC", ""}};
    xml_writer out("Tagging");
    write_tags(out, tags);
    auto const root = parse_xml(std::move(out).finish(), "Tagging");
    ASSERT_TRUE(root);
    EXPECT_EQ(tags_in(*root->only("TagSet"), bucket_tags_max).value(), tags);
}

TEST(tag_sets, are_bounded_in_number) {
    EXPECT_EQ(judged(""), "");
    EXPECT_EQ(judged(many(50)), "");
    EXPECT_EQ(judged(many(51)), "BadRequest");
}

TEST(tag_sets, are_bounded_in_length_by_characters) {
    EXPECT_EQ(judged(tag_of("", "v")), "InvalidTag");
    EXPECT_EQ(judged(tag_of(repeated("\xC3\xBC", 128), repeated("\xE2\x82\xAC", 256))), "");
    EXPECT_EQ(judged(tag_of(repeated("k", 129), "v")), "InvalidTag");
    EXPECT_EQ(judged(tag_of("k", repeated("v", 257))), "InvalidTag");
}

TEST(tag_sets, hold_only_some_characters) {
    for (auto const* bad : {"a,b", "a;b", "a&amp;b", "a&lt;b", "a&#9;b", "a#b", "a\xC2\x85"}) {
        EXPECT_EQ(judged(tag_of(bad, "v")), "InvalidTag") << bad;
        EXPECT_EQ(judged(tag_of("k", bad)), "InvalidTag") << bad;
    }
}

TEST(tag_sets, have_keys_of_their_own) {
    EXPECT_EQ(judged(tag_of("k", "1") + tag_of("k", "2")), "InvalidTag");
    EXPECT_EQ(judged(tag_of("k", "1") + tag_of("K", "2")), "");
    EXPECT_EQ(judged(tag_of("aws:k", "v")), "InvalidTag");
    EXPECT_EQ(judged(tag_of("AWS:k", "v")), "InvalidTag");
    EXPECT_EQ(judged(tag_of("my:aws:k", "aws:")), "");
}

TEST(tag_sets, are_nothing_else) {
    for (auto const* bad :
         {"<Other/>", "<Tag/>", "<Tag><Key>k</Key></Tag>",
          "<Tag><Key>k</Key><Value>v</Value><More/></Tag>",
          "<Tag><Key>k</Key><Key>l</Key><Value>v</Value></Tag>", "<Tag><Key><A/></Key></Tag>"})
        EXPECT_EQ(judged(bad), "MalformedXML") << bad;
}

}  // namespace
}  // namespace sluice::s3
