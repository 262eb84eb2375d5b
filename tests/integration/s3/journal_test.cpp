// Journals of buckets end to end: each change of an object leaves one record, and each record comes to
// one object of the other bucket.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "auth/guard/system_caller.hpp"
#include "protocols/s3/access_log_writer.hpp"
#include "protocols/s3/journal_writer.hpp"
#include "protocols/s3/lifecycle_worker.hpp"
#include "tests/integration/s3/s3_world.hpp"

namespace sluice::s3 {
namespace {

using namespace std::chrono_literals;

class journals : public testing::Test {
protected:
    explicit journals(bool real = false) : world(real) {
        world.put("/abc", "");
        world.put("/logs", "");
        start();
    }
    s3_reply set(std::string const& more = "", std::string const& bucket = "abc",
                 std::string const& target = "logs") {
        return configure("<LoggingEnabled><TargetBucket>" + target +
                             "</TargetBucket><TargetPrefix>p/</TargetPrefix><LoggingType>Journal"
                             "</LoggingType>" +
                             more + "</LoggingEnabled>",
                         bucket);
    }
    s3_reply configure(std::string const& inner, std::string const& bucket = "abc") {
        auto const document = "<BucketLoggingStatus>" + inner + "</BucketLoggingStatus>";
        return world.put("/" + bucket + "?logging", document,
                         {{"Content-MD5", md5_header(document)}});
    }
    void start(journal_options options = {}) {
        writer = std::make_unique<journal_writer>(
            world.door(), auth::system_caller(world.door(), "s3"), world.clock, world.random,
            world.front, options);
    }
    result<void> write(bool all = true) { return world.run(writer->pass(all)); }
    s3_reply post_document(std::string const& target, std::string const& document) {
        return world.post(target, document, {{"Content-MD5", md5_header(document)}});
    }
    s3_reply put_document(std::string const& target, std::string const& document) {
        return world.put(target, document, {{"Content-MD5", md5_header(document)}});
    }
    // Without owner, bucket and time: "operation key size version etag".
    std::vector<std::string> records(std::string const& bucket = "logs") {
        std::vector<std::string> out;
        for (auto const& key : world.keys(bucket)) {
            std::istringstream text(world.get("/" + bucket + "/" + key).body);
            for (std::string line; std::getline(text, line);)
                out.push_back(line.substr(line.find("] ") + 2));
        }
        return out;
    }
    std::size_t waiting() {
        std::size_t count = 0;
        for (auto const& journal : world.door().logs().journals())
            count += static_cast<std::size_t>(to_underlying(journal.bounds.end) -
                                              to_underlying(journal.bounds.start));
        return count;
    }

