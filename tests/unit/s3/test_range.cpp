#include <gtest/gtest.h>

#include "protocols/s3/wire/range.hpp"

namespace sluice::s3 {
namespace {

std::string shown(std::string_view header, std::uint64_t size) {
    auto const asked = parse_range(header);
    if (!asked) return "whole";
    auto const range = store::resolve(*asked, size);
    if (!range) return "unsatisfiable";
    return std::to_string(range->offset) + "+" + std::to_string(range->length);
}

TEST(range, has_three_forms) {
    EXPECT_EQ(shown("bytes=0-0", 10), "0+1");
    EXPECT_EQ(shown("bytes=2-5", 10), "2+4");
    EXPECT_EQ(shown("bytes=2-", 10), "2+8");
    EXPECT_EQ(shown("bytes=-3", 10), "7+3");
    EXPECT_EQ(shown("Bytes= 2 - 5 ", 10), "2+4");
}

TEST(range, is_clipped_to_the_object) {
    EXPECT_EQ(shown("bytes=5-100", 10), "5+5");
    EXPECT_EQ(shown("bytes=-100", 10), "0+10");
    EXPECT_EQ(shown("bytes=0-99999999999999999999999", 10), "0+10");
    EXPECT_EQ(shown("bytes=0-18446744073709551615", 10), "0+10");
}

TEST(range, may_be_unsatisfiable) {
    EXPECT_EQ(shown("bytes=10-", 10), "unsatisfiable");
    EXPECT_EQ(shown("bytes=99999999999999999999999-", 10), "unsatisfiable");
    EXPECT_EQ(shown("bytes=-0", 10), "unsatisfiable");
    EXPECT_EQ(shown("bytes=0-", 0), "unsatisfiable");
    EXPECT_EQ(shown("bytes=-1", 0), "unsatisfiable");
}

TEST(range, is_ignored_when_it_is_none) {
    for (auto const* text :
         {"", "bytes", "bytes=", "bytes=-", "bytes=5-2", "bytes=1-2,4-5", "items=0-1", "bytes=a-b",
          "bytes=1-b", "bytes=+1-2", "bytes=0x1-2", "bytes=1--2"})
        EXPECT_EQ(shown(text, 10), "whole") << text;
}

TEST(range, of_a_copy_names_both_ends) {
    EXPECT_TRUE(parse_copy_range("bytes=0-9"));
    for (auto const* text : {"bytes=0-", "bytes=-5", "0-5", "bytes=5-2"})
        EXPECT_FALSE(parse_copy_range(text)) << text;
}

}  // namespace
}  // namespace sluice::s3
