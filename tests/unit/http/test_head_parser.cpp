#include <gtest/gtest.h>

#include "protocols/http/head_parser.hpp"

namespace sluice::http {
namespace {

accepted<request_head> parse(std::string text, http_options const& limits = {}) {
    return parse_head(std::move(text), limits);
}

unsigned refused(std::string text, http_options const& limits = {}) {
    auto const head = parse(std::move(text), limits);
    return head ? 0 : head.error().status;
}

std::string with(std::string_view headers) {
    return "PUT /b/k HTTP/1.1\r\nHost: h\r\n" + std::string(headers) + "\r\n";
}

TEST(head_parser, takes_a_request_apart_and_decodes_nothing) {
    auto const head = parse(
        "GET /bucket/a%20b?list-type=2&prefix=%2F HTTP/1.1\r\nHost: "
        "s3.example:9000\r\nX-Amz-Date:\t 20 \t\r\n"
        "Empty:\r\n\r\n");
    ASSERT_TRUE(head);
    EXPECT_EQ(head->verb, method::get);
    EXPECT_EQ(head->path, "/bucket/a%20b");
    EXPECT_EQ(head->query, "list-type=2&prefix=%2F");
    EXPECT_EQ(head->host, "s3.example:9000");
    EXPECT_EQ(head->find("x-amz-date"), "20");
    EXPECT_EQ(head->find("empty"), "");
    EXPECT_EQ(head->find("absent"), std::nullopt);
    EXPECT_TRUE(head->keep_alive);
    EXPECT_EQ(head->framing, body_framing::none);
}

TEST(head_parser, survives_being_moved) {
    auto head = parse("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    auto moved = std::move(*head);
    EXPECT_EQ(moved.host, "h");
    auto const copied = moved;
    moved = {};
    EXPECT_EQ(copied.find("host"), "h");
}

TEST(head_parser, finds_the_end_however_it_arrives) {
    std::string const text = "GET / HTTP/1.1\r\nHost: h\r\n\r\nbody";
    auto const end = text.find("body");
    std::size_t searched = 0;
    for (std::size_t size = 0; size < end; ++size) {
        EXPECT_FALSE(find_head_end(std::string_view(text).substr(0, size), searched)) << size;
        searched = size;
    }
    EXPECT_EQ(find_head_end(text, searched), end);
}

TEST(head_parser, understands_absolute_form) {
    auto const head = parse("GET http://other.example/b?x HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(head);
    EXPECT_EQ(head->path, "/b");
    EXPECT_EQ(head->query, "x");
    EXPECT_EQ(head->host, "other.example");
}

TEST(head_parser, decides_the_framing_once) {
    auto const sized = parse(with("Content-Length: 12\r\n"));
    ASSERT_TRUE(sized);
    EXPECT_EQ(sized->framing, body_framing::sized);
    EXPECT_EQ(sized->content_length, 12u);
    EXPECT_EQ(parse(with("Content-Length: 0\r\n"))->framing, body_framing::none);
    EXPECT_EQ(parse(with("Transfer-Encoding: chunked\r\n"))->framing, body_framing::chunked);
}

TEST(head_parser, refuses_everything_that_smuggles) {
    for (auto const* headers : {"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
                                "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
                                "Content-Length: 1\r\nContent-Length: 2\r\n",
                                "Content-Length: 1\r\nContent-Length: 1\r\n",
                                "Content-Length: 1, 1\r\n",
                                "Content-Length: +1\r\n",
                                "Content-Length: -1\r\n",
                                "Content-Length: 1 2\r\n",
                                "Content-Length: 0x1\r\n",
                                "Content-Length: 99999999999999999999\r\n",
                                "Content-Length:\r\n",
                                "Content-Length: 18446744073709551615\r\n",
                                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                                "Host: other\r\n",
                                "A: b\r\n folded\r\n",
                                "A: b\r\n\tfolded\r\n",
                                "A : b\r\n",
                                "A: b\rc\r\n",
                                "A: b\nC: d\r\n",
                                "no colon\r\n",
                                ": no name\r\n",
                                "Bad(name: v\r\n"})
        EXPECT_EQ(refused(with(headers)), 400u) << headers;
    for (auto const* headers :
         {"Transfer-Encoding: gzip\r\n", "Transfer-Encoding: gzip, chunked\r\n",
          "Transfer-Encoding: identity\r\n"})
        EXPECT_EQ(refused(with(headers)), 501u) << headers;
    EXPECT_EQ(refused(std::string("GET / HTTP/1.1\r\nHost: h\r\nA: ") + '\0' + "\r\n\r\n"), 400u);
    EXPECT_EQ(refused("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400u);
}

TEST(head_parser, refuses_malformed_request_lines) {
    for (auto const* text :
         {"GET /\r\nHost: h\r\n\r\n", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
          "GET relative HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n",
          "G<T / HTTP/1.1\r\nHost: h\r\n\r\n", "GET /#f HTTP/1.1\r\nHost: h\r\n\r\n",
          "GET / HTTP/1.1\r\n\r\n", "GET / FTP/1.1\r\nHost: h\r\n\r\n", "\r\n\r\n",
          " GET / HTTP/1.1\r\nHost: h\r\n\r\n"})
        EXPECT_EQ(refused(text), 400u) << text;
    EXPECT_EQ(refused("GET / HTTP/2.0\r\nHost: h\r\n\r\n"), 505u);
}

TEST(head_parser, has_limits) {
    http_options limits;
    limits.request_line_bytes = 64;
    limits.head_bytes = 256;
    limits.header_count = 4;
    EXPECT_EQ(refused("GET /" + std::string(80, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", limits),
              414u);
    EXPECT_EQ(refused(with("A: " + std::string(300, 'a') + "\r\n"), limits), 431u);
    EXPECT_EQ(refused(with("A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n"), limits), 431u);
    EXPECT_EQ(refused(with("A: 1\r\nB: 2\r\nC: 3\r\n"), limits), 0u);
    EXPECT_FALSE(too_long(std::string(64, 'a'), limits));
    EXPECT_EQ(too_long(std::string(65, 'a'), limits)->status, 414u);
    EXPECT_EQ(too_long("GET / HTTP/1.1\r\n" + std::string(240, 'a'), limits)->status, 431u);
}

TEST(head_parser, reads_connection_and_expectations) {
    EXPECT_FALSE(parse(with("Connection: Keep-Alive, Close\r\n"))->keep_alive);
    EXPECT_FALSE(parse("GET / HTTP/1.0\r\n\r\n")->keep_alive);
    EXPECT_TRUE(parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")->keep_alive);
    EXPECT_TRUE(parse(with("Expect: 100-Continue\r\nContent-Length: 3\r\n"))->expects_continue);
    EXPECT_TRUE(parse(with("Expect: 100-continue\r\nContent-Length: 0\r\n"))->expects_continue);
    EXPECT_FALSE(parse(with("Expect: 100-continue\r\n"))->expects_continue);
    EXPECT_EQ(refused(with("Expect: 200-ok\r\n")), 417u);
}

}  // namespace
}  // namespace sluice::http
