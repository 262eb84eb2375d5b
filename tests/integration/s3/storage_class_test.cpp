// Storage classes: labels that come back wherever S3 shows them, and archives that are read after
// they were restored.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/integration/s3/s3_world.hpp"

namespace sluice::s3 {
namespace {

using namespace std::chrono_literals;

class storage_classes : public testing::Test {
protected:
    storage_classes() { world.put("/bucket", ""); }
    s3_reply put(std::string const& key, std::string const& label) {
        return world.put("/bucket/" + key, "bytes", {{"x-amz-storage-class", label}});
    }
    std::string label_of(std::string const& key) {
        return world.send({"HEAD", "/bucket/" + key}).header("x-amz-storage-class");
    }
    s3_world world;
};

TEST_F(storage_classes, come_back_as_they_were_put) {
    for (auto const* label : {"REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA",
                              "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"}) {
        ASSERT_EQ(put("k", label).status, 200u) << label;
        EXPECT_EQ(label_of("k"), label);
        EXPECT_EQ(world.get("/bucket?list-type=2").element("StorageClass"), label);
        EXPECT_EQ(world.get("/bucket").element("StorageClass"), label);
        EXPECT_EQ(world.get("/bucket?versions").element("StorageClass"), label);
        EXPECT_EQ(world.get("/bucket/k?attributes", {{"x-amz-object-attributes", "StorageClass"}})
                      .element("StorageClass"),
                  label);
    }
    ASSERT_EQ(put("k", "STANDARD").status, 200u);
    EXPECT_EQ(label_of("k"), "");
    EXPECT_EQ(world.get("/bucket").element("StorageClass"), "STANDARD");
    for (auto const* label : {"OUTPOSTS", "SNOW", "EXPRESS_ONEZONE", "FSX_OPENZFS", "standard", ""})
        EXPECT_EQ(put("k", label).code(), "InvalidStorageClass") << label;
}

TEST_F(storage_classes, belong_to_an_upload_too) {
    auto const id =
        world.post("/bucket/m?uploads", "", {{"x-amz-storage-class", "STANDARD_IA"}})
            .element("UploadId");
    EXPECT_EQ(world.get("/bucket?uploads").element("StorageClass"), "STANDARD_IA");
    auto const part = world.put("/bucket/m?partNumber=1&uploadId=" + id, "part");
    EXPECT_EQ(world.get("/bucket/m?uploadId=" + id).element("StorageClass"), "STANDARD_IA");
    auto const done = world.post(
        "/bucket/m?uploadId=" + id,
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" + part.header("ETag") +
            "</ETag></Part></CompleteMultipartUpload>");
    ASSERT_EQ(done.status, 200u) << done.body;
    EXPECT_EQ(label_of("m"), "STANDARD_IA");
}

TEST_F(storage_classes, are_not_carried_by_a_copy) {
    put("k", "STANDARD_IA");
    auto const copy = [&](std::string const& key, header_list headers = {}) {
        headers.insert(headers.begin(), {"x-amz-copy-source", "/bucket/k"});
        return world.put("/bucket/" + key, "", std::move(headers));
    };
    ASSERT_EQ(copy("plain").status, 200u);
    EXPECT_EQ(label_of("plain"), "");
    ASSERT_EQ(copy("again", {{"x-amz-storage-class", "GLACIER_IR"}}).status, 200u);
    EXPECT_EQ(label_of("again"), "GLACIER_IR");
    EXPECT_EQ(copy("k").code(), "InvalidRequest") << "onto itself without a change";
    ASSERT_EQ(copy("k", {{"x-amz-storage-class", "ONEZONE_IA"}}).status, 200u);
    EXPECT_EQ(label_of("k"), "ONEZONE_IA");
    ASSERT_EQ(copy("k", {{"x-amz-metadata-directive", "REPLACE"}}).status, 200u);
    EXPECT_EQ(label_of("k"), "");
    EXPECT_EQ(world.get("/bucket/k").body, "bytes");
}

TEST_F(storage_classes, of_an_archive_are_restored_before_they_are_read) {
    put("k", "GLACIER");
    auto const refused = world.get("/bucket/k");
    EXPECT_EQ(refused.status, 403u);
    EXPECT_EQ(refused.code(), "InvalidObjectState");
    EXPECT_EQ(refused.element("StorageClass"), "GLACIER");
    EXPECT_EQ(world.send({"HEAD", "/bucket/k"}).status, 200u);
    header_list const from{{"x-amz-copy-source", "/bucket/k"}};
    EXPECT_EQ(world.put("/bucket/copy", "", from).code(), "ObjectNotInActiveTierError");
    EXPECT_EQ(world.put("/bucket/k", "", {from.front(), {"x-amz-metadata-directive", "REPLACE"}})
                  .code(),
              "ObjectNotInActiveTierError");
    auto const upload = world.post("/bucket/m?uploads", "").element("UploadId");
    EXPECT_EQ(world.put("/bucket/m?partNumber=1&uploadId=" + upload, "", from).code(),
              "ObjectNotInActiveTierError");

    std::string const restore = "<RestoreRequest><Days>1</Days><GlacierJobParameters>"
                                "<Tier>Bulk</Tier></GlacierJobParameters></RestoreRequest>";
    EXPECT_EQ(world.post("/bucket/k?restore", restore).status, 202u);
    EXPECT_EQ(world.post("/bucket/k?restore", restore).status, 200u);
    auto const read = world.get("/bucket/k");
    EXPECT_EQ(read.body, "bytes");
    EXPECT_EQ(read.header("x-amz-restore"),
              "ongoing-request=\"false\", expiry-date=\"Sat, 03 Jan 2026 00:00:00 GMT\"");
    EXPECT_EQ(read.header("x-amz-storage-class"), "GLACIER");
    auto const listed =
        world.get("/bucket?list-type=2", {{"x-amz-optional-object-attributes", "RestoreStatus"}});
    EXPECT_EQ(listed.element("IsRestoreInProgress"), "false");
    EXPECT_EQ(listed.element("RestoreExpiryDate"), "2026-01-03T00:00:00.000Z");
    EXPECT_EQ(world.get("/bucket?list-type=2").element("IsRestoreInProgress"), "");
    ASSERT_EQ(world.put("/bucket/copy", "", from).status, 200u);
    EXPECT_EQ(label_of("copy"), "");
    EXPECT_EQ(world.get("/bucket/copy").body, "bytes");

    world.clock.advance(48h);
    EXPECT_EQ(world.get("/bucket/k").code(), "InvalidObjectState");
    EXPECT_EQ(world.send({"HEAD", "/bucket/k"}).header("x-amz-restore"), "");
    EXPECT_EQ(world.post("/bucket/k?restore", restore).status, 202u);
}

TEST_F(storage_classes, are_restored_as_asked_or_not_at_all) {
    put("k", "DEEP_ARCHIVE");
    put("plain", "STANDARD_IA");
    auto const restore = [&](std::string const& key, std::string const& inner) {
        return world.post("/bucket/" + key + "?restore",
                          "<RestoreRequest>" + inner + "</RestoreRequest>")
            .code();
    };
    EXPECT_EQ(restore("plain", "<Days>1</Days>"), "InvalidObjectState");
    EXPECT_EQ(restore("nobody", "<Days>1</Days>"), "NoSuchKey");
    EXPECT_EQ(restore("k", ""), "MalformedXML");
    EXPECT_EQ(restore("k", "<Days>0</Days>"), "InvalidArgument");
    EXPECT_EQ(restore("k", "<Days>99999999999999999999</Days>"), "MalformedXML");
    EXPECT_EQ(restore("k", "<Days>1</Days><Tier>Soon</Tier>"), "MalformedXML");
    EXPECT_EQ(restore("k", "<Type>SELECT</Type>"), "NotImplemented");
    EXPECT_EQ(world.get("/bucket/k").code(), "InvalidObjectState");
}

}  // namespace
}  // namespace sluice::s3
