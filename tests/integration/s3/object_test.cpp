#include <gtest/gtest.h>

#include "gateway/core/crypto.hpp"
#include "tests/integration/s3/s3_world.hpp"

namespace sluice::s3 {
namespace {

std::string pattern(std::size_t size) {
    std::string out(size, '\0');
    std::uint64_t state = 88172645463325252u;
    for (auto& c : out) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        c = static_cast<char>(state);
    }
    return out;
}

class objects : public testing::Test {
protected:
    objects() {
        world.put("/b", "");
        world.put("/bucket", "");
    }
    s3_world world;
};

TEST_F(objects, come_back_as_they_were_put) {
    for (std::size_t size : {0u, 1u, 2048u, 2049u, 65536u, 262144u, 262145u, 3'000'000u}) {
        auto const bytes = pattern(size);
        auto const put =
            world.put("/bucket/k", bytes, {{"Content-Type", "text/x"}, {"x-amz-meta-a", "1"}});
        ASSERT_EQ(put.status, 200u) << size << put.body;
        auto const etag = "\"" + hash(digest_kind::md5, bytes).hex() + "\"";
        EXPECT_EQ(put.header("ETag"), etag);
        auto const got = world.get("/bucket/k");
        EXPECT_EQ(got.status, 200u);
        EXPECT_TRUE(got.body == bytes) << size;
        EXPECT_EQ(got.header("ETag"), etag);
        EXPECT_EQ(got.header("Content-Type"), "text/x");
        EXPECT_EQ(got.header("x-amz-meta-a"), "1");
        EXPECT_EQ(got.header("Content-Length"), std::to_string(size));
        auto const head = world.send({"HEAD", "/bucket/k"});
        EXPECT_EQ(head.status, 200u);
        EXPECT_EQ(head.header("Content-Length"), std::to_string(size));
        EXPECT_EQ(head.header("ETag"), etag);
    }
}

TEST_F(objects, come_in_every_form_of_signed_payload) {
    auto const bytes = pattern(100'000);
    for (auto form :
         {payload_form::hashed, payload_form::unsigned_payload, payload_form::signed_chunks,
          payload_form::unsigned_trailer, payload_form::signed_trailer})
        for (std::size_t piece : {std::size_t{1000}, SIZE_MAX}) {
            world.read_piece = piece;
            auto const put = world.send({"PUT", "/bucket/form", bytes, {}}, form);
            ASSERT_EQ(put.status, 200u) << static_cast<int>(form) << put.body;
            auto const got = world.get("/bucket/form");
            EXPECT_TRUE(got.body == bytes);
            EXPECT_EQ(got.header("Content-Encoding"), "");
            ASSERT_EQ(world.del("/bucket/form").status, 204u);
        }
}

TEST_F(objects, take_a_body_byte_by_byte) {
    world.read_piece = 1;
    auto const bytes = pattern(9'000);
    ASSERT_EQ(world.send({"PUT", "/bucket/k", bytes, {}}, payload_form::signed_trailer).status,
              200u);
    world.read_piece = SIZE_MAX;
    EXPECT_TRUE(world.get("/bucket/k").body == bytes);
}

TEST_F(objects, are_served_pipelined_on_one_connection) {
    auto const bytes =
        world.signed_request({"PUT", "/bucket/a", "one"}) +
        world.signed_request({"GET", "/bucket/a"}) + world.signed_request({"HEAD", "/bucket/a"}) +
        world.signed_request({"DELETE", "/bucket/a"}) + world.signed_request({"GET", "/bucket/a"});
    auto const replies = world.exchange_all(bytes, {"PUT", "GET", "HEAD", "DELETE", "GET"});
    EXPECT_EQ(replies[0].status, 200u);
    EXPECT_EQ(replies[1].body, "one");
    EXPECT_EQ(replies[2].header("Content-Length"), "3");
    EXPECT_EQ(replies[3].status, 204u);
    EXPECT_EQ(replies[4].code(), "NoSuchKey");
}

TEST_F(objects, are_read_by_range) {
    auto const bytes = pattern(600'000);
    ASSERT_EQ(world.put("/bucket/k", bytes).status, 200u);
    struct expectation {
        std::string range;
        std::size_t offset, length;
    };
    for (auto const& [range, offset, length] :
         {expectation{"bytes=0-0", 0, 1}, expectation{"bytes=100-299999", 100, 299'900},
          expectation{"bytes=599999-", 599'999, 1}, expectation{"bytes=-1000", 599'000, 1000},
          expectation{"bytes=500000-9999999", 500'000, 100'000},
          expectation{"bytes=0-", 0, 600'000}}) {
        auto const got = world.get("/bucket/k", {{"Range", range}});
        EXPECT_EQ(got.status, 206u) << range;
        EXPECT_TRUE(got.body == bytes.substr(offset, length)) << range;
        EXPECT_EQ(got.header("Content-Range"), "bytes " + std::to_string(offset) + "-" +
                                                   std::to_string(offset + length - 1) + "/600000");
    }
    auto const past = world.get("/bucket/k", {{"Range", "bytes=600000-"}});
    EXPECT_EQ(past.status, 416u);
    EXPECT_EQ(past.code(), "InvalidRange");
    EXPECT_EQ(past.element("ActualObjectSize"), "600000");
    EXPECT_EQ(world.get("/bucket/k", {{"Range", "bytes=1-2,4-5"}}).status, 200u);
    EXPECT_EQ(
        world.send({"HEAD", "/bucket/k", "", {{"Range", "bytes=0-9"}}}).header("Content-Length"),
        "10");
    auto const old = world.get("/bucket/k", {{"Range", "bytes=0-9"}, {"If-Range", "\"another\""}});
    EXPECT_EQ(old.status, 200u);
}

TEST_F(objects, answer_with_overridden_headers) {
    ASSERT_EQ(world.put("/bucket/k", "x").status, 200u);
    auto const got = world.get(
        "/bucket/"
        "k?response-content-type=a%2Fb&response-content-disposition=attachment&response-expires="
        "never"
        "&response-cache-control=no-store&response-content-language=de&response-content-encoding="
        "gzip");
    EXPECT_EQ(got.status, 200u);
    EXPECT_EQ(got.header("Content-Type"), "a/b");
    EXPECT_EQ(got.header("Content-Disposition"), "attachment");
    EXPECT_EQ(got.header("Expires"), "never");
    EXPECT_EQ(got.header("Cache-Control"), "no-store");
    EXPECT_EQ(got.header("Content-Language"), "de");
    EXPECT_EQ(got.header("Content-Encoding"), "gzip");
    EXPECT_EQ(world.get("/bucket/k?response-content-type=a%0d%0aSet-Cookie:x").code(),
              "InvalidArgument");
}

TEST_F(objects, keep_keys_of_any_bytes) {
    for (auto const* path : {"/a%20b", "/%2E%2E/x", "/../y", "//double", "/end/", "/%E2%82%AC",
                             "/a+b", "/%01%7F", "/a%2Fb"}) {
        auto const target = "/bucket" + std::string(path);
        ASSERT_EQ(world.put(target, path).status, 200u) << path;
        EXPECT_EQ(world.get(target).body, path);
    }
    EXPECT_EQ(world.get("/bucket/a/b").body, "/a%2Fb");
    EXPECT_EQ(world.put("/bucket/%00", "x").code(), "InvalidURI");
    EXPECT_EQ(world.put("/bucket/%FF", "x").code(), "InvalidURI");
    EXPECT_EQ(world.put("/bucket/" + std::string(1025, 'k'), "x").code(), "KeyTooLongError");
    EXPECT_EQ(world.put("/bucket/" + std::string(1024, 'k'), "x").status, 200u);
}

TEST_F(objects, carry_the_checksum_they_were_given_or_a_standard_one) {
    ASSERT_EQ(world.put("/bucket/k", "123456789").header("x-amz-checksum-crc64nvme"),
              "rosUhgp5mIg=");
    auto const got = world.get("/bucket/k", {{"x-amz-checksum-mode", "ENABLED"}});
    EXPECT_EQ(got.header("x-amz-checksum-crc64nvme"), "rosUhgp5mIg=");
    EXPECT_EQ(got.header("x-amz-checksum-type"), "FULL_OBJECT");
    EXPECT_EQ(world.get("/bucket/k").header("x-amz-checksum-crc64nvme"), "");
    EXPECT_EQ(world.get("/bucket/k", {{"x-amz-checksum-mode", "ENABLED"}, {"Range", "bytes=0-1"}})
                  .header("x-amz-checksum-crc64nvme"),
              "");
    auto const named = [&](std::string const& algorithm, std::string const& crc32 = {}) {
        header_list headers{{"x-amz-checksum-algorithm", algorithm}};
        if (!crc32.empty()) headers.emplace_back("x-amz-checksum-crc32", crc32);
        return world.put("/bucket/k", "123456789", headers);
    };
    EXPECT_EQ(named("SHA1").header("x-amz-checksum-sha1"), "98O8HYCOBHMq32eZZczDTKeuNEE=");
    EXPECT_EQ(named("CRC32", "y/Q5Jg==").header("x-amz-checksum-crc32"), "y/Q5Jg==");
    EXPECT_EQ(named("SHA1", "y/Q5Jg==").code(), "InvalidRequest");
    EXPECT_EQ(named("CRC16").code(), "InvalidRequest");
    auto const typed = [&](std::string const& type) {
        return world.put("/bucket/k", "123456789", {{"x-amz-checksum-type", type}});
    };
    EXPECT_EQ(typed("FULL_OBJECT").header("x-amz-checksum-crc64nvme"), "rosUhgp5mIg=");
    EXPECT_EQ(typed("COMPOSITE").code(), "InvalidRequest");
    auto const crc = world.put("/bucket/k", "123456789", {{"x-amz-checksum-crc32", "y/Q5Jg=="}});
    EXPECT_EQ(crc.header("x-amz-checksum-crc32"), "y/Q5Jg==");
    EXPECT_EQ(world.send({"HEAD", "/bucket/k", "", {{"x-amz-checksum-mode", "ENABLED"}}})
                  .header("x-amz-checksum-crc32"),
              "y/Q5Jg==");
}

TEST_F(objects, are_deleted_one_by_one_and_many_at_once) {
    for (auto const* key : {"a", "b", "c", "d"})
        ASSERT_EQ(world.put("/bucket/" + std::string(key), key).status, 200u);
    EXPECT_EQ(world.del("/bucket/a").status, 204u);
    EXPECT_EQ(world.del("/bucket/a").status, 204u);
    std::string const document =
        "<Delete><Object><Key>b</Key></Object><Object><Key>absent</Key></Object>"
        "<Object><Key>c</Key><VersionId>v1</VersionId></Object></Delete>";
    EXPECT_EQ(world.post("/bucket?delete", document).code(), "InvalidRequest");
    auto const reply =
        world.post("/bucket?delete", document, {{"Content-MD5", md5_header(document)}});
    EXPECT_EQ(reply.status, 200u);
    EXPECT_EQ(reply.elements("Key"), (std::vector<std::string>{"b", "absent", "c"}));
    EXPECT_EQ(reply.element("Code"), "NoSuchVersion");
    EXPECT_EQ(world.keys("bucket"), (std::vector<std::string>{"c", "d"}));
    std::string const quiet = "<Delete><Quiet>true</Quiet><Object><Key>c</Key></Object></Delete>";
    EXPECT_EQ(world.post("/bucket?delete", quiet, {{"Content-MD5", md5_header(quiet)}})
                  .elements("Key")
                  .size(),
              0u);
    EXPECT_EQ(world.keys("bucket"), std::vector<std::string>{"d"});
}

TEST_F(objects, are_deleted_at_most_a_thousand_at_once) {
    std::string document = "<Delete>";
    for (int i = 0; i < 1001; ++i)
        document += "<Object><Key>k" + std::to_string(i) + "</Key></Object>";
    document += "</Delete>";
    EXPECT_EQ(
        world.post("/bucket?delete", document, {{"Content-MD5", md5_header(document)}}).code(),
        "MalformedXML");
}

TEST_F(objects, need_an_existing_bucket) {
    EXPECT_EQ(world.put("/absent/k", "x").code(), "NoSuchBucket");
    EXPECT_EQ(world.get("/absent/k").code(), "NoSuchBucket");
    EXPECT_EQ(world.del("/absent/k").code(), "NoSuchBucket");
    EXPECT_EQ(world.get("/bucket/absent").code(), "NoSuchKey");
    EXPECT_EQ(world.send({"HEAD", "/bucket/absent"}).status, 404u);
    EXPECT_EQ(world.send({"HEAD", "/bucket/absent"}).body, "");
}

TEST_F(objects, leave_one_audit_record_for_each_write) {
    auto const put = world.put("/bucket/audited", "x");
    auto const id = put.header("x-amz-request-id");
    std::size_t found = 0;
    for (auto const& record : world.audit())
        found +=
            record.find(id) != std::string::npos && record.find("PutObject") != std::string::npos;
    EXPECT_EQ(found, 1u);
}

}  // namespace
}  // namespace sluice::s3
