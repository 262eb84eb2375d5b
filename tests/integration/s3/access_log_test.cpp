// Access logs end to end: a bucket is set up, requests come, and their lines are in the other bucket.
#include <gtest/gtest.h>

#include <algorithm>

#include "auth/guard/system_caller.hpp"
#include "protocols/s3/access_log_writer.hpp"
#include "tests/integration/s3/s3_world.hpp"

namespace sluice::s3 {
namespace {

class access_logs : public testing::Test {
protected:
    access_logs() {
        world.put("/abc", "");
        world.put("/logs", "");
    }
    s3_reply set(std::string const& target = "logs", std::string const& more = "",
                 std::string const& bucket = "abc") {
        auto const document = "<BucketLoggingStatus><LoggingEnabled><TargetBucket>" + target +
                              "</TargetBucket><TargetPrefix>p/</TargetPrefix>" + more +
                              "</LoggingEnabled></BucketLoggingStatus>";
        return world.put("/" + bucket + "?logging", document,
                         {{"Content-MD5", md5_header(document)}});
    }
    void start(access_log_options options = {}) {
        writer = std::make_unique<access_log_writer>(world.door(),
                                                     auth::system_caller(world.door(), "s3"),
                                                     world.clock, world.random, world.front, options);
        world.access_log = writer.get();
        ASSERT_TRUE(world.run(writer->refresh()).has_value());
    }
    std::vector<std::string> lines() {
        std::vector<std::string> out;
        for (auto const& key : world.keys("logs")) {
            auto const text = world.get("/logs/" + key).body;
            for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
                out.push_back(text.substr(at, text.find('\n', at) - at));
        }
        return out;
    }
    bool holds(std::string const& line, std::string const& text) {
        return line.find(text) != line.npos;
    }
    s3_world world;
    std::unique_ptr<access_log_writer> writer;
};

TEST_F(access_logs, are_set_up_and_answered) {
    EXPECT_EQ(world.get("/abc?logging").element("TargetBucket"), "");
    EXPECT_EQ(set().status, 200u);
    EXPECT_EQ(world.get("/abc?logging").element("TargetBucket"), "logs");
    EXPECT_EQ(world.get("/abc?logging").element("TargetPrefix"), "p/");
    EXPECT_EQ(set("nowhere").code(), "InvalidTargetBucketForLogging");
    EXPECT_EQ(set("logs", "<TargetGrants><Grant/></TargetGrants>").code(), "NotImplemented");
    std::string const off = "<BucketLoggingStatus/>";
    EXPECT_EQ(world.put("/abc?logging", off, {{"Content-MD5", md5_header(off)}}).status, 200u);
    EXPECT_EQ(world.get("/abc?logging").element("TargetBucket"), "");
}

TEST_F(access_logs, do_not_go_where_they_could_not_be_deleted) {
    world.put("/locked", "", {{"x-amz-bucket-object-lock-enabled", "true"}});
    EXPECT_EQ(set("locked").status, 200u) << "without a default retention";
    std::string const retention =
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>"
        "<DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule>"
        "</ObjectLockConfiguration>";
    ASSERT_EQ(world.put("/locked?object-lock", retention, {{"Content-MD5", md5_header(retention)}})
                  .status,
              200u);
    EXPECT_EQ(set("locked").code(), "InvalidTargetBucketForLogging");
}

TEST_F(access_logs, go_only_into_ones_own_buckets) {
    world.who = world.add_user("alice", {"allow alice create on theirs"});
    ASSERT_EQ(world.put("/theirs", "").status, 200u);
    EXPECT_EQ(set("logs", "", "theirs").code(), "InvalidTargetBucketForLogging") << "root's";
    EXPECT_EQ(set("theirs", "", "theirs").status, 200u);
    world.who = {"root", auth::root_password};
    EXPECT_EQ(set("theirs").code(), "InvalidTargetBucketForLogging");
}

TEST_F(access_logs, have_a_line_for_each_request) {
    ASSERT_EQ(set().status, 200u);
    start();
    world.put("/abc/a%20b", "12345");
    world.get("/abc/a%20b", {{"Range", "bytes=0-1"}, {"User-Agent", "test \"agent\""},
                             {"Referer", "http://r"}});
    world.get("/abc/missing");
    world.send_unsigned({"GET", "/abc/a%20b"});
    world.get("/abc?versioning");
    auto wrong = world.who;
    std::swap(wrong, world.who);
    world.who.secret = "not it";
    world.get("/abc/a%20b");
    std::swap(wrong, world.who);
    world.send_unsigned({"GET", world.presigned({"GET", "/abc/a%20b"})});
    world.get("/logs");
    ASSERT_TRUE(world.run(writer->flush()).has_value());
    auto const counted = writer->counters();
    EXPECT_EQ(counted.lost, 0u);
    EXPECT_EQ(counted.bytes, 0u);
    EXPECT_EQ(counted.objects, 1u);
    auto const keys = world.keys("logs");
    ASSERT_EQ(keys.size(), 1u);
    EXPECT_TRUE(keys[0].starts_with("p/2026-01-01-00-00-0")) << keys[0];
    auto const all = lines();
    ASSERT_EQ(all.size(), 7u);
    auto const owner = world.get("/abc?acl").element("ID");
    EXPECT_TRUE(all[0].starts_with(owner + " abc [01/Jan/2026:00:00:0")) << all[0];
    EXPECT_TRUE(holds(all[0], "] 192.0.2.1 " + owner + " ")) << all[0];
    EXPECT_TRUE(holds(all[0], " REST.PUT.OBJECT a%20b \"PUT /abc/a%20b HTTP/1.1\" 200 - - 5 "))
        << all[0];
    EXPECT_TRUE(holds(all[0], " SigV4 TLS_AES_128_GCM_SHA256 AuthHeader localhost TLSv1.3 - -"))
        << all[0];
    EXPECT_FALSE(holds(all[0], " - \"-\" \"-\" ")) << "the turn-around time: " << all[0];
    EXPECT_TRUE(holds(all[1], " 206 - 2 5 ")) << all[1];
    EXPECT_TRUE(holds(all[1], " \"http://r\" \"test %22agent%22\" - ")) << all[1];
    EXPECT_TRUE(holds(all[2], " REST.GET.OBJECT missing \"GET /abc/missing HTTP/1.1\" 404 NoSuchKey "))
        << all[2];
    EXPECT_TRUE(holds(all[3], "] 192.0.2.1 - ")) << all[3];
    EXPECT_TRUE(holds(all[3], " 403 AccessDenied ")) << all[3];
    EXPECT_TRUE(holds(all[4], " REST.GET.VERSIONING - ")) << all[4];
    EXPECT_TRUE(holds(all[5], " 403 SignatureDoesNotMatch ")) << all[5];
    EXPECT_TRUE(holds(all[6], " 200 - 5 5 ")) << all[6];
    EXPECT_TRUE(holds(all[6], " SigV4 TLS_AES_128_GCM_SHA256 QueryString localhost ")) << all[6];
    auto const audit = world.audit();
    EXPECT_TRUE(std::any_of(audit.begin(), audit.end(), [&](std::string const& record) {
        return holds(record, "\"operation\":\"ServerAccessLog\"") &&
               holds(record, "\"principal\":\"__system\"") && holds(record, "\"verb\":\"update\"");
    }));
}

TEST_F(access_logs, have_the_visits_of_a_website) {
    world.front.website_domains = {"web.test"};
    std::string const site = "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix>"
                             "</IndexDocument></WebsiteConfiguration>";
    ASSERT_EQ(world.put("/abc?website", site, {{"Content-MD5", md5_header(site)}}).status, 200u);
    world.put("/abc/index.html", "home");
    world.add_user("publisher", {"allow anyone read on abc/*"});
    ASSERT_EQ(set().status, 200u);
    start();
    auto const visit = [&](std::string const& method, std::string const& path) {
        world.exchange(method + " " + path + " HTTP/1.1\r\nHost: abc.web.test\r\n"
                                             "Connection: close\r\n\r\n");
    };
    visit("GET", "/");
    visit("GET", "/a%20b?versionId=x");
    visit("HEAD", "/index.html");
    ASSERT_TRUE(world.run(writer->flush()).has_value());
    auto const all = lines();
    ASSERT_EQ(all.size(), 3u);
    EXPECT_TRUE(holds(all[0], " WEBSITE.GET.OBJECT index.html \"GET / HTTP/1.1\" 200 - 4 4 "))
        << all[0];
    EXPECT_TRUE(holds(all[0], " - TLS_AES_128_GCM_SHA256 - abc.web.test TLSv1.3 - -")) << all[0];
    EXPECT_TRUE(holds(all[1], " WEBSITE.GET.OBJECT a%20b \"GET /a%20b?versionId=x HTTP/1.1\" 403 "
                              "AccessDenied "))
        << all[1];
    EXPECT_TRUE(holds(all[2], " WEBSITE.HEAD.OBJECT index.html \"HEAD /index.html HTTP/1.1\" 200 "))
        << all[2];
}

TEST_F(access_logs, have_a_line_for_each_key_of_a_deletion) {
    world.put("/abc/a", "x");
    ASSERT_EQ(set().status, 200u);
    start();
    std::string const document = "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key>"
                                 "<VersionId>none</VersionId></Object></Delete>";
    world.post("/abc?delete", document, {{"Content-MD5", md5_header(document)}});
    ASSERT_TRUE(world.run(writer->flush()).has_value());
    auto const all = lines();
    ASSERT_EQ(all.size(), 3u);
    EXPECT_TRUE(holds(all[0], " REST.POST.MULTI_OBJECT_DELETE - \"POST /abc?delete HTTP/1.1\" 200 "))
        << all[0];
    EXPECT_TRUE(holds(all[1], " BATCH.DELETE.OBJECT a \"POST /abc?delete HTTP/1.1\" 204 - - "))
        << all[1];
    EXPECT_TRUE(holds(all[2], " BATCH.DELETE.OBJECT b \"POST /abc?delete HTTP/1.1\" 404 NoSuchVersion "))
        << all[2];
}

TEST_F(access_logs, begin_and_end_with_the_configuration) {
    start();
    world.get("/abc?versioning");
    EXPECT_EQ(writer->counters().bytes, 0u) << "not logged yet";
    ASSERT_EQ(set().status, 200u);
    ASSERT_TRUE(world.run(writer->refresh()).has_value());
    world.get("/abc?versioning");
    EXPECT_GT(writer->counters().bytes, 0u);
    ASSERT_TRUE(world.run(writer->flush()).has_value());
    EXPECT_EQ(writer->counters().lines, 1u);
    std::string const off = "<BucketLoggingStatus/>";
    world.put("/abc?logging", off, {{"Content-MD5", md5_header(off)}});
    ASSERT_TRUE(world.run(writer->refresh()).has_value());
    EXPECT_FALSE(writer->is_on());
    world.get("/abc?versioning");
    ASSERT_TRUE(world.run(writer->flush()).has_value());
    EXPECT_EQ(writer->counters().lines, 2u) << "the request that ended it";
}

TEST_F(access_logs, are_bounded) {
    ASSERT_EQ(set().status, 200u);
    access_log_options options;
    options.bytes = 1000;
    start(options);
    for (int i = 0; i < 10; ++i) world.get("/abc?versioning");
    auto const counted = writer->counters();
    EXPECT_LE(counted.bytes, 1000u);
    EXPECT_GT(counted.bytes, 0u);
    EXPECT_GT(counted.lost, 0u);
    ASSERT_TRUE(world.run(writer->flush()).has_value());
    EXPECT_EQ(writer->counters().lines + writer->counters().lost, 10u);
    EXPECT_EQ(writer->counters().bytes, 0u);
}

TEST_F(access_logs, are_lost_and_counted_when_their_bucket_went) {
    ASSERT_EQ(set().status, 200u);
    start();
    world.get("/abc?versioning");
    ASSERT_EQ(world.del("/logs").status, 204u);
    EXPECT_FALSE(world.run(writer->flush()).has_value());
    EXPECT_EQ(writer->counters().lost, 1u);
    EXPECT_EQ(writer->counters().bytes, 0u);
    // One that came back as somebody else's gets nothing.
    world.get("/abc?versioning");
    auto const root = world.who;
    world.who = world.add_user("mallory", {"allow mallory create on logs"});
    ASSERT_EQ(world.put("/logs", "").status, 200u);
    EXPECT_FALSE(world.run(writer->flush()).has_value());
    EXPECT_EQ(world.keys("logs"), std::vector<std::string>{});
    EXPECT_EQ(writer->counters().lost, 2u);
}

TEST_F(access_logs, are_named_by_the_day_of_the_requests) {
    ASSERT_EQ(set("logs", "<TargetObjectKeyFormat><PartitionedPrefix><PartitionDateSource>EventTime"
                          "</PartitionDateSource></PartitionedPrefix></TargetObjectKeyFormat>")
                  .status,
              200u);
    start();
    world.get("/abc?versioning");
    world.clock.advance(std::chrono::hours(24));
    world.get("/abc?versioning");
    ASSERT_TRUE(world.run(writer->flush()).has_value());
    auto const keys = world.keys("logs");
    ASSERT_EQ(keys.size(), 2u);
    EXPECT_TRUE(keys[0].starts_with(
        "p/000000000000/us-east-1/abc/2026/01/01/2026-01-01-00-00-00-"))
        << keys[0];
    EXPECT_TRUE(keys[1].starts_with("p/000000000000/us-east-1/abc/2026/01/02/")) << keys[1];
}

}  // namespace
}  // namespace sluice::s3
