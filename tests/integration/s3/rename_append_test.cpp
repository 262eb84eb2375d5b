// Objects that get another key, and objects that grow.
#include <gtest/gtest.h>

#include "gateway/core/checksum.hpp"
#include "gateway/core/cursor.hpp"
#include "gateway/core/encoding.hpp"
#include "tests/integration/s3/s3_world.hpp"

namespace sluice::s3 {
namespace {

class renames : public testing::Test {
protected:
    renames() {
        world.put("/bucket", "");
        etag = world.put("/bucket/a%20b", content, {{"x-amz-meta-kept", "yes"}}).header("ETag");
    }
    s3_reply rename(std::string const& target, header_list headers = {},
                    std::string const& from = "a%20b") {
        headers.emplace_back("x-amz-rename-source", from);
        return world.put("/bucket/" + target + "?renameObject", "", std::move(headers));
    }
    s3_world world;
    std::string const content = std::string(300'000, 'c');
    std::string etag;
};

TEST_F(renames, move_an_object_with_all_it_has) {
    auto const before = world.get("/bucket/a%20b").header("Last-Modified");
    world.clock.advance(std::chrono::hours(1));
    ASSERT_EQ(rename("new").status, 200u);
    EXPECT_EQ(world.keys("bucket"), std::vector<std::string>{"new"});
    auto const got = world.get("/bucket/new");
    EXPECT_TRUE(got.body == content);
    EXPECT_EQ(got.header("ETag"), etag);
    EXPECT_EQ(got.header("x-amz-meta-kept"), "yes");
    EXPECT_EQ(got.header("Last-Modified"), before);
    EXPECT_EQ(rename("other").code(), "NoSuchKey");
    ASSERT_EQ(rename("again", {}, "/bucket/new").status, 200u) << "with the bucket's name";
    world.put("/bucket/target", std::string(400'000, 't'));
    ASSERT_EQ(rename("target", {}, "again").status, 200u);
    EXPECT_TRUE(world.get("/bucket/target").body == content) << "over one that was there";
    EXPECT_EQ(world.keys("bucket"), std::vector<std::string>{"target"});
}

TEST_F(renames, heed_conditions_on_both_sides) {
    world.put("/bucket/there", "x");
    EXPECT_EQ(rename("there", {{"If-None-Match", "*"}}).code(), "PreconditionFailed");
    EXPECT_EQ(rename("there", {{"If-Match", "\"other\""}}).code(), "PreconditionFailed");
    EXPECT_EQ(rename("new", {{"x-amz-rename-source-if-match", "\"other\""}}).code(),
              "PreconditionFailed");
    EXPECT_EQ(rename("new", {{"x-amz-rename-source-if-none-match", "*"}}).code(),
              "PreconditionFailed");
    EXPECT_EQ(rename("there", {{"If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"}}).code(),
              "PreconditionFailed");
    EXPECT_EQ(world.keys("bucket").size(), 2u);
    EXPECT_EQ(rename("new", {{"If-None-Match", "*"}, {"x-amz-rename-source-if-match", etag}}).status,
              200u);
}

TEST_F(renames, are_refused_when_they_cannot_be) {
    EXPECT_EQ(rename("a%20b").code(), "InvalidRequest") << "onto itself";
    EXPECT_EQ(rename("new", {}, "/elsewhere/a%20b").code(), "InvalidRequest");
    EXPECT_EQ(rename("new", {}, "").code(), "InvalidArgument");
    EXPECT_EQ(rename("new", {{"x-amz-client-token", std::string(65, 't')}}).code(),
              "InvalidArgument");
    EXPECT_EQ(rename("new", {{"x-amz-meta-a", "1"}}).code(), "NotImplemented");
    std::string const keep =
        "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    world.put("/bucket?versioning", keep, {{"Content-MD5", md5_header(keep)}});
    EXPECT_EQ(rename("new").code(), "NotImplemented") << "where versions are kept";
    EXPECT_EQ(world.keys("bucket"), std::vector<std::string>{"a b"});
}

TEST_F(renames, may_be_asked_for_again_with_a_token) {
    header_list const token{{"x-amz-client-token", "t1"}};
    ASSERT_EQ(rename("new", token).status, 200u);
    EXPECT_EQ(rename("new", token).status, 200u);
    EXPECT_EQ(rename("new").code(), "NoSuchKey");
    EXPECT_EQ(rename("new", {{"x-amz-client-token", "t2"}}).code(), "NoSuchKey");
    EXPECT_EQ(rename("new", token, "third").code(), "IdempotencyParameterMismatch");
    EXPECT_TRUE(world.get("/bucket/new").body == content);
}

TEST_F(renames, need_both_rights_and_are_audited_twice) {
    world.who = world.add_user("anna", {"allow anna update on bucket/*"});
    EXPECT_EQ(rename("new").code(), "AccessDenied");
    world.who = world.add_user("otto", {"allow otto delete on bucket/*"});
    EXPECT_EQ(rename("new").code(), "AccessDenied");
    world.who = world.add_user("both", {"allow both update,delete on bucket/*"});
    EXPECT_EQ(rename("new").status, 200u);
    auto const records = world.audit();
    auto const of = [&](std::string const& who, std::string const& verb) {
        return std::count_if(records.begin(), records.end(), [&](std::string const& record) {
            return record.find("\"" + who + "\"") != std::string::npos &&
                   record.find("\"" + verb + "\"") != std::string::npos &&
                   record.find("\"RenameObject\"") != std::string::npos;
        });
    };
    EXPECT_EQ(of("both", "delete"), 1);
    EXPECT_EQ(of("both", "update"), 1);
}

class appends : public testing::Test {
protected:
    appends() { world.put("/bucket", ""); }
    s3_reply append(std::uint64_t offset, std::string const& body, header_list headers = {}) {
        headers.emplace_back("x-amz-write-offset-bytes", std::to_string(offset));
        return world.put("/bucket/log", body, std::move(headers));
    }
    std::string body() { return world.get("/bucket/log").body; }
    std::string crc64(std::string const& bytes) {
        std::string raw;
        byte_writer(raw).big(crc64nvme(as_bytes(bytes)));
        return base64_encode(raw);
    }
    s3_world world;
};

TEST_F(appends, go_behind_what_is_there) {
    std::string whole;
    std::vector<std::string> etags;
    for (std::size_t size : {5u, 3'000u, 300'000u, 1u, 2'000'000u, 7u}) {
        std::string piece;
        for (std::size_t i = 0; i < size; ++i)
            piece.push_back(static_cast<char>('a' + (i * 7 + whole.size()) % 26));
        auto const put = append(whole.size(), piece);
        ASSERT_EQ(put.status, 200u) << put.body;
        whole += piece;
        EXPECT_EQ(put.header("x-amz-object-size"), std::to_string(whole.size()));
        EXPECT_EQ(put.header("x-amz-checksum-crc64nvme"), crc64(whole));
        EXPECT_TRUE(body() == whole) << whole.size();
        etags.push_back(put.header("ETag"));
        EXPECT_EQ(world.send({"HEAD", "/bucket/log"}).header("ETag"), etags.back());
    }
    std::sort(etags.begin(), etags.end());
    EXPECT_EQ(std::unique(etags.begin(), etags.end()), etags.end());
    auto const part = world.get("/bucket/log", {{"Range", "bytes=2-305001"}});
    EXPECT_TRUE(part.body == whole.substr(2, 305'000));
    EXPECT_EQ(append(whole.size(), "").status, 200u);
    EXPECT_TRUE(body() == whole);
}

TEST_F(appends, name_the_size_there_is) {
    EXPECT_EQ(append(1, "x").code(), "InvalidWriteOffset");
    ASSERT_EQ(append(0, "abc").status, 200u);
    EXPECT_EQ(append(0, "x").code(), "InvalidWriteOffset");
    EXPECT_EQ(append(4, "x").code(), "InvalidWriteOffset");
    EXPECT_EQ(world.put("/bucket/log", "x", {{"x-amz-write-offset-bytes", "many"}}).code(),
              "InvalidArgument");
    EXPECT_EQ(append(3, "x", {{"If-None-Match", "*"}}).code(), "PreconditionFailed");
    EXPECT_EQ(append(3, "x", {{"Content-MD5", md5_header("other")}}).code(), "BadDigest");
    EXPECT_EQ(body(), "abc");
}

TEST_F(appends, leave_everything_else_as_it_was) {
    ASSERT_EQ(world.put("/bucket/log", "abc",
                        {{"Content-Type", "text/x"},
                         {"x-amz-meta-a", "1"},
                         {"x-amz-checksum-crc32", "NSRBwg=="}})
                  .status,
              200u);
    EXPECT_EQ(append(3, "d", {{"Content-Type", "text/y"}}).code(), "InvalidRequest");
    EXPECT_EQ(append(3, "d", {{"x-amz-meta-b", "1"}}).code(), "InvalidRequest");
    EXPECT_EQ(append(3, "d", {{"x-amz-storage-class", "STANDARD_IA"}}).code(), "InvalidRequest");
    ASSERT_EQ(append(3, "d", {{"Content-Type", "text/x"}, {"x-amz-meta-a", "1"}}).status, 200u);
    auto const got = world.get("/bucket/log", {{"x-amz-checksum-mode", "ENABLED"}});
    EXPECT_EQ(got.body, "abcd");
    EXPECT_EQ(got.header("Content-Type"), "text/x");
    EXPECT_EQ(got.header("x-amz-meta-a"), "1");
    std::string raw;
    byte_writer(raw).big(crc32(as_bytes(std::string_view("abcd"))));
    EXPECT_EQ(got.header("x-amz-checksum-crc32"), base64_encode(raw));
    world.put("/bucket/log", "abc", {{"x-amz-storage-class", "GLACIER"}});
    EXPECT_EQ(append(3, "d").code(), "InvalidObjectState");
}

TEST_F(appends, do_not_touch_copies) {
    ASSERT_EQ(append(0, std::string(5'000, 'a')).status, 200u);
    ASSERT_EQ(append(5'000, std::string(5'000, 'b')).status, 200u);
    header_list const from{{"x-amz-copy-source", "/bucket/log"}};
    ASSERT_EQ(world.put("/bucket/copy", "", from).status, 200u);
    ASSERT_EQ(append(10'000, "c").status, 200u);
    auto const kept = std::string(5'000, 'a') + std::string(5'000, 'b');
    EXPECT_TRUE(world.get("/bucket/copy").body == kept);
    EXPECT_TRUE(body() == kept + "c");
    ASSERT_EQ(world.del("/bucket/log").status, 204u);
    ASSERT_EQ(world.put("/bucket/copy", "d", {{"x-amz-write-offset-bytes", "10000"}}).status, 200u);
    EXPECT_TRUE(world.get("/bucket/copy").body == kept + "d");
}

TEST_F(appends, are_refused_where_versions_are_kept) {
    ASSERT_EQ(append(0, "abc").status, 200u);
    std::string const keep =
        "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    world.put("/bucket?versioning", keep, {{"Content-MD5", md5_header(keep)}});
    EXPECT_EQ(append(3, "d").code(), "NotImplemented");
    EXPECT_EQ(body(), "abc");
}

}  // namespace
}  // namespace sluice::s3
