#include <gtest/gtest.h>

#include "protocols/s3/wire/names.hpp"
#include "protocols/s3/wire/utf8.hpp"

namespace sluice::s3 {
namespace {

TEST(names, of_buckets_follow_the_rules) {
    for (std::string const& name :
         {std::string("abc"), std::string("my-bucket.1"), std::string("0abc"), std::string(63, 'a'),
          std::string("1.2.3.4a")})
        EXPECT_TRUE(check_bucket_name(name)) << name;
    for (std::string const& name :
         {std::string(), std::string("ab"), std::string(64, 'a'), std::string("Abc"),
          std::string("a_c"), std::string("-abc"), std::string("abc-"), std::string(".abc"),
          std::string("a..b"), std::string("192.168.5.4"), std::string("xn--abc"),
          std::string("sthree-x"), std::string("abc-s3alias"), std::string("abc--ol-s3"),
          std::string("abc--x-s3"), std::string("__audit"), std::string("a/b"),
          std::string("a\0b", 3)})
        EXPECT_FALSE(check_bucket_name(name)) << name;
}

TEST(names, of_keys_are_bytes_of_utf8) {
    for (std::string const& key :
         {std::string("a"), std::string("../../etc/passwd"), std::string("//"), std::string(" "),
          std::string("\x01\x7f"), std::string("\xF0\x9F\x98\x80"), std::string(1024, 'k')})
        EXPECT_TRUE(check_key(key)) << key;
    EXPECT_EQ(check_key(std::string(1025, 'k')).error().code, error_code::key_too_long);
    EXPECT_EQ(check_key("").error().code, error_code::invalid_uri);
    EXPECT_EQ(check_key(std::string("a\0b", 3)).error().code, error_code::invalid_uri);
    EXPECT_EQ(check_key("\xff").error().code, error_code::invalid_uri);
}

TEST(utf8, knows_shortest_forms_and_surrogates) {
    for (auto const* text : {"", "a", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                             "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
        EXPECT_TRUE(is_utf8(text)) << text;
    for (auto const* text :
         {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xED\xA0\x80",
          "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82"})
        EXPECT_FALSE(is_utf8(text)) << text;
}

}  // namespace
}  // namespace sluice::s3
