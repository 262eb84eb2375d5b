#include <gtest/gtest.h>

#include "protocols/s3/ops/list_parameters.hpp"
#include "tests/unit/s3/request_from_text.hpp"

namespace sluice::s3 {
namespace {

std::string size(std::string const& query, std::uint32_t least = 0) {
    auto const value =
        page_size(test::request_from("GET /b" + query), "max-keys", 1000, 1000, least);
    return value ? std::to_string(*value) : std::string(row_of(value.error().code).code);
}

TEST(list_parameters, read_page_sizes) {
    EXPECT_EQ(size(""), "1000");
    EXPECT_EQ(size("?max-keys="), "1000");
    EXPECT_EQ(size("?max-keys=0"), "0");
    EXPECT_EQ(size("?max-keys=7"), "7");
    EXPECT_EQ(size("?max-keys=2147483647"), "1000");
    for (auto const* text :
         {"-1", "x", "1x", "2147483648", "99999999999999999999", "1.5", "%201"})
        EXPECT_EQ(size("?max-keys=" + std::string(text)), "InvalidArgument") << text;
    EXPECT_EQ(size("?max-keys=0", 1), "InvalidArgument");
}

TEST(list_parameters, spell_keys_as_asked) {
    auto const plain = key_spelling::of(test::request_from("GET /b"));
    EXPECT_EQ((*plain)("a b/\xC3\xA9"), "a b/\xC3\xA9");
    auto const encoded = key_spelling::of(test::request_from("GET /b?encoding-type=url"));
    EXPECT_EQ((*encoded)("a b+/\xC3\xA9\x01"), "a%20b%2B/%C3%A9%01");
    EXPECT_FALSE(key_spelling::of(test::request_from("GET /b?encoding-type=xml")));
}

TEST(list_parameters, make_tokens_that_hold_for_one_listing_only) {
    auto const scope = token_scope("b", "prefix/", "/");
    std::string const position("prefix/k\x01\xC3\xA9", 11);
    auto const token = make_token(scope, position);
    EXPECT_EQ(*read_token(scope, token), position);
    EXPECT_FALSE(read_token(token_scope("c", "prefix/", "/"), token));
    EXPECT_FALSE(read_token(token_scope("b", "prefix", "//"), token));
    for (auto const& broken :
         {std::string(), std::string("x"), token.substr(1), token + "A", std::string("AQAAAAA")})
        EXPECT_FALSE(read_token(scope, broken)) << broken;
    for (std::size_t at = 0; at < token.size(); ++at) {
        auto changed = token;
        changed[at] = changed[at] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(read_token(scope, changed)) << at;
    }
}

}  // namespace
}  // namespace sluice::s3
