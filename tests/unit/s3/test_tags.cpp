// Tag sets and version ids: what of a client's text is taken.
#include <gtest/gtest.h>

#include "protocols/s3/wire/tag_set.hpp"
#include "protocols/s3/wire/version_ids.hpp"

namespace sluice::s3 {
namespace {

std::string code_of(s3_result<tag_list> const& parsed) {
    return parsed ? "" : std::string(row_of(parsed.error().code).code);
}

std::string document(std::string const& inner) {
    return "<Tagging><TagSet>" + inner + "</TagSet></Tagging>";
}

TEST(tag_sets, documents) {
    auto const two = parse_tagging(document("<Tag><Key>a</Key><Value>1</Value></Tag>"
                                            "<Tag><Key>b c</Key><Value></Value></Tag>"),
                                   {}, 10);
    ASSERT_TRUE(two);
    EXPECT_EQ(*two, (tag_list{{"a", "1"}, {"b c", ""}}));
    EXPECT_EQ(*parse_tagging(document(""), {}, 10), tag_list{});
    for (auto const* broken :
         {"<Tag><Key>a</Key></Tag>", "<Tag><Value>a</Value></Tag>", "<Tug/>",
          "<Tag><Key>a</Key><Value>1</Value><More/></Tag>"})
        EXPECT_EQ(code_of(parse_tagging(document(broken), {}, 10)), "MalformedXML") << broken;
    EXPECT_EQ(code_of(parse_tagging("<Tagging/>", {}, 10)), "MalformedXML");
}

TEST(tag_sets, headers) {
    EXPECT_EQ(*parse_tagging_header("a=1&b=x%20y&c", 10),
              (tag_list{{"a", "1"}, {"b", "x y"}, {"c", ""}}));
    EXPECT_EQ(code_of(parse_tagging_header("a=%g1", 10)), "InvalidArgument");
    EXPECT_EQ(code_of(parse_tagging_header("a=1&b=2&c=3", 2)), "BadRequest");
    EXPECT_EQ(code_of(parse_tagging_header("a=1&a=2", 10)), "InvalidTag");
}

TEST(tag_sets, lengths_are_of_characters) {
    auto repeated = [](std::string const& text, int times) {
        std::string out;
        for (int i = 0; i < times; ++i) out += text;
        return out;
    };
    EXPECT_TRUE(check_tags({{repeated("ü", 128), repeated("€", 256)}}, 10));
    EXPECT_FALSE(check_tags({{repeated("ü", 129), ""}}, 10));
    EXPECT_FALSE(check_tags({{"k", repeated("€", 257)}}, 10));
    EXPECT_FALSE(check_tags({{"k\xff", ""}}, 10));
    EXPECT_FALSE(check_tags({{"a\nb", ""}}, 10));
    EXPECT_FALSE(check_tags({{"aws:name", ""}}, 10));
    EXPECT_TRUE(check_tags({{"AWS:name", ""}}, 10));
}

TEST(version_ids, texts) {
    EXPECT_EQ(version_text(object_version{}), "null");
    EXPECT_EQ(version_text(object_version{0xab}), "00000000000000ab");
    for (std::uint64_t number : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}})
        EXPECT_EQ(parse_version(version_text(object_version{number})), object_version{number});
    for (auto const* text : {"", "Null", "0000000000000000", "00000000000000AB", "ab",
                             "00000000000000abc", "-000000000000001", "0x00000000000001"})
        EXPECT_EQ(parse_version(text), std::nullopt) << text;
}

}  // namespace
}  // namespace sluice::s3
