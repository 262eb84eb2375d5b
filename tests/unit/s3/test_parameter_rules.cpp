#include <gtest/gtest.h>

#include "protocols/s3/model/parameter_rules.hpp"
#include "tests/unit/s3/request_from_text.hpp"

namespace sluice::s3 {
namespace {

// The code of the refusal, empty when the request may go on.
std::string judged(std::string const& line, std::string const& headers = {}) {
    s3_options const options;
    auto const request = test::request_from(line, headers);
    auto const* row = find_operation(request.head().verb, request.where().level, request);
    if (row == nullptr) return "no operation";
    auto const fine = check_parameters(*row, request, options);
    return fine ? "" : std::string(row_of(fine.error().code).code);
}

TEST(parameter_rules, let_pass_what_an_operation_understands) {
    EXPECT_EQ(judged("GET /b?list-type=2&prefix=a&delimiter=/&max-keys=3&start-after=x"), "");
    EXPECT_EQ(judged("GET /b/k?response-content-type=text/plain&x-id=GetObject",
                     "x-amz-checksum-mode: ENABLED\r\n"),
              "");
    EXPECT_EQ(judged("PUT /b/k", "x-amz-meta-anything: v\r\nx-amz-checksum-crc32: AAAAAA==\r\n"),
              "");
    EXPECT_EQ(
        judged("PUT /b/k",
               "x-amz-sdk-checksum-algorithm: CRC32\r\nx-amz-trailer: x-amz-checksum-crc32\r\n"),
        "");
    EXPECT_EQ(judged("GET "
                     "/b/"
                     "k?X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Date=c&X-Amz-Expires=d&X-Amz-"
                     "SignedHeaders="
                     "e&X-Amz-Signature=f"),
              "");
}

TEST(parameter_rules, let_a_checksum_say_that_there_is_no_body) {
    for (auto const* line : {"GET /b/k", "HEAD /b", "DELETE /b/k", "GET /b?list-type=2", "GET /",
                             "POST /b/k?uploads", "GET /b/k?x-amz-checksum-sha1=2jmj7l5rSw0yVb%2F"
                                                  "vlWAYkK%2FYBwk%3D"}) {
        EXPECT_EQ(judged(line, "x-amz-checksum-crc32: AAAAAA==\r\n"), "") << line;
        EXPECT_EQ(judged(line, "x-amz-checksum-crc32: NhCmhg==\r\n"), "BadDigest") << line;
        EXPECT_EQ(judged(line, "x-amz-checksum-crc32: nonsense\r\n"), "InvalidRequest") << line;
    }
    EXPECT_EQ(judged("POST /b/k?uploads", "Content-Length: 0\r\nx-amz-checksum-crc32: AAAAAA==\r\n"),
              "");
    EXPECT_EQ(judged("POST /b/k?uploads", "Content-Length: 5\r\nx-amz-checksum-crc32: AAAAAA==\r\n"),
              "NotImplemented");
}

TEST(parameter_rules, know_one_version_of_the_api) {
    EXPECT_EQ(judged("HEAD /b", "x-amz-api-version: 2006-03-01\r\n"), "");
    EXPECT_EQ(judged("HEAD /b", "x-amz-api-version: 2026-03-01\r\n"), "NotImplemented");
}

TEST(parameter_rules, refuse_headers_that_would_do_something) {
    for (auto const* header :
         {"x-amz-server-side-encryption-new: 1",
          "x-amz-copy-source-server-side-encryption-customer-key: a", "x-amz-something-new: 1",
          "x-amz-request-payer: bucketowner", "Content-Range: bytes 0-1/2",
          "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT"})
        EXPECT_EQ(judged("PUT /b/k", std::string(header) + "\r\n"), "NotImplemented") << header;
    EXPECT_EQ(judged("DELETE /b/k", "x-amz-mfa: 1 2\r\n"), "NotImplemented");
    EXPECT_EQ(judged("DELETE /b", "If-Match: x\r\n"), "NotImplemented");
    EXPECT_EQ(judged("PUT /b/k?tagging", "If-None-Match: *\r\n"), "NotImplemented");
    EXPECT_EQ(judged("GET /b/k", "x-amz-server-side-encryption: AES256\r\n"), "InvalidArgument");
    EXPECT_EQ(judged("GET /b/k", "x-amz-bypass-governance-retention: true\r\n"),
              "NotImplemented");
}

TEST(parameter_rules, read_over_what_only_answers_say) {
    for (auto const* header : {"x-amz-tagging-count: 1", "x-amz-expiration: x", "x-amz-cf-id: x"})
        EXPECT_EQ(judged("PUT /b/k", std::string(header) + "\r\n"), "") << header;
}

TEST(parameter_rules, take_access_lists_where_something_is_made) {
    for (auto const* header : {"x-amz-grant-read: id=1", "x-amz-acl: public-read"}) {
        auto const line = std::string(header) + "\r\n";
        for (auto const* target : {"PUT /b/k", "POST /b/k?uploads", "PUT /b", "PUT /b/k?acl"})
            EXPECT_EQ(judged(target, line), "") << header;
        for (auto const* target : {"GET /b/k", "PUT /b/k?tagging", "PUT /b?tagging"})
            EXPECT_EQ(judged(target, line), "NotImplemented") << header;
    }
}

TEST(parameter_rules, take_settings_without_effect_at_their_plain_value) {
    for (auto const* header :
         {"x-amz-request-payer: requester"})
        EXPECT_EQ(judged("PUT /b/k", std::string(header) + "\r\n"), "") << header;
}

TEST(parameter_rules, refuse_unknown_and_misplaced_query_parameters) {
    EXPECT_EQ(judged("DELETE /b?analytics"), "InvalidArgument");
    EXPECT_EQ(judged("DELETE /b?unknown"), "InvalidArgument");
    EXPECT_EQ(judged("PUT /b/k?partNumber=1"), "InvalidArgument");
    EXPECT_EQ(judged("GET /b/k?foo=bar"), "InvalidArgument");
    EXPECT_EQ(judged("HEAD /b/k?acl"), "MethodNotAllowed");
    EXPECT_EQ(judged("DELETE /b?acl"), "MethodNotAllowed");
    EXPECT_EQ(judged("GET /b/k?versionId=null"), "");
}

TEST(parameter_rules, refuse_to_choose_between_two_values) {
    EXPECT_EQ(judged("PUT /b/k", "x-amz-acl: private\r\nx-amz-acl: private\r\n"),
              "InvalidArgument");
    EXPECT_EQ(judged("PUT /b/k?x-amz-acl=private", "x-amz-acl: private\r\n"), "InvalidArgument");
    EXPECT_THROW(test::request_from("GET /b?prefix=a&prefix=b"), std::logic_error);
}

TEST(parameter_rules, hold_the_expected_owner_against_the_account) {
    EXPECT_EQ(judged("GET /b/k", "x-amz-expected-bucket-owner: 000000000000\r\n"), "");
    EXPECT_EQ(judged("GET /b/k", "x-amz-expected-bucket-owner: 111122223333\r\n"), "AccessDenied");
}

}  // namespace
}  // namespace sluice::s3