    s3_world world;
    std::unique_ptr<journal_writer> writer;
};

// On files, which a restart finds again.
class stored_journals : public journals {
protected:
    stored_journals() : journals(true) {}
};

std::string const abc_etag = "900150983cd24fb0d6963f7d28e17f72";

TEST_F(journals, are_set_up_and_answered) {
    ASSERT_EQ(set("<ObjectRollTime>60</ObjectRollTime>").status, 200u);
    auto const shown = world.get("/abc?logging");
    EXPECT_EQ(shown.element("LoggingType"), "Journal");
    EXPECT_EQ(shown.element("ObjectRollTime"), "60");
    EXPECT_EQ(world.door().logs().journals().size(), 1u);
    ASSERT_EQ(set().status, 200u);
    EXPECT_EQ(world.door().logs().journals().size(), 1u) << "the same one";
    EXPECT_EQ(set("", "abc", "abc").code(), "InvalidTargetBucketForLogging");
    ASSERT_EQ(set("", "logs", "abc").code(), "InvalidTargetBucketForLogging") << "it has a log";
    EXPECT_EQ(set("", "abc", "nowhere").code(), "InvalidTargetBucketForLogging");
}

TEST_F(journals, have_a_record_for_each_change) {
    ASSERT_EQ(set().status, 200u);
    world.put("/abc/a%20b", "abc");
    world.put("/abc/copy", "", {{"x-amz-copy-source", "/abc/a%20b"}});
    world.get("/abc/copy");
    world.get("/abc/missing");
    put_document("/abc/copy?tagging",
                 "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>");
    world.del("/abc/copy?tagging");
    auto const upload = world.post("/abc/big?uploads", "").element("UploadId");
    auto const part = world.put("/abc/big?partNumber=1&uploadId=" + upload, "abc").header("ETag");
    auto const whole =
        world.post("/abc/big?uploadId=" + upload,
                   "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" + part +
                       "</ETag></Part></CompleteMultipartUpload>");
    ASSERT_EQ(whole.status, 200u) << whole.body;
    world.put("/abc/grows", "a");
    world.put("/abc/grows", "bc", {{"x-amz-write-offset-bytes", "1"}});
    world.put("/abc/moved?renameObject", "", {{"x-amz-rename-source", "grows"}});
    world.del("/abc/a%20b");
    world.del("/abc/a%20b");
    post_document("/abc?delete", "<Delete><Object><Key>copy</Key></Object><Object><Key>none</Key>"
                                 "</Object></Delete>");
    EXPECT_EQ(waiting(), 11u);
    ASSERT_TRUE(write().has_value());
    EXPECT_EQ(waiting(), 0u);
    auto const all = records();
    std::string const put = "REST.PUT.OBJECT ", tail = " 3 - " + abc_etag;
    ASSERT_EQ(all.size(), 11u);
    EXPECT_EQ(all[0], put + "a%20b" + tail);
    EXPECT_EQ(all[1], put + "copy" + tail);
    EXPECT_EQ(all[2], "REST.PUT.OBJECT_TAGGING copy" + tail);
    EXPECT_EQ(all[3], "REST.DELETE.OBJECT_TAGGING copy" + tail);
    auto const etag = world.get("/abc/big").header("ETag");
    EXPECT_EQ(all[4], "REST.POST.UPLOAD big 3 - " + etag.substr(1, etag.size() - 2));
    EXPECT_EQ(all[5], put + "grows 1 - 0cc175b9c0f1b6a831c399e269772661");
    EXPECT_TRUE(all[6].starts_with(put + "grows 3 - ")) << all[6];
    EXPECT_TRUE(all[7].starts_with("REST.DELETE.OBJECT grows 3 - ")) << all[7];
    EXPECT_TRUE(all[8].starts_with(put + "moved 3 - ")) << all[8];
    EXPECT_EQ(all[9], "REST.DELETE.OBJECT a%20b" + tail);
    EXPECT_EQ(all[10], "REST.POST.DELETE_MULTI_OBJECT copy" + tail);
    auto const keys = world.keys("logs");
    ASSERT_EQ(keys.size(), 1u);
    EXPECT_TRUE(keys[0].starts_with("p/2026-01-01-00-00-0")) << keys[0];
    auto const text = world.get("/logs/" + keys[0]).body;
    auto const owner = world.get("/abc?acl").element("ID");
    EXPECT_TRUE(text.starts_with(owner + " abc [01/Jan/2026:00:00:0")) << text;
    EXPECT_EQ(writer->counters().records, 11u);
    EXPECT_EQ(writer->counters().objects, 1u);
}

TEST_F(journals, know_versions_and_locks) {
    world.put("/kept", "", {{"x-amz-bucket-object-lock-enabled", "true"}});
    ASSERT_EQ(set("", "kept").status, 200u);
    auto const version = world.put("/kept/k", "abc").header("x-amz-version-id");
    put_document("/kept/k?legal-hold", "<LegalHold><Status>ON</Status></LegalHold>");
    put_document("/kept/k?legal-hold", "<LegalHold><Status>OFF</Status></LegalHold>");
    put_document("/kept/k?retention",
                 "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2027-01-01T00:00:00Z"
                 "</RetainUntilDate></Retention>");
    auto const marker = world.del("/kept/k").header("x-amz-version-id");
    EXPECT_EQ(world.del("/kept/k?versionId=" + version).status, 403u) << "leaves no record";
    EXPECT_EQ(world.del("/kept/k?versionId=" + version,
                        {{"x-amz-bypass-governance-retention", "true"}})
                  .status,
              204u);
    ASSERT_TRUE(write().has_value());
    auto const tail = " k 3 " + version + " " + abc_etag;
    EXPECT_EQ(records(), (std::vector<std::string>{
                             "REST.PUT.OBJECT" + tail, "REST.PUT.LEGAL_HOLD" + tail,
                             "REST.PUT.LEGAL_HOLD" + tail, "REST.PUT.RETENTION" + tail,
                             "REST.DELETE.OBJECT k - " + marker + " -",
                             "REST.DELETE.OBJECT" + tail}));
}

TEST_F(journals, have_what_lifecycle_rules_end) {
    ASSERT_EQ(set().status, 200u);
    ASSERT_EQ(put_document("/abc?lifecycle",
                           "<LifecycleConfiguration><Rule><Status>Enabled</Status><Filter/>"
                           "<Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>")
                  .status,
              200u);
    world.put("/abc/old", "abc");
    world.clock.advance(48h);
    lifecycle_worker ending(world.door(), auth::system_caller(world.door(), "s3"), world.clock,
                            world.front);
    ASSERT_TRUE(world.run(ending.run_once()).has_value());
    ASSERT_TRUE(write().has_value());
    auto const all = records();
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[1], "S3.EXPIRE.OBJECT old 3 - " + abc_etag);
}

TEST_F(journals, leave_out_what_their_filter_does) {
    ASSERT_EQ(set("<Filter><S3Key><FilterRule><Name>prefix</Name><Value>in/</Value></FilterRule>"
                  "<FilterRule><Name>suffix</Name><Value>.txt</Value></FilterRule></S3Key></Filter>")
                  .status,
              200u);
    for (auto const* key : {"in/a.txt", "in/a", "out/a.txt"})
        world.put(std::string("/abc/") + key, "abc");
    ASSERT_TRUE(write().has_value());
    ASSERT_EQ(records().size(), 1u);
    EXPECT_TRUE(records()[0].starts_with("REST.PUT.OBJECT in/a.txt "));
}

TEST_F(journals, wait_for_their_time) {
    ASSERT_EQ(set("<ObjectRollTime>60</ObjectRollTime>").status, 200u);
    world.put("/abc/a", "abc");
    world.clock.advance(30s);
    world.put("/abc/b", "abc");
    ASSERT_TRUE(write(false).has_value());
    EXPECT_EQ(records().size(), 0u);
    world.clock.advance(29s);
    ASSERT_TRUE(write(false).has_value());
    EXPECT_EQ(records().size(), 0u);
    world.clock.advance(5s);
    ASSERT_TRUE(write(false).has_value());
    EXPECT_EQ(records().size(), 2u);
    journal_options options;
    options.object_records = 2;
    start(options);
    for (auto const* key : {"c", "d", "e"}) world.put(std::string("/abc/") + key, "abc");
    ASSERT_TRUE(write(false).has_value());
    EXPECT_EQ(waiting(), 1u) << "enough for an object";
    EXPECT_EQ(world.keys("logs").size(), 2u);
}

TEST_F(stored_journals, are_there_after_a_restart_and_come_once) {
    ASSERT_EQ(set().status, 200u);
    world.put("/abc/a", "abc");
    world.put("/abc/b", "abc");
    writer.reset();
    world.restart();
    start();
    EXPECT_EQ(waiting(), 2u);
    ASSERT_TRUE(write().has_value());
    world.put("/abc/c", "abc");
    writer.reset();
    world.restart();
    start();
    EXPECT_EQ(waiting(), 1u);
    ASSERT_TRUE(write().has_value());
    writer.reset();
    world.restart();
    start();
    ASSERT_TRUE(write().has_value());
    EXPECT_EQ(waiting(), 0u);
    EXPECT_EQ(records().size(), 3u);
    EXPECT_EQ(world.keys("logs").size(), 2u);
}

TEST_F(journals, are_written_by_one_of_two_writers) {
    ASSERT_EQ(set().status, 200u);
    world.put("/abc/a", "abc");
    auto const self = auth::system_caller(world.door(), "s3");
    auto const journal = world.door().logs().journals().front();
    auto const put = [&](std::string key) {
        auto writing =
            world.run(world.door().objects().create(self, "logs", std::move(key), {})).value();
        auth::writable_object::finish how;
        how.etag = "e";
        how.advance = store::journal_advance{journal.name, journal.bounds.start, journal.bounds.end};
        return world.run(writing.commit(std::move(how)));
    };
    EXPECT_TRUE(put("first").has_value());
    EXPECT_EQ(put("second").error().code, error::conflict);
    EXPECT_EQ(world.keys("logs"), std::vector<std::string>{"first"});
}

TEST_F(journals, are_the_servers_own) {
    ASSERT_EQ(set().status, 200u);
    world.put("/abc/a", "abc");
    auto const root = world.root();
    auto const name = world.door().logs().journals().front().name;
    EXPECT_TRUE(name.starts_with("__journal.abc.")) << name;
    auto& logs = world.door().logs();
    EXPECT_EQ(world.run(logs.drop(root, name)).error().code, error::permission_denied);
    EXPECT_EQ(world.run(logs.erase_before(root, name, partition_index{0}, log_offset{-1}))
                  .error()
                  .code,
              error::permission_denied);
    EXPECT_EQ(world.run(logs.create(root, {"__journal.other.1"})).error().code,
              error::permission_denied);
    EXPECT_TRUE(world.run(logs.open(root, name)).has_value()) << "as __audit";
    auto writing = world.run(world.door().objects().create(root, "logs", "mine", {})).value();
    auth::writable_object::finish how;
    how.advance = store::journal_advance{name, log_offset{0}, log_offset{1}};
    EXPECT_EQ(world.run(writing.commit(std::move(how))).error().code, error::permission_denied);
    EXPECT_EQ(waiting(), 1u);
}

TEST_F(journals, go_to_the_bucket_of_their_time) {
    world.put("/later", "");
    ASSERT_EQ(set().status, 200u);
    world.put("/abc/a", "abc");
    ASSERT_EQ(set("", "abc", "later").status, 200u);
    world.put("/abc/b", "abc");
    ASSERT_EQ(configure("").status, 200u);
    world.put("/abc/c", "abc");
    ASSERT_TRUE(write().has_value());
    EXPECT_EQ(records().size(), 1u);
    ASSERT_EQ(records("later").size(), 1u);
    EXPECT_TRUE(records("later")[0].starts_with("REST.PUT.OBJECT b "));
}

TEST_F(journals, wait_for_a_bucket_that_is_gone) {
    world.put("/later", "");
    ASSERT_EQ(set().status, 200u);
    ASSERT_EQ(world.del("/logs").status, 204u);
    EXPECT_EQ(world.put("/abc/a", "abc").status, 200u);
    EXPECT_FALSE(write().has_value());
    EXPECT_EQ(waiting(), 1u);
    world.put("/logs", "");
    ASSERT_TRUE(write().has_value());
    EXPECT_EQ(records().size(), 1u);
    for (auto const& key : world.keys("logs")) world.del("/logs/" + key);
    ASSERT_EQ(world.del("/logs").status, 204u);
    world.put("/abc/b", "abc");
    ASSERT_EQ(set("", "abc", "later").status, 200u);
    ASSERT_TRUE(write().has_value());
    EXPECT_EQ(records("later").size(), 1u) << "the one that is named now";
    EXPECT_EQ(writer->counters().lost, 0u);
}

TEST_F(journals, are_given_up_when_nothing_wants_them) {
    ASSERT_EQ(set().status, 200u);
    world.put("/abc/a", "abc");
    ASSERT_EQ(world.del("/logs").status, 204u);
    ASSERT_EQ(configure("").status, 200u);
    ASSERT_TRUE(write().has_value());
    EXPECT_EQ(waiting(), 0u);
    EXPECT_EQ(writer->counters().lost, 1u);
}

TEST_F(journals, outlive_their_bucket_until_they_are_written) {
    ASSERT_EQ(set().status, 200u);
    world.put("/abc/a", "abc");
    world.del("/abc/a");
    ASSERT_EQ(world.del("/abc").status, 204u);
    world.put("/abc", "");
    ASSERT_EQ(set().status, 200u);
    EXPECT_EQ(world.door().logs().journals().size(), 2u);
    world.put("/abc/b", "abc");
    ASSERT_TRUE(write().has_value());
    EXPECT_EQ(records().size(), 3u);
    EXPECT_EQ(world.door().logs().journals().size(), 1u) << "of the bucket that is there";
}

TEST_F(journals, do_not_record_themselves) {
    world.put("/third", "");
    ASSERT_EQ(set("", "abc", "third").status, 200u);
    ASSERT_EQ(set("", "third", "logs").status, 200u);
    world.put("/abc/a", "abc");
    world.put("/third/x", "abc");
    ASSERT_TRUE(write().has_value());
    ASSERT_TRUE(write().has_value());
    EXPECT_EQ(records("third").size(), 2u) << "x is no record";
    EXPECT_EQ(records().size(), 1u);
}

TEST_F(journals, are_no_access_logs) {
    ASSERT_EQ(set().status, 200u);
    access_log_writer other(world.door(), auth::system_caller(world.door(), "s3"), world.clock,
                            world.random, world.front);
    ASSERT_TRUE(world.run(other.refresh()).has_value());
    EXPECT_FALSE(other.is_on());
}

TEST_F(journals, name_their_objects_by_the_day_of_the_changes) {
    ASSERT_EQ(set("<TargetObjectKeyFormat><PartitionedPrefix><PartitionDateSource>EventTime"
                  "</PartitionDateSource></PartitionedPrefix></TargetObjectKeyFormat>")
                  .status,
              200u);
    world.put("/abc/a", "abc");
    world.clock.advance(24h);
    world.put("/abc/b", "abc");
    ASSERT_TRUE(write().has_value());
    auto const keys = world.keys("logs");
    ASSERT_EQ(keys.size(), 2u);
    EXPECT_TRUE(keys[0].starts_with("p/000000000000/us-east-1/abc/2026/01/01/")) << keys[0];
    EXPECT_TRUE(keys[1].starts_with("p/000000000000/us-east-1/abc/2026/01/02/")) << keys[1];
}

}  // namespace
}  // namespace sluice::s3
