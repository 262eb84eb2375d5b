#include <gtest/gtest.h>

#include "tests/integration/s3/s3_world.hpp"

namespace sluice::s3 {
namespace {

// Whatever is wrong with an upload: the right code, and nothing stored.
class bad_bodies : public testing::Test {
protected:
    bad_bodies() { world.put("/bucket", ""); }
    void expect_nothing() { EXPECT_EQ(world.keys("bucket"), std::vector<std::string>{}); }
    s3_reply altered(std::string bytes, std::string_view from, std::string_view to) {
        auto const at = bytes.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        bytes.replace(at, from.size(), to);
        return world.exchange_all(std::move(bytes), {"PUT"}).front();
    }
    s3_world world;
};

TEST_F(bad_bodies, with_wrong_digests_leave_nothing) {
    EXPECT_EQ(world.put("/bucket/k", "hello", {{"Content-MD5", md5_header("other")}}).code(),
              "BadDigest");
    EXPECT_EQ(world.put("/bucket/k", "hello", {{"Content-MD5", "short"}}).code(), "InvalidDigest");
    EXPECT_EQ(world.put("/bucket/k", "hello", {{"x-amz-checksum-crc32", "AAAAAA=="}}).code(),
              "BadDigest");
    EXPECT_EQ(
        world.put("/bucket/k", "hello", {{"x-amz-checksum-crc64nvme", "AAAAAAAAAAA="}}).code(),
        "BadDigest");
    EXPECT_EQ(world.put("/bucket/k", "hello", {{"x-amz-checksum-crc32", "nonsense"}}).code(),
              "InvalidRequest");
    auto const bytes = world.signed_request({"PUT", "/bucket/k", "hello"});
    EXPECT_EQ(altered(bytes, "\r\n\r\nhello", "\r\n\r\nhellO").code(), "XAmzContentSHA256Mismatch");
    expect_nothing();
}

TEST_F(bad_bodies, with_wrong_chunks_leave_nothing) {
    std::string const body(20'000, 'x');
    auto const signed_chunks =
        world.signed_request({"PUT", "/bucket/k", body}, payload_form::signed_chunks);
    EXPECT_EQ(altered(signed_chunks, "xxxx", "yxxx").code(), "SignatureDoesNotMatch");
    auto const trailer =
        world.signed_request({"PUT", "/bucket/k", body}, payload_form::unsigned_trailer);
    EXPECT_EQ(altered(trailer, "xxxx", "yxxx").code(), "BadDigest");
    EXPECT_EQ(altered(trailer, "\r\n2000\r\n", "\r\n2zzz\r\n").code(), "InvalidRequest");
    EXPECT_EQ(altered(trailer, "\r\nx-amz-checksum-crc32:", "\r\nx-amz-checksum-crc33:").code(),
              "MalformedTrailerError");
    auto const signed_trailer =
        world.signed_request({"PUT", "/bucket/k", body}, payload_form::signed_trailer);
    // One byte more than the stated length: the last line end is missing.
    EXPECT_EQ(
        altered(signed_trailer, "x-amz-trailer-signature:", "x-amz-trailer-signature:0").code(),
        "IncompleteBody");
    EXPECT_EQ(altered(signed_trailer, "xxxx", "yxxx").code(), "SignatureDoesNotMatch");
    expect_nothing();
}

TEST_F(bad_bodies, that_are_cut_anywhere_leave_nothing) {
    for (auto form : {payload_form::hashed, payload_form::signed_trailer}) {
        auto const bytes =
            world.signed_request({"PUT", "/bucket/k", std::string(9'000, 'x')}, form);
        auto const begin = bytes.find("\r\n\r\n") + 4;
        for (std::size_t size = 1; size < bytes.size(); size += size < begin ? 37 : 701) {
            auto const replies = world.exchange_all(bytes.substr(0, size), {"PUT"});
            EXPECT_TRUE(replies.front().status == 400u) << size << " " << replies.front().body;
        }
        auto const replies = world.exchange_all(bytes.substr(0, bytes.size() - 1), {"PUT"});
        EXPECT_EQ(replies.front().code(), "IncompleteBody");
    }
    expect_nothing();
}

TEST_F(bad_bodies, without_a_length_are_refused) {
    auto bytes = world.signed_request({"PUT", "/bucket/k", "hello"});
    auto const reply = altered(bytes, "Content-Length: 5\r\n\r\nhello",
                               "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    EXPECT_EQ(reply.status, 501u);
    EXPECT_EQ(reply.code(), "NotImplemented");
    auto const none = altered(bytes, "Content-Length: 5\r\n\r\nhello", "\r\n");
    EXPECT_EQ(none.status, 411u);
    EXPECT_EQ(none.code(), "MissingContentLength");
    expect_nothing();
}

TEST_F(bad_bodies, may_come_in_chunks_of_http_around_chunks_of_aws) {
    auto bytes =
        world.signed_request({"PUT", "/bucket/k", "hello"}, payload_form::unsigned_trailer);
    auto const head = bytes.find("\r\n\r\n") + 4;
    auto const body = bytes.substr(head);
    auto const length = "Content-Length: " + std::to_string(body.size());
    bytes.resize(head);
    bytes.replace(bytes.find(length), length.size(), "Transfer-Encoding: chunked");
    for (char const c : body) bytes += std::string("1\r\n") + c + "\r\n";
    auto const reply = world.exchange_all(bytes + "0\r\n\r\n", {"PUT"}).front();
    EXPECT_EQ(reply.status, 200u) << reply.body;
    EXPECT_EQ(world.get("/bucket/k").body, "hello");
}

TEST_F(bad_bodies, that_are_too_large_are_refused_unread) {
    world.front.object_bytes = 1000;
    auto const reply = world.put("/bucket/k", std::string(1001, 'x'));
    EXPECT_EQ(reply.code(), "EntityTooLarge");
    EXPECT_EQ(world.put("/bucket/k", std::string(1000, 'x')).status, 200u);
}

TEST_F(bad_bodies, of_xml_are_refused) {
    auto const posted = [&](std::string const& document) {
        return world.post("/bucket?delete", document, {{"Content-MD5", md5_header(document)}})
            .code();
    };
    EXPECT_EQ(posted(""), "MalformedXML");
    EXPECT_EQ(posted("<Delete>"), "MalformedXML");
    EXPECT_EQ(posted("<Delete><Object/></Delete>"), "MalformedXML");
    EXPECT_EQ(posted("<Delete><Other/></Delete>"), "MalformedXML");
    EXPECT_EQ(
        posted("<!DOCTYPE x [<!ENTITY a \"b\">]><Delete><Object><Key>&a;</Key></Object></Delete>"),
        "MalformedXML");
    world.front.document_bytes = 100;
    EXPECT_EQ(posted("<Delete>" + std::string(200, ' ') + "</Delete>"), "MaxMessageLengthExceeded");
}

TEST_F(bad_bodies, where_none_belongs_are_refused) {
    EXPECT_EQ(world.send({"GET", "/bucket", "surprise"}).code(), "UnexpectedContent");
    EXPECT_EQ(world.send({"DELETE", "/bucket/k", "surprise"}).code(), "UnexpectedContent");
}

TEST_F(bad_bodies, with_headers_that_are_not_served_are_refused) {
    for (auto const& [name, value] : header_list{{"x-amz-server-side-encryption", "aws:kms:dsse"},
                                                 {"x-amz-fwd-status", "200"}}) {
        auto const reply = world.put("/bucket/k", "x", {{name, value}});
        EXPECT_EQ(reply.status, 501u) << name;
        EXPECT_EQ(reply.element("Header"), name);
    }
    EXPECT_EQ(world.put("/bucket/k", "x", {{"x-amz-meta-a", std::string(3000, 'v')}}).code(),
              "MetadataTooLarge");
    expect_nothing();
}

}  // namespace
}  // namespace sluice::s3
