#include <gtest/gtest.h>

#include "tests/integration/s3/s3_world.hpp"

namespace sluice::s3 {
namespace {

class copies : public testing::Test {
protected:
    copies() {
        world.put("/from", "");
        world.put("/into", "");
        etag = world
                   .put("/from/a%20b", content,
                        {{"Content-Type", "text/x"}, {"x-amz-meta-kept", "yes"}})
                   .header("ETag");
    }
    s3_reply copy(std::string const& target, header_list headers) {
        if (headers.empty() || headers.front().first != "x-amz-copy-source")
            headers.insert(headers.begin(), {"x-amz-copy-source", "/from/a%20b"});
        return world.put(target, "", std::move(headers));
    }
    s3_world world;
    std::string const content = std::string(300'000, 'c');
    std::string etag;
};

TEST_F(copies, bring_bytes_and_metadata_along) {
    auto const reply = copy("/into/k", {});
    EXPECT_EQ(reply.status, 200u) << reply.body;
    EXPECT_EQ(reply.element("ETag"), "&quot;" + etag.substr(1, etag.size() - 2) + "&quot;");
    EXPECT_FALSE(reply.element("LastModified").empty());
    auto const got = world.get("/into/k");
    EXPECT_TRUE(got.body == content);
    EXPECT_EQ(got.header("Content-Type"), "text/x");
    EXPECT_EQ(got.header("x-amz-meta-kept"), "yes");
    ASSERT_EQ(world.del("/from/a%20b").status, 204u);
    EXPECT_TRUE(world.get("/into/k").body == content);
}

TEST_F(copies, replace_metadata_when_told_to) {
    EXPECT_EQ(copy("/into/k", {{"x-amz-meta-new", "1"}}).status, 200u);
    EXPECT_EQ(world.get("/into/k").header("x-amz-meta-new"), "");
    EXPECT_EQ(copy("/into/k", {{"x-amz-copy-source", "from/a%20b"},
                               {"x-amz-metadata-directive", "REPLACE"},
                               {"x-amz-meta-new", "1"}})
                  .status,
              200u);
    auto const got = world.get("/into/k", {{"x-amz-checksum-mode", "ENABLED"}});
    EXPECT_TRUE(got.body == content);
    EXPECT_EQ(got.header("x-amz-meta-new"), "1");
    EXPECT_EQ(got.header("x-amz-meta-kept"), "");
    EXPECT_FALSE(got.header("x-amz-checksum-crc64nvme").empty());
}

TEST_F(copies, compute_another_checksum_when_asked) {
    auto const reply = copy(
        "/into/k", {{"x-amz-copy-source", "/from/a%20b"}, {"x-amz-checksum-algorithm", "SHA256"}});
    EXPECT_EQ(reply.status, 200u) << reply.body;
    auto const checksum = reply.element("ChecksumSHA256");
    EXPECT_EQ(checksum.size(), 44u);
    EXPECT_EQ(world.put("/into/direct", content, {{"x-amz-checksum-sha256", checksum}}).status,
              200u);
}

TEST_F(copies, onto_itself_must_change_something) {
    EXPECT_EQ(copy("/from/a%20b", {}).code(), "InvalidRequest");
    EXPECT_EQ(copy("/from/a%20b",
                   {{"x-amz-copy-source", "/from/a%20b"}, {"x-amz-metadata-directive", "REPLACE"}})
                  .status,
              200u);
    EXPECT_EQ(world.get("/from/a%20b").header("x-amz-meta-kept"), "");
    EXPECT_TRUE(world.get("/from/a%20b").body == content);
    // Where the bucket encrypts, the copy is encrypted.
    std::string const encrypts =
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
        "<SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>"
        "</ServerSideEncryptionConfiguration>";
    ASSERT_EQ(world.put("/from?encryption", encrypts, {{"Content-MD5", md5_header(encrypts)}}).status,
              200u);
    EXPECT_EQ(copy("/from/a%20b", {{"x-amz-copy-source", "/from/a%20b"}}).status, 200u);
    auto const encrypted = world.get("/from/a%20b");
    EXPECT_EQ(encrypted.header("x-amz-server-side-encryption"), "AES256");
    EXPECT_TRUE(encrypted.body == content);
}

TEST_F(copies, keep_the_source_s_tags_unless_told_otherwise) {
    ASSERT_EQ(world.put("/from/tagged", "x", {{"x-amz-tagging", "a=1"}}).status, 200u);
    auto const tags = [&](header_list headers) {
        headers.insert(headers.begin(), {"x-amz-copy-source", "/from/tagged"});
        EXPECT_EQ(copy("/into/tagged", std::move(headers)).status, 200u);
        auto const all = world.get("/into/tagged?tagging").elements("Key");
        return all.empty() ? std::string() : all.back();
    };
    EXPECT_EQ(tags({{"x-amz-tagging", "b=2"}}), "a");
    EXPECT_EQ(tags({{"x-amz-tagging", "b=2"}, {"x-amz-tagging-directive", "COPY"}}), "a");
    EXPECT_EQ(tags({{"x-amz-tagging", "b=2"}, {"x-amz-tagging-directive", "REPLACE"}}), "b");
}

TEST_F(copies, hold_conditions_on_both_ends) {
    auto const with = [&](std::string const& name, std::string const& value) {
        return copy("/into/k", {{"x-amz-copy-source", "/from/a%20b"}, {name, value}}).status;
    };
    EXPECT_EQ(with("x-amz-copy-source-if-match", "\"other\""), 412u);
    EXPECT_EQ(with("x-amz-copy-source-if-none-match", etag), 412u);
    EXPECT_EQ(with("x-amz-copy-source-if-unmodified-since", "Sun, 06 Nov 1994 08:49:37 GMT"), 412u);
    auto const changed = world.get("/from/a%20b").header("Last-Modified");
    EXPECT_EQ(with("x-amz-copy-source-if-modified-since", changed), 412u);
    EXPECT_EQ(world.get("/into/k").status, 404u);
    EXPECT_EQ(with("x-amz-copy-source-if-match", etag), 200u);
    EXPECT_EQ(with("If-None-Match", "*"), 412u);
    EXPECT_EQ(with("If-Match", etag), 200u);
}

TEST_F(copies, need_a_source_that_exists) {
    EXPECT_EQ(copy("/into/k", {{"x-amz-copy-source", "/from/absent"}}).code(), "NoSuchKey");
    EXPECT_EQ(copy("/into/k", {{"x-amz-copy-source", "/absent/k"}}).code(), "NoSuchBucket");
    EXPECT_EQ(copy("/absent/k", {}).code(), "NoSuchBucket");
    EXPECT_EQ(copy("/into/k", {{"x-amz-copy-source", "nonsense"}}).code(), "InvalidArgument");
    EXPECT_EQ(copy("/into/k", {{"x-amz-copy-source", "/from/a%20b?versionId=1"}}).code(),
              "InvalidArgument");
    EXPECT_EQ(
        copy("/into/k", {{"x-amz-copy-source", "/from/a%20b?versionId=00000000000000ff"}}).code(),
        "NoSuchVersion");
    EXPECT_EQ(copy("/into/k", {{"x-amz-copy-source", "/from/a%20b?versionId=null"}}).status, 200u);
}

TEST_F(copies, need_the_right_to_read_the_source) {
    world.who = world.add_user("anna", {"allow anna all on into/*", "allow anna all on into"});
    EXPECT_EQ(copy("/into/k", {}).code(), "AccessDenied");
}

}  // namespace
}  // namespace sluice::s3
