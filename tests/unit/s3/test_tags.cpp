// Tags in headers, and version ids: what of a client's text is taken.
#include <gtest/gtest.h>

#include "protocols/s3/wire/tag_set.hpp"
#include "protocols/s3/wire/version_ids.hpp"

namespace sluice::s3 {
namespace {

std::string code_of(s3_result<tag_list> const& parsed) {
    return parsed ? "" : std::string(row_of(parsed.error().code).code);
}

TEST(tag_sets, come_in_headers) {
    EXPECT_EQ(*tags_of_header("a=1&b=x%20y&c", 10),
              (tag_list{{"a", "1"}, {"b", "x y"}, {"c", ""}}));
    EXPECT_EQ(code_of(tags_of_header("a=%g1", 10)), "InvalidArgument");
    EXPECT_EQ(code_of(tags_of_header("a=1&b=2&c=3", 2)), "BadRequest");
    EXPECT_EQ(code_of(tags_of_header("a=1&a=2", 10)), "InvalidArgument");
    EXPECT_EQ(code_of(tags_of_header("k=%ff", 10)), "InvalidArgument");
    EXPECT_EQ(code_of(tags_of_header("k=%c2", 10)), "InvalidArgument");
    EXPECT_EQ(code_of(tags_of_header("a=1,b=2", 10)), "InvalidArgument");
    EXPECT_EQ(code_of(tags_of_header("aws:a=1", 10)), "InvalidTag");
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
