#include "gateway/core/encoding.hpp"

#include <gtest/gtest.h>

#include <string>

#include "gateway/core/random.hpp"

namespace sluice {
namespace {

TEST(hex, both_ways) {
    EXPECT_EQ(hex_encode(std::string_view("\x00\x7f\xff", 3)), "007fff");
    EXPECT_EQ(hex_decode("007FfF").value(), std::string("\x00\x7f\xff", 3));
    EXPECT_EQ(hex_decode("").value(), "");
}

TEST(hex, refuses_anything_else) {
    for (auto text : {"0", "0g", "g0", "0x00", " 00", "00 ", "\xc3\xa4"})
        EXPECT_EQ(hex_decode(text).error().code, error::malformed) << text;
}

// RFC 4648 section 10
TEST(base64, published_vectors) {
    std::pair<std::string_view, std::string_view> const vectors[] = {
        {"", ""},         {"f", "Zg=="},        {"fo", "Zm8="},        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
    for (auto const& [plain, text] : vectors) {
        EXPECT_EQ(base64_encode(plain), text);
        EXPECT_EQ(base64_decode(text).value(), plain);
    }
}

TEST(base64, random_bytes_come_back) {
    seeded_random random{1};
    for (std::size_t length = 0; length < 200; ++length) {
        std::string bytes(length, '\0');
        random.fill(std::as_writable_bytes(std::span{bytes}));
        EXPECT_EQ(base64_decode(base64_encode(bytes)).value(), bytes);
        EXPECT_EQ(hex_decode(hex_encode(bytes)).value(), bytes);
    }
}

TEST(base64, decoding_is_strict) {
    for (auto text : {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "Z===", "====", "=Zg=", "Zm 9v", "Zm9v\n",
                      "Zm9-", "Zm9_", "Zm=v", "Zm8=Zm8="})
        EXPECT_EQ(base64_decode(text).error().code, error::malformed) << text;
}

}  // namespace
}  // namespace sluice
