#include <gtest/gtest.h>

#include "tests/integration/s3/s3_world.hpp"

namespace sluice::s3 {
namespace {

class buckets : public testing::Test {
protected:
    s3_world world;
};

TEST_F(buckets, live_from_creation_to_deletion) {
    auto const created = world.put("/first", "");
    EXPECT_EQ(created.status, 200u);
    EXPECT_EQ(created.header("Location"), "/first");
    EXPECT_EQ(world.send({"HEAD", "/first"}).status, 200u);
    EXPECT_EQ(world.send({"HEAD", "/first"}).header("x-amz-bucket-region"), "us-east-1");
    auto const location = world.get("/first?location");
    EXPECT_EQ(location.status, 200u);
    EXPECT_NE(location.body.find("<LocationConstraint xmlns="), std::string::npos);
    EXPECT_EQ(world.del("/first").status, 204u);
    EXPECT_EQ(world.send({"HEAD", "/first"}).status, 404u);
    EXPECT_EQ(world.get("/first?location").code(), "NoSuchBucket");
    EXPECT_EQ(world.del("/first").code(), "NoSuchBucket");
}

TEST_F(buckets, answer_with_ids_date_and_server) {
    auto const reply = world.get("/");
    EXPECT_EQ(reply.header("x-amz-request-id").size(), 16u);
    EXPECT_EQ(reply.header("x-amz-id-2"), reply.header("x-amz-request-id"));
    EXPECT_EQ(reply.header("Server"), "Sluice");
    EXPECT_EQ(reply.header("Date"), "Thu, 01 Jan 2026 00:00:00 GMT");
    EXPECT_NE(world.get("/").header("x-amz-request-id"), reply.header("x-amz-request-id"));
}

TEST_F(buckets, are_listed_by_name_in_pages) {
    for (auto const* name : {"bbb", "aaa", "abc", "ccc"})
        ASSERT_EQ(world.put("/" + std::string(name), "").status, 200u);
    EXPECT_EQ(world.get("/").elements("Name"),
              (std::vector<std::string>{"aaa", "abc", "bbb", "ccc"}));
    EXPECT_EQ(world.get("/?prefix=a").elements("Name"), (std::vector<std::string>{"aaa", "abc"}));
    EXPECT_EQ(world.get("/?bucket-region=eu-west-1").elements("Name"), std::vector<std::string>{});
    auto const first = world.get("/?max-buckets=3");
    EXPECT_EQ(first.elements("Name"), (std::vector<std::string>{"aaa", "abc", "bbb"}));
    EXPECT_EQ(first.elements("BucketRegion").size(), 3u);
    auto const token = first.element("ContinuationToken");
    ASSERT_FALSE(token.empty());
    auto const second = world.get("/?max-buckets=3&continuation-token=" + token);
    EXPECT_EQ(second.elements("Name"), std::vector<std::string>{"ccc"});
    EXPECT_EQ(second.element("ContinuationToken"), "");
    EXPECT_EQ(world.get("/?continuation-token=nonsense").code(), "InvalidArgument");
    EXPECT_EQ(world.get("/?max-buckets=0").code(), "InvalidArgument");
}

TEST_F(buckets, have_names_by_the_rules) {
    EXPECT_EQ(world.put("/Upper", "").code(), "InvalidBucketName");
    EXPECT_EQ(world.put("/ab", "").code(), "InvalidBucketName");
    EXPECT_EQ(world.put("/192.168.0.1", "").code(), "InvalidBucketName");
}

TEST_F(buckets, may_be_created_again_by_their_owner) {
    ASSERT_EQ(world.put("/mine", "").status, 200u);
    EXPECT_EQ(world.put("/mine", "").status, 200u);
    world.front.region = "eu-central-1";
    EXPECT_EQ(world.put("/mine", "").code(), "IllegalLocationConstraintException");
}

TEST_F(buckets, belong_to_whoever_made_them) {
    ASSERT_EQ(world.put("/roots", "").status, 200u);
    world.who = world.add_user("anna", {"allow anna all on *"});
    auto const reply = world.put("/roots", "");
    EXPECT_EQ(reply.status, 409u) << reply.body;
    EXPECT_EQ(reply.code(), "BucketAlreadyExists");
}

TEST_F(buckets, are_created_in_the_region_of_the_endpoint_only) {
    auto const document = [](std::string const& region) {
        return "<CreateBucketConfiguration "
               "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>" +
               region + "</LocationConstraint></CreateBucketConfiguration>";
    };
    EXPECT_EQ(world.put("/abc", document("eu-west-1")).code(),
              "IllegalLocationConstraintException");
    EXPECT_EQ(world.put("/abc", document("us-east-1")).code(), "InvalidLocationConstraint");
    EXPECT_EQ(world.put("/abc", "<CreateBucketConfiguration/>").status, 200u);
    EXPECT_EQ(world.put("/abd", "<Create").code(), "MalformedXML");
    EXPECT_EQ(world
                  .put("/abd",
                       "<CreateBucketConfiguration><Bucket><Type>Directory</Type></Bucket>"
                       "</CreateBucketConfiguration>")
                  .code(),
              "NotImplemented");
}

TEST_F(buckets, are_not_deleted_while_they_hold_something) {
    ASSERT_EQ(world.put("/full", "").status, 200u);
    ASSERT_EQ(world.put("/full/k", "x").status, 200u);
    auto const refused = world.del("/full");
    EXPECT_EQ(refused.status, 409u);
    EXPECT_EQ(refused.code(), "BucketNotEmpty");
    EXPECT_EQ(world.del("/full/k").status, 204u);
    EXPECT_EQ(world.del("/full").status, 204u);
}

TEST_F(buckets, are_named_by_hosts_too) {
    world.front.domains = {"localhost"};
    ASSERT_EQ(world.put("/hosted", "").status, 200u);
    ASSERT_EQ(world.put("/hosted/a/b", "content").status, 200u);
    auto request = world.signed_request({"GET", "/a/b"});
    EXPECT_EQ(world.exchange_all(request, {"GET"}).front().code(), "NoSuchBucket");
}

TEST_F(buckets, refuse_what_is_not_served_by_name) {
    ASSERT_EQ(world.put("/abc", "").status, 200u);
    for (auto const& [target, name] : std::vector<std::pair<std::string, std::string>>{
             {"/abc?abac", "GetBucketAbac"},
             {"/abc?metadataTable", "GetBucketMetadataTableConfiguration"},
             {"/abc/k?torrent", "GetObjectTorrent"}}) {
        auto const reply = world.get(target);
        EXPECT_EQ(reply.status, 501u) << target;
        EXPECT_EQ(reply.code(), "NotImplemented");
        EXPECT_EQ(reply.element("Operation"), name);
    }
    EXPECT_EQ(world.del("/abc?analytics").code(), "InvalidArgument");
    EXPECT_EQ(world.send({"HEAD", "/abc"}).status, 200u);
    EXPECT_EQ(world.send({"PATCH", "/abc/k"}).code(), "MethodNotAllowed");
}

}  // namespace
}  // namespace sluice::s3
