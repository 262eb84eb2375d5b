#include <gtest/gtest.h>

#include "gateway/core/checksum.hpp"
#include "gateway/core/crypto.hpp"
#include "gateway/core/cursor.hpp"
#include "gateway/core/encoding.hpp"
#include "tests/integration/s3/s3_world.hpp"

namespace sluice::s3 {
namespace {

std::string crc32_text(std::string_view bytes) {
    std::string raw;
    byte_writer(raw).big(crc32(as_bytes(bytes)));
    return base64_encode(raw);
}

class multipart : public testing::Test {
protected:
    multipart() {
        world.front.minimum_part_bytes = 1000;
        world.put("/bucket", "");
    }
    std::string create(std::string const& target, header_list headers = {}) {
        auto const reply = world.post(target + "?uploads", "", std::move(headers));
        EXPECT_EQ(reply.status, 200u) << reply.body;
        return reply.element("UploadId");
    }
    s3_reply put_part(std::string const& target, std::string const& id, int number,
                      std::string bytes, header_list headers = {}) {
        return world.put(target + "?partNumber=" + std::to_string(number) + "&uploadId=" + id,
                         std::move(bytes), std::move(headers));
    }
    s3_reply complete(std::string const& target, std::string const& id, std::string const& parts,
                      header_list headers = {}) {
        return world.post(target + "?uploadId=" + id,
                          "<CompleteMultipartUpload>" + parts + "</CompleteMultipartUpload>",
                          std::move(headers));
    }
    static std::string part(int number, std::string const& etag, std::string const& more = {}) {
        return "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" + etag +
               "</ETag>" + more + "</Part>";
    }
    s3_world world;
    std::string const one = std::string(300'000, '1'), two = std::string(400'000, '2'),
                      three = "333";
};

TEST_F(multipart, puts_parts_together) {
    auto const id = create("/bucket/k", {{"Content-Type", "text/x"}, {"x-amz-meta-a", "b"}});
    auto const third = put_part("/bucket/k", id, 7, three);
    auto const first = put_part("/bucket/k", id, 1, "replaced");
    auto const second = put_part("/bucket/k", id, 3, two);
    auto const again = put_part("/bucket/k", id, 1, one);
    EXPECT_EQ(first.status, 200u) << first.body;
    EXPECT_EQ(world.get("/bucket/k").status, 404u);
    auto const reply = complete("/bucket/k", id,
                                part(1, again.header("ETag")) + part(3, second.header("ETag")) +
                                    part(7, third.header("ETag")));
    ASSERT_EQ(reply.status, 200u) << reply.body;
    auto const md5 = [](std::string_view bytes) {
        return std::string(hash(digest_kind::md5, bytes).chars());
    };
    auto const etag = hash(digest_kind::md5, md5(one) + md5(two) + md5(three)).hex() + "-3";
    EXPECT_EQ(reply.element("ETag"), "&quot;" + etag + "&quot;");
    EXPECT_EQ(reply.element("Location"), "https://localhost/bucket/k");
    auto const got = world.get("/bucket/k", {{"x-amz-checksum-mode", "ENABLED"}});
    EXPECT_TRUE(got.body == one + two + three);
    EXPECT_EQ(got.header("ETag"), "\"" + etag + "\"");
    EXPECT_EQ(got.header("Content-Type"), "text/x");
    EXPECT_EQ(got.header("x-amz-meta-a"), "b");
    std::string raw;
    byte_writer(raw).big(crc64nvme(as_bytes(got.body)));
    EXPECT_EQ(got.header("x-amz-checksum-crc64nvme"), base64_encode(raw));
    EXPECT_EQ(got.header("x-amz-checksum-type"), "FULL_OBJECT");

    auto const part_two = world.get("/bucket/k?partNumber=3");
    EXPECT_EQ(part_two.status, 206u);
    EXPECT_TRUE(part_two.body == two);
    EXPECT_EQ(part_two.header("x-amz-mp-parts-count"), "3");
    EXPECT_EQ(world.get("/bucket/k?partNumber=2").code(), "InvalidPartNumber");
    EXPECT_EQ(world.get("/bucket/k?partNumber=1", {{"Range", "bytes=0-1"}}).code(),
              "InvalidRequest");
    auto const range = world.get("/bucket/k", {{"Range", "bytes=299990-300009"}});
    EXPECT_EQ(range.body, "11111111112222222222");
}

TEST_F(multipart, may_be_completed_twice) {
    auto const id = create("/bucket/k");
    auto const parts = part(1, put_part("/bucket/k", id, 1, one).header("ETag"));
    auto const first = complete("/bucket/k", id, parts);
    ASSERT_EQ(first.status, 200u);
    auto const second = complete("/bucket/k", id, parts);
    EXPECT_EQ(second.status, 200u) << second.body;
    EXPECT_EQ(second.element("ETag"), first.element("ETag"));
    ASSERT_EQ(world.put("/bucket/k", "other").status, 200u);
    EXPECT_EQ(complete("/bucket/k", id, parts).code(), "NoSuchUpload");
}

TEST_F(multipart, refuses_parts_that_are_not_as_named) {
    auto const id = create("/bucket/k");
    auto const first = put_part("/bucket/k", id, 1, one).header("ETag");
    auto const second = put_part("/bucket/k", id, 2, three).header("ETag");
    auto const third = put_part("/bucket/k", id, 3, three).header("ETag");
    EXPECT_EQ(complete("/bucket/k", id, part(1, second)).code(), "InvalidPart");
    auto const absent = complete("/bucket/k", id, part(9, first));
    EXPECT_EQ(absent.code(), "InvalidPart");
    EXPECT_EQ(absent.element("UploadId"), id);
    EXPECT_EQ(absent.element("PartNumber"), "9");
    EXPECT_EQ("\"" + absent.element("ETag") + "\"", first);
    EXPECT_EQ(world.post("/bucket/k?uploadId=" + id, "").code(), "InvalidRequest");
    EXPECT_EQ(complete("/bucket/k", id, part(2, second) + part(1, first)).code(),
              "InvalidPartOrder");
    EXPECT_EQ(complete("/bucket/k", id, part(1, first) + part(1, first)).code(),
              "InvalidPartOrder");
    auto const small = complete("/bucket/k", id, part(1, first) + part(2, second) + part(3, third));
    EXPECT_EQ(small.code(), "EntityTooSmall");
    EXPECT_EQ(small.element("PartNumber"), "2");
    EXPECT_EQ(complete("/bucket/k", id, "").code(), "MalformedXML");
    EXPECT_EQ(complete("/bucket/k", id, "<Part><PartNumber>x</PartNumber></Part>").code(),
              "MalformedXML");
    EXPECT_EQ(complete("/bucket/k", id, part(1, first), {{"x-amz-mp-object-size", "1"}}).code(),
              "InvalidRequest");
    EXPECT_EQ(world.get("/bucket/k").status, 404u);
    EXPECT_EQ(complete("/bucket/k", id, part(1, first) + part(3, third)).status, 200u);
}

TEST_F(multipart, refuses_unknown_uploads_and_part_numbers) {
    EXPECT_EQ(put_part("/bucket/k", "0000000000000001", 1, "x").code(), "NoSuchUpload");
    EXPECT_EQ(put_part("/bucket/k", "nonsense", 1, "x").code(), "NoSuchUpload");
    auto const id = create("/bucket/k");
    EXPECT_EQ(put_part("/bucket/other", id, 1, "x").code(), "NoSuchUpload");
    EXPECT_EQ(put_part("/bucket/k", id, 0, "x").code(), "InvalidArgument");
    EXPECT_EQ(put_part("/bucket/k", id, 10'001, "x").code(), "InvalidArgument");
    EXPECT_EQ(world.post("/absent/k?uploads", "").code(), "NoSuchBucket");
    EXPECT_EQ(world.del("/bucket/k?uploadId=00000000ffffffff").code(), "NoSuchUpload");
}

TEST_F(multipart, aborts) {
    auto const id = create("/bucket/k");
    ASSERT_EQ(put_part("/bucket/k", id, 1, one).status, 200u);
    EXPECT_EQ(world.del("/bucket/k?uploadId=" + id).status, 204u);
    EXPECT_EQ(put_part("/bucket/k", id, 2, one).code(), "NoSuchUpload");
    EXPECT_EQ(world.get("/bucket/k?uploadId=" + id).code(), "NoSuchUpload");
    EXPECT_EQ(world.get("/bucket?uploads").elements("UploadId").size(), 0u);
}

TEST_F(multipart, keeps_composite_checksums) {
    auto const id = create("/bucket/k", {{"x-amz-checksum-algorithm", "CRC32"}});
    auto const first =
        put_part("/bucket/k", id, 1, one, {{"x-amz-checksum-crc32", crc32_text(one)}});
    auto const second =
        put_part("/bucket/k", id, 2, three, {{"x-amz-checksum-crc32", crc32_text(three)}});
    EXPECT_EQ(first.header("x-amz-checksum-crc32"), crc32_text(one));
    EXPECT_EQ(
        put_part("/bucket/k", id, 2, three,
                 {{"x-amz-checksum-sha1", base64_encode(hash(digest_kind::sha1, three).chars())}})
            .code(),
        "InvalidRequest");
    // minio-go names the algorithm of its parts.
    EXPECT_EQ(put_part("/bucket/k", id, 2, three, {{"x-amz-checksum-algorithm", "CRC32"}})
                  .header("x-amz-checksum-crc32"),
              crc32_text(three));
    EXPECT_EQ(put_part("/bucket/k", id, 2, three, {{"x-amz-checksum-algorithm", "SHA1"}}).code(),
              "InvalidRequest");
    EXPECT_EQ(put_part("/bucket/k", id, 2, three, {{"x-amz-checksum-type", "FULL_OBJECT"}}).code(),
              "InvalidRequest");
    auto const with = [](std::string const& checksum) {
        return "<ChecksumCRC32>" + checksum + "</ChecksumCRC32>";
    };
    EXPECT_EQ(
        complete("/bucket/k", id, part(1, first.header("ETag")) + part(2, second.header("ETag")))
            .code(),
        "InvalidRequest");
    EXPECT_EQ(
        complete("/bucket/k", id, part(1, first.header("ETag"), with(crc32_text(two)))).code(),
        "InvalidPart");
    auto const named = part(1, first.header("ETag"), with(crc32_text(one))) +
                       part(2, second.header("ETag"), with(crc32_text(three)));
    EXPECT_EQ(complete("/bucket/k", id, named, {{"x-amz-checksum-crc32", "AAAAAA==-2"}}).code(),
              "BadDigest");
    EXPECT_EQ(complete("/bucket/k", id, named, {{"x-amz-checksum-crc32", "AAAAAA=="}}).code(),
              "BadDigest");
    std::string raw;
    byte_writer(raw).big(crc32(as_bytes(one))).big(crc32(as_bytes(three)));
    auto const reply =
        complete("/bucket/k", id, named, {{"x-amz-checksum-crc32", crc32_text(raw)}});
    ASSERT_EQ(reply.status, 200u) << reply.body;
    EXPECT_EQ(reply.element("ChecksumCRC32"), crc32_text(raw) + "-2");
    EXPECT_EQ(reply.element("ChecksumType"), "COMPOSITE");
}

TEST_F(multipart, knows_parts_by_checksums_nobody_asked_for) {
    auto const id = create("/bucket/k");
    auto const first =
        put_part("/bucket/k", id, 1, one, {{"x-amz-checksum-crc32", crc32_text(one)}});
    EXPECT_EQ(first.header("x-amz-checksum-crc32"), crc32_text(one));
    auto const named = [&](std::string const& checksum) {
        return part(1, first.header("ETag"), "<ChecksumCRC32>" + checksum + "</ChecksumCRC32>");
    };
    EXPECT_EQ(complete("/bucket/k", id, named(crc32_text(two))).code(), "InvalidPart");
    auto const reply = complete("/bucket/k", id, named(crc32_text(one)));
    EXPECT_EQ(reply.status, 200u) << reply.body;
    EXPECT_FALSE(reply.element("ChecksumCRC64NVME").empty());
}

TEST_F(multipart, combines_full_object_checksums) {
    auto const id = create("/bucket/k", {{"x-amz-checksum-algorithm", "CRC32"},
                                         {"x-amz-checksum-type", "FULL_OBJECT"}});
    auto const first = put_part("/bucket/k", id, 1, one);
    auto const second = put_part("/bucket/k", id, 2, two);
    auto const reply = complete(
        "/bucket/k", id, part(1, first.header("ETag")) + part(2, second.header("ETag")),
        {{"x-amz-checksum-crc32", crc32_text(one + two)}, {"x-amz-checksum-type", "FULL_OBJECT"}});
    ASSERT_EQ(reply.status, 200u) << reply.body;
    EXPECT_EQ(reply.element("ChecksumCRC32"), crc32_text(one + two));
}

TEST_F(multipart, lists_uploads_and_parts) {
    auto const a = create("/bucket/a"), b = create("/bucket/dir/b"), c = create("/bucket/dir/c");
    auto const all = world.get("/bucket?uploads");
    EXPECT_EQ(all.elements("Key"), (std::vector<std::string>{"a", "dir/b", "dir/c"}));
    EXPECT_EQ(all.elements("UploadId"), (std::vector<std::string>{a, b, c}));
    auto const grouped = world.get("/bucket?uploads&delimiter=/");
    EXPECT_EQ(grouped.elements("Key"), std::vector<std::string>{"a"});
    EXPECT_EQ(grouped.elements("Prefix").back(), "dir/");
    auto const page = world.get("/bucket?uploads&max-uploads=2");
    EXPECT_EQ(page.element("IsTruncated"), "true");
    auto const rest = world.get("/bucket?uploads&key-marker=" + page.element("NextKeyMarker") +
                                "&upload-id-marker=" + page.element("NextUploadIdMarker"));
    EXPECT_EQ(rest.elements("UploadId"), std::vector<std::string>{c});

    for (int number : {1, 2, 5})
        ASSERT_EQ(put_part("/bucket/a", a, number, std::string(number, 'x')).status, 200u);
    auto const parts = world.get("/bucket/a?uploadId=" + a);
    EXPECT_EQ(parts.elements("PartNumber"), (std::vector<std::string>{"1", "2", "5"}));
    EXPECT_EQ(parts.elements("Size"), (std::vector<std::string>{"1", "2", "5"}));
    auto const first = world.get("/bucket/a?max-parts=2&uploadId=" + a);
    EXPECT_EQ(first.element("NextPartNumberMarker"), "2");
    EXPECT_EQ(first.element("IsTruncated"), "true");
    auto const last = world.get("/bucket/a?part-number-marker=2&uploadId=" + a);
    EXPECT_EQ(last.elements("PartNumber"), std::vector<std::string>{"5"});
    EXPECT_EQ(last.element("NextPartNumberMarker"), "5");
    EXPECT_EQ(world.get("/bucket/a?part-number-marker=&max-parts=&uploadId=" + a)
                  .elements("PartNumber").size(), 3u);
    EXPECT_EQ(world.get("/bucket?uploads").element("NextKeyMarker"), "dir/c");
}

TEST_F(multipart, copies_parts_of_other_objects) {
    ASSERT_EQ(world.put("/bucket/source", one + two).status, 200u);
    auto const id = create("/bucket/k");
    auto const copy = [&](int number, header_list headers) {
        headers.emplace_back("x-amz-copy-source", "/bucket/source");
        return put_part("/bucket/k", id, number, "", std::move(headers));
    };
    auto const first = copy(1, {{"x-amz-copy-source-range", "bytes=0-299999"}});
    ASSERT_EQ(first.status, 200u) << first.body;
    EXPECT_EQ(first.element("ETag"), "&quot;" + hash(digest_kind::md5, one).hex() + "&quot;");
    EXPECT_EQ(copy(2, {{"x-amz-copy-source-range", "bytes=0-999999"}}).code(), "InvalidArgument");
    EXPECT_EQ(copy(2, {{"x-amz-copy-source-range", "bytes=5-"}}).code(), "InvalidArgument");
    EXPECT_EQ(copy(2, {{"x-amz-copy-source-range", "bytes=9999999-99999999"}}).code(),
              "InvalidRequest");
    EXPECT_EQ(copy(2, {{"x-amz-copy-source-if-match", "other"}}).status, 412u);
    auto const second = copy(2, {});
    auto const quoted = [](std::string etag) {
        return "\"" + etag.substr(6, etag.size() - 12) + "\"";
    };
    EXPECT_EQ(
        complete("/bucket/k", id,
                 part(1, quoted(first.element("ETag"))) + part(2, quoted(second.element("ETag"))))
            .status,
        200u);
    EXPECT_TRUE(world.get("/bucket/k").body == one + one + two);
}

TEST_F(multipart, completes_under_conditions) {
    ASSERT_EQ(world.put("/bucket/k", "there").status, 200u);
    auto const id = create("/bucket/k");
    auto const parts = part(1, put_part("/bucket/k", id, 1, one).header("ETag"));
    EXPECT_EQ(complete("/bucket/k", id, parts, {{"If-None-Match", "*"}}).status, 412u);
    EXPECT_EQ(world.get("/bucket/k").body, "there");
    ASSERT_EQ(world.del("/bucket/k").status, 204u);
    EXPECT_EQ(complete("/bucket/k", id, parts, {{"If-None-Match", "*"}}).status, 200u);
}

}  // namespace
}  // namespace sluice::s3
