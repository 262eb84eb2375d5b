#include <gtest/gtest.h>

#include "protocols/s3/wire/object_headers.hpp"
#include "tests/unit/s3/request_from_text.hpp"

namespace sluice::s3 {
namespace {

s3_result<store::object_attributes> read(std::string const& headers,
                                         std::string const& query = {}) {
    return attributes_of(test::request_from("PUT /b/k" + query, headers), s3_options{});
}

std::string header_of(http::response_head const& head, std::string_view name) {
    for (auto const& [candidate, value] : head.headers)
        if (candidate == name) return value;
    return "(none)";
}

TEST(object_headers, carry_metadata_in_and_out) {
    auto const attributes = read(
        "Content-Type: text/plain\r\nContent-Encoding: aws-chunked, gzip\r\nX-Amz-Meta-Name: v "
        "w\r\n"
        "x-amz-meta-list: a\r\nx-amz-meta-list: b\r\nCache-Control: no-cache\r\nExpires: never\r\n",
        "?x-amz-meta-hoisted=q");
    ASSERT_TRUE(attributes);
    store::object_stat stat;
    stat.etag = "e";
    stat.last_modified = unix_millis{784111777123};
    stat.attributes = *attributes;
    http::response_head head;
    set_object_headers(head, stat);
    EXPECT_EQ(header_of(head, "Content-Type"), "text/plain");
    EXPECT_EQ(header_of(head, "Content-Encoding"), "gzip");
    EXPECT_EQ(header_of(head, "x-amz-meta-name"), "v w");
    EXPECT_EQ(header_of(head, "x-amz-meta-list"), "a,b");
    EXPECT_EQ(header_of(head, "x-amz-meta-hoisted"), "q");
    EXPECT_EQ(header_of(head, "Cache-Control"), "no-cache");
    EXPECT_EQ(header_of(head, "Expires"), "never");
    EXPECT_EQ(header_of(head, "ETag"), "\"e\"");
    EXPECT_EQ(header_of(head, "Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(object_headers, have_a_standard_content_type) {
    store::object_stat stat;
    stat.attributes = *read("Content-Encoding: aws-chunked\r\n");
    http::response_head head;
    set_object_headers(head, stat);
    EXPECT_EQ(header_of(head, "Content-Type"), "binary/octet-stream");
    EXPECT_EQ(header_of(head, "Content-Encoding"), "(none)");
}

TEST(object_headers, bound_user_metadata) {
    EXPECT_TRUE(read("x-amz-meta-a: " + std::string(2047, 'v') + "\r\n"));
    EXPECT_EQ(read("x-amz-meta-a: " + std::string(2048, 'v') + "\r\n").error().code,
              error_code::metadata_too_large);
    EXPECT_EQ(read("", "?x-amz-meta-a=line%0d%0abreak").error().code, error_code::invalid_argument);
    EXPECT_EQ(read("", "?x-amz-meta-a%20b=v").error().code, error_code::invalid_argument);
}

TEST(object_headers, send_metadata_outside_ascii_as_encoded_words) {
    EXPECT_EQ(mail_safe("plain text"), "plain text");
    EXPECT_EQ(mail_safe("\xC3\xA9"), "=?UTF-8?B?w6k=?=");
    EXPECT_EQ(mail_safe("a\nb"), "=?UTF-8?B?YQpi?=");
}

TEST(object_headers, read_conditions) {
    auto const when =
        conditions_of(test::request_from("GET /b/k",
                                         "If-Match: \"a\", b,W/\"c\"\r\nIf-None-Match: "
                                         "*\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 "
                                         "GMT\r\nIf-Unmodified-Since: nonsense\r\n"),
                      unix_millis{784111777000});
    ASSERT_TRUE(when);
    EXPECT_EQ(when->if_match->etags, (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_TRUE(when->if_none_match->any);
    EXPECT_EQ(when->if_modified_since, unix_millis{784111777000});
    EXPECT_FALSE(when->if_unmodified_since);
    EXPECT_FALSE(conditions_of(test::request_from("GET /b/k", "If-Match: ,\r\n"), {}));
    auto const early = conditions_of(
        test::request_from("GET /b/k", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
        unix_millis{784111776000});
    EXPECT_FALSE(early->if_modified_since) << "it is not then yet";
    auto const source =
        conditions_of(test::request_from("PUT /b/k", "x-amz-copy-source-if-match: a\r\n"), {},
                      "x-amz-copy-source-");
    EXPECT_EQ(source->if_match->etags, std::vector<std::string>{"a"});
}

}  // namespace
}  // namespace sluice::s3
