#include <gtest/gtest.h>

#include "gateway/core/encoding.hpp"
#include "protocols/s3/wire/payload_check.hpp"
#include "tests/unit/s3/request_from_text.hpp"

namespace sluice::s3 {
namespace {

using trailer_list = std::vector<std::pair<std::string, std::string>>;

std::string verdict(std::string const& headers, std::string_view body,
                    trailer_list const& trailers = {}, std::string const& sha256 = {},
                    std::string const& line = "PUT /b/k") {
    auto check = payload_check::declared_by(test::request_from(line, headers), true);
    if (!check) return std::string(row_of(check.error().code).code);
    if (!sha256.empty()) check->expect_sha256(sha256);
    check->update(as_bytes(body.substr(0, body.size() / 2)));
    check->update(as_bytes(body.substr(body.size() / 2)));
    auto const right = check->verify(trailers);
    return right ? "" : std::string(row_of(right.error().code).code);
}

std::string header(checksum_spelling const& spelling, std::string_view body) {
    return std::string(spelling.header) + ": " +
           base64_encode(running_checksum::of(spelling.algorithm, body)) + "\r\n";
}

TEST(payload_check, holds_every_checksum_against_the_body) {
    for (auto const& spelling : checksum_spellings) {
        EXPECT_EQ(verdict(header(spelling, "hello"), "hello"), "") << spelling.name;
        EXPECT_EQ(verdict(header(spelling, "hello"), "hellO"), "BadDigest") << spelling.name;
    }
}

TEST(payload_check, heeds_a_presigned_checksum_unless_it_was_made_without_the_body) {
    auto const presigned = [](std::string_view spelling, std::string_view body,
                              std::string const& headers = {}) {
        return verdict(headers, body, {}, {}, "PUT /b/k?" + std::string(spelling));
    };
    EXPECT_EQ(presigned("x-amz-checksum-crc32=NhCmhg%3D%3D", "hello"), "");
    EXPECT_EQ(presigned("x-amz-checksum-crc32=NhCmhg%3D%3D", "hellO"), "BadDigest");
    EXPECT_EQ(presigned("X-Amz-Checksum-Crc32=AAAAAA%3D%3D", "hello"), "");
    EXPECT_EQ(presigned("x-amz-checksum-crc64nvme=AAAAAAAAAAA%3D", "hello"), "");
    EXPECT_EQ(presigned("x-amz-checksum-sha1=2jmj7l5rSw0yVb%2FvlWAYkK%2FYBwk%3D", "hello"), "");
    EXPECT_EQ(presigned("x-amz-checksum-sha1=2jmj7l5rSw0yVb%2FvlWAYkK%2FYBwk%3D", ""), "");
    EXPECT_EQ(presigned("x-amz-checksum-crc32=nonsense", "hello"), "InvalidRequest");
    // In a header it is of this body.
    EXPECT_EQ(presigned("x-amz-checksum-crc32=AAAAAA%3D%3D", "hello",
                        "x-amz-checksum-crc32: AAAAAA==\r\n"),
              "BadDigest");
}

TEST(payload_check, holds_content_md5_against_the_body) {
    EXPECT_EQ(verdict("Content-MD5: XUFAKrxLKna5cZ2REBfFkg==\r\n", "hello"), "");
    EXPECT_EQ(verdict("Content-MD5: XUFAKrxLKna5cZ2REBfFkg==\r\n", "other"), "BadDigest");
    EXPECT_EQ(verdict("Content-MD5: XUFAKrxLKna5cZ2REBfFkg\r\n", "hello"), "InvalidDigest");
    EXPECT_EQ(verdict("Content-MD5: aGVsbG8=\r\n", "hello"), "InvalidDigest");
}

TEST(payload_check, holds_the_signed_hash_against_the_body) {
    auto const hash = hex_encode(running_checksum::of(store::checksum_algorithm::sha256, "hello"));
    EXPECT_EQ(verdict("", "hello", {}, hash), "");
    EXPECT_EQ(verdict("", "hellO", {}, hash), "XAmzContentSHA256Mismatch");
}

TEST(payload_check, waits_for_the_announced_trailer) {
    auto const& crc = *checksum_named("CRC32");
    auto const right = base64_encode(running_checksum::of(crc.algorithm, "hello"));
    std::string const announced = "x-amz-trailer: x-amz-checksum-crc32\r\n";
    EXPECT_EQ(verdict(announced, "hello", {{"x-amz-checksum-crc32", right}}), "");
    EXPECT_EQ(verdict(announced, "hellO", {{"x-amz-checksum-crc32", right}}), "BadDigest");
    EXPECT_EQ(verdict(announced, "hello"), "MalformedTrailerError");
    EXPECT_EQ(verdict(announced, "hello", {{"x-amz-checksum-crc32c", right}}),
              "MalformedTrailerError");
    EXPECT_EQ(verdict(announced, "hello", {{"x-amz-checksum-crc32", right}, {"x-amz-meta-a", "b"}}),
              "MalformedTrailerError");
    EXPECT_EQ(verdict(announced, "hello", {{"x-amz-checksum-crc32", "????"}}), "InvalidRequest");
    EXPECT_EQ(verdict("", "hello", {{"x-amz-checksum-crc32", right}}), "MalformedTrailerError");
    EXPECT_EQ(verdict("x-amz-trailer: x-amz-meta-a\r\n", "hello"), "InvalidRequest");
}

TEST(payload_check, refuses_two_checksums) {
    EXPECT_EQ(verdict(header(*checksum_named("CRC32"), "hello") +
                          header(*checksum_named("SHA1"), "hello"),
                      "hello"),
              "InvalidRequest");
    EXPECT_EQ(verdict("x-amz-checksum-crc32: nonsense\r\n", "hello"), "InvalidRequest");
    EXPECT_EQ(verdict(header(*checksum_named("SHA1"), "hello") +
                          "x-amz-trailer: x-amz-checksum-crc32\r\n",
                      "hello"),
              "InvalidRequest");
}

TEST(payload_check, computes_what_is_wanted) {
    auto check = payload_check::declared_by(test::request_from("PUT /b/k"), true);
    ASSERT_TRUE(check);
    EXPECT_FALSE(check->declares_digest());
    check->want_md5();
    check->want_checksum(store::checksum_algorithm::crc64nvme);
    check->update(as_bytes(std::string_view("123456789")));
    ASSERT_TRUE(check->verify({}));
    EXPECT_EQ(hex_encode(check->md5()), "25f9e794323b453885f5181f1b624d0b");
    EXPECT_EQ(hex_encode(check->checksum(store::checksum_algorithm::crc64nvme)->value),
              "ae8b14860a799888");
    EXPECT_EQ(check->checksum(store::checksum_algorithm::sha1), nullptr);
}

}  // namespace
}  // namespace sluice::s3
