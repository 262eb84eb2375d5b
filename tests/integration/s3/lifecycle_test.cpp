// Lifecycle rules end to end: documents in, passes of the worker under a clock that the test turns,
// what is left and what the answers and the audit log say.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "auth/guard/system_caller.hpp"
#include "protocols/s3/lifecycle_worker.hpp"
#include "protocols/s3/model/bucket_settings.hpp"
#include "protocols/s3/ops/object_events.hpp"
#include "tests/integration/s3/s3_world.hpp"

namespace sluice::s3 {
namespace {

using namespace std::chrono_literals;

// Does something once, when it is asked for the time the n-th time.
class meddling_clock final : public wall_clock {
public:
    meddling_clock(wall_clock const& real, int at, std::function<void()> meddle)
        : real_(real), left_(at), meddle_(std::move(meddle)) {}
    unix_millis now() const override {
        if (--left_ == 0) meddle_();
        return real_.now();
    }
    monotonic_time monotonic() const override { return real_.monotonic(); }

private:
    wall_clock const& real_;
    mutable int left_;
    std::function<void()> meddle_;
};

class lifecycle : public testing::Test {
protected:
    lifecycle() { world.put("/abc", ""); }

    static std::string rule(std::string const& inner, std::string const& id = "r",
                            std::string const& prefix = "") {
        return "<Rule><ID>" + id + "</ID><Filter><Prefix>" + prefix +
               "</Prefix></Filter><Status>Enabled</Status>" + inner + "</Rule>";
    }
    static std::string days(int count) {
        return "<Expiration><Days>" + std::to_string(count) + "</Days></Expiration>";
    }
    s3_reply set_rules(std::string const& rules) {
        return set("/abc?lifecycle", "<LifecycleConfiguration>" + rules + "</LifecycleConfiguration>");
    }
    s3_reply set(std::string const& target, std::string const& document) {
        return world.put(target, document, {{"Content-MD5", md5_header(document)}});
    }
    void keep_versions(char const* status = "Enabled") {
        auto const set_to = set("/abc?versioning", "<VersioningConfiguration><Status>" +
                                                       std::string(status) +
                                                       "</Status></VersioningConfiguration>");
        ASSERT_EQ(set_to.status, 200u);
    }
    lifecycle_counters pass(std::uint32_t page = 2, wall_clock const* clock = nullptr) {
        lifecycle_options options;
        options.page = page;
        options.least_rest = 0ms;
        lifecycle_worker worker(world.door(), auth::system_caller(world.door(), "s3"),
                                clock ? *clock : world.clock, world.front, options);
        auto const done = world.run(worker.run_once());
        EXPECT_TRUE(done.has_value()) << done.error().describe();
        return worker.counters();
    }
    // "Version" and "DeleteMarker" entries, as key/latest.
    std::vector<std::string> versions() {
        auto const listed = world.get("/abc?versions");
        auto const names = listed.elements("Key"), latest = listed.elements("IsLatest");
        std::vector<std::string> out;
        for (std::size_t i = 0; i < names.size(); ++i)
            out.push_back(names[i] + (latest[i] == "true" ? "*" : ""));
        return out;
    }
    std::vector<std::string> deletions() {
        auto all = world.audit();
        std::erase_if(all, [](std::string const& record) {
            return record.find("\"operation\":\"LifecycleExpiration\"") == record.npos ||
                   record.find("\"verb\":\"list\"") != record.npos;
        });
        return all;
    }
    s3_world world;
};

using names = std::vector<std::string>;

TEST_F(lifecycle, rules_are_answered_as_they_were_put) {
    EXPECT_EQ(world.get("/abc?lifecycle").code(), "NoSuchLifecycleConfiguration");
    auto const put = set_rules(rule(days(3), "one", "logs/"));
    EXPECT_EQ(put.status, 200u) << put.body;
    EXPECT_EQ(put.header("x-amz-transition-default-minimum-object-size"),
              "all_storage_classes_128K");
    auto const got = world.get("/abc?lifecycle");
    EXPECT_NE(got.body.find("<Rule><ID>one</ID><Filter><Prefix>logs/</Prefix></Filter>"
                            "<Status>Enabled</Status><Expiration><Days>3</Days></Expiration></Rule>"),
              got.body.npos)
        << got.body;
    EXPECT_EQ(set_rules(rule("<Transition/>")).code(), "NotImplemented");
    EXPECT_EQ(set_rules(rule(days(0))).code(), "InvalidArgument");
    EXPECT_EQ(set_rules("").code(), "MalformedXML");
    std::string const document = "<LifecycleConfiguration/>";
    EXPECT_EQ(world.put("/abc?lifecycle", document).code(), "InvalidRequest") << "no digest";
    EXPECT_EQ(world.put("/abc?lifecycle", document,
                        {{"Content-MD5", md5_header(document)},
                         {"x-amz-transition-default-minimum-object-size",
                          "varies_by_storage_class"}})
                  .code(),
              "NotImplemented");
    EXPECT_EQ(world.get("/abc?lifecycle").elements("ID"), names{"one"}) << "the others changed nothing";
    EXPECT_EQ(world.del("/abc?lifecycle").status, 204u);
    EXPECT_EQ(world.get("/abc?lifecycle").code(), "NoSuchLifecycleConfiguration");
    EXPECT_EQ(world.del("/abc?lifecycle").status, 204u);
}

TEST_F(lifecycle, many_rules_fit_into_one_document) {
    std::string rules;
    for (int i = 0; i < 1000; ++i) rules += rule(days(1), "rule-" + std::to_string(i), "p/");
    EXPECT_EQ(set_rules(rules).status, 200u);
    EXPECT_EQ(world.get("/abc?lifecycle").elements("ID").size(), 1000u);
}

TEST_F(lifecycle, answers_say_when_an_object_goes) {
    ASSERT_EQ(set_rules(rule(days(3), "in 3 days", "logs/")).status, 200u);
    std::string const expected =
        "expiry-date=\"Mon, 05 Jan 2026 00:00:00 GMT\", rule-id=\"in%203%20days\"";
    EXPECT_EQ(world.put("/abc/logs/a", "one").header("x-amz-expiration"), expected);
    EXPECT_EQ(world.get("/abc/logs/a").header("x-amz-expiration"), expected);
    EXPECT_EQ(world.send({"HEAD", "/abc/logs/a"}).header("x-amz-expiration"), expected);
    EXPECT_EQ(world.put("/abc/other", "one").header("x-amz-expiration"), "");
    EXPECT_EQ(world.get("/abc/other").header("x-amz-expiration"), "");
    auto const copied = world.put("/abc/logs/b", "", {{"x-amz-copy-source", "/abc/other"}});
    EXPECT_EQ(copied.header("x-amz-expiration"), expected);
    auto const upload = world.post("/abc/logs/c?uploads", "").element("UploadId");
    world.put("/abc/logs/c?partNumber=1&uploadId=" + upload, "part");
    auto const etag = md5_header("");
    auto const completed = world.post(
        "/abc/logs/c?uploadId=" + upload,
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" +
            world.get("/abc/logs/c?uploadId=" + upload).element("ETag") +
            "</ETag></Part></CompleteMultipartUpload>");
    EXPECT_EQ(completed.status, 200u) << completed.body;
    EXPECT_EQ(completed.header("x-amz-expiration"), expected);
}

TEST_F(lifecycle, objects_go_when_they_are_old) {
    ASSERT_EQ(set_rules(rule(days(1), "r", "logs/")).status, 200u);
    for (auto const* key : {"a", "logs/1", "logs/2", "logs/3", "logs/4", "logs/5", "z"})
        world.put(std::string("/abc/") + key, "old");
    world.clock.advance(24h);
    world.put("/abc/logs/3", "new");
    EXPECT_EQ(pass().expired, 0u) << "not before midnight";
    world.clock.advance(24h);
    auto const counted = pass();
    EXPECT_EQ(counted.expired, 4u);
    EXPECT_EQ(counted.seen, 5u) << "only what the prefix covers";
    EXPECT_EQ(counted.passes, 1u);
    EXPECT_EQ(counted.last_pass, world.clock.now());
    EXPECT_EQ(world.keys("abc"), (names{"a", "logs/3", "z"}));
    EXPECT_EQ(pass().expired, 0u) << "a second pass finds nothing";
    auto const records = deletions();
    ASSERT_EQ(records.size(), 4u);
    EXPECT_NE(records[0].find("\"principal\":\"__system\""), std::string::npos) << records[0];
    EXPECT_NE(records[0].find("\"rule\":\"builtin:system\""), std::string::npos) << records[0];
    EXPECT_NE(records[0].find("\"resource\":\"abc/logs/1\""), std::string::npos) << records[0];
}

TEST_F(lifecycle, filters_look_at_tags_and_sizes) {
    auto const by = [](std::string const& filter, std::string const& id) {
        return "<Rule><ID>" + id + "</ID><Filter>" + filter + "</Filter><Status>Enabled</Status>" +
               days(1) + "</Rule>";
    };
    ASSERT_EQ(set_rules(by("<Tag><Key>tmp</Key><Value>yes</Value></Tag>", "t") +
                        by("<ObjectSizeGreaterThan>5</ObjectSizeGreaterThan>", "s"))
                  .status,
              200u);
    world.put("/abc/plain", "12345");
    world.put("/abc/large", "123456");
    world.put("/abc/tagged", "1", {{"x-amz-tagging", "tmp=yes&other=1"}});
    world.put("/abc/otherwise", "1", {{"x-amz-tagging", "tmp=no"}});
    world.clock.advance(48h);
    EXPECT_EQ(pass().expired, 2u);
    EXPECT_EQ(world.keys("abc"), (names{"otherwise", "plain"}));
}

TEST_F(lifecycle, disabled_rules_do_nothing) {
    auto off = rule(days(1));
    off.replace(off.find("Enabled"), 7, "Disabled");
    ASSERT_EQ(set_rules(off).status, 200u);
    EXPECT_EQ(world.put("/abc/a", "x").header("x-amz-expiration"), "");
    world.clock.advance(480h);
    EXPECT_EQ(pass().seen, 0u);
    EXPECT_EQ(world.keys("abc"), names{"a"});
}

TEST_F(lifecycle, versions_go_in_steps) {
    keep_versions();
    ASSERT_EQ(set_rules(rule(days(1) + "<NoncurrentVersionExpiration><NoncurrentDays>1"
                                       "</NoncurrentDays></NoncurrentVersionExpiration>"))
                  .status,
              200u);
    world.put("/abc/k", "one");
    world.put("/abc/k", "two");
    world.put("/abc/l", "one");
    world.clock.advance(48h);
    auto const first = pass();
    EXPECT_EQ(first.expired, 2u) << "k and l are hidden";
    EXPECT_EQ(first.erased, 1u) << "k's first version";
    EXPECT_EQ(world.keys("abc"), names{});
    EXPECT_EQ(versions(), (names{"k*", "k", "l*", "l"}));
    world.clock.advance(48h);
    EXPECT_EQ(pass(1).erased, 2u);
    EXPECT_EQ(versions(), (names{"k*", "l*"})) << "delete markers are left";
    world.clock.advance(48h);
    EXPECT_EQ(pass(1).erased, 2u) << "and go as old as Days";
    EXPECT_EQ(versions(), names{});
}

TEST_F(lifecycle, some_old_versions_are_kept) {
    keep_versions();
    ASSERT_EQ(set_rules(rule("<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>"
                             "<NewerNoncurrentVersions>2</NewerNoncurrentVersions>"
                             "</NoncurrentVersionExpiration>"))
                  .status,
              200u);
    for (auto const* bytes : {"1", "2", "3", "4", "5", "6"}) world.put("/abc/k", bytes);
    world.clock.advance(72h);
    for (std::uint32_t page : {3u, 1u, 7u}) pass(page);
    EXPECT_EQ(versions(), (names{"k*", "k", "k"}));
    EXPECT_EQ(world.get("/abc/k").body, "6");
    EXPECT_EQ(world.put("/abc/k", "7").header("x-amz-expiration"), "");
}

TEST_F(lifecycle, lonely_delete_markers_go_at_once) {
    keep_versions();
    ASSERT_EQ(set_rules(rule("<Expiration><ExpiredObjectDeleteMarker>true"
                             "</ExpiredObjectDeleteMarker></Expiration>"))
                  .status,
              200u);
    world.del("/abc/lonely");
    world.put("/abc/k", "one");
    world.del("/abc/k");
    EXPECT_EQ(pass(1).erased, 1u);
    EXPECT_EQ(versions(), (names{"k*", "k"}));
}

TEST_F(lifecycle, null_versions_of_a_suspended_bucket_go_too) {
    world.put("/abc/k", "null");
    keep_versions();
    world.put("/abc/k", "numbered");
    keep_versions("Suspended");
    ASSERT_EQ(set_rules(rule(days(1) + "<NoncurrentVersionExpiration><NoncurrentDays>1"
                                       "</NoncurrentDays></NoncurrentVersionExpiration>"))
                  .status,
              200u);
    world.put("/abc/k", "null again");
    for (int i = 0; i < 4; ++i) {
        world.clock.advance(48h);
        pass(1);
    }
    EXPECT_EQ(versions(), names{});
}

TEST_F(lifecycle, incomplete_uploads_are_aborted) {
    ASSERT_EQ(set_rules(rule("<AbortIncompleteMultipartUpload><DaysAfterInitiation>2"
                             "</DaysAfterInitiation></AbortIncompleteMultipartUpload>",
                             "abort", "in/"))
                  .status,
              200u);
    auto const begun = world.post("/abc/in/a?uploads", "");
    EXPECT_EQ(begun.header("x-amz-abort-date"), "Sun, 04 Jan 2026 00:00:00 GMT");
    EXPECT_EQ(begun.header("x-amz-abort-rule-id"), "abort");
    auto const parts = world.get("/abc/in/a?uploadId=" + begun.element("UploadId"));
    EXPECT_EQ(parts.header("x-amz-abort-rule-id"), "abort");
    for (auto const* key : {"in/b", "in/c", "out/a"})
        world.post(std::string("/abc/") + key + "?uploads", "");
    EXPECT_EQ(pass().aborted, 0u);
    world.clock.advance(72h);
    world.post("/abc/in/young?uploads", "");
    EXPECT_EQ(pass().aborted, 3u);
    EXPECT_EQ(world.get("/abc?uploads").elements("Key"), (names{"in/young", "out/a"}));
    EXPECT_EQ(deletions().size(), 3u);
}

TEST_F(lifecycle, an_object_that_came_meanwhile_stays) {
    ASSERT_EQ(set_rules(rule(days(1))).status, 200u);
    world.put("/abc/a", "old");
    world.put("/abc/b", "old");
    world.clock.advance(48h);
    // The second time it asks, the page was listed and nothing is removed yet.
    meddling_clock const clock(world.clock, 2, [&] { world.put("/abc/a", "new"); });
    auto const counted = pass(10, &clock);
    EXPECT_EQ(counted.expired, 1u);
    EXPECT_EQ(counted.refused, 0u);
    EXPECT_EQ(world.keys("abc"), names{"a"});
    EXPECT_EQ(world.get("/abc/a").body, "new");
}

TEST_F(lifecycle, buckets_that_go_meanwhile_do_no_harm) {
    ASSERT_EQ(set_rules(rule(days(1))).status, 200u);
    world.put("/xyz", "");
    std::string const document =
        "<LifecycleConfiguration>" + rule(days(1)) + "</LifecycleConfiguration>";
    ASSERT_EQ(set("/xyz?lifecycle", document).status, 200u);
    world.put("/xyz/k", "x");
    world.clock.advance(48h);
    meddling_clock const clock(world.clock, 2, [&] { world.del("/abc"); });
    EXPECT_EQ(pass(10, &clock).expired, 1u);
    EXPECT_EQ(world.keys("xyz"), names{});
}

TEST_F(lifecycle, locked_versions_stay_and_the_others_go) {
    ASSERT_EQ(world.put("/locked", "", {{"x-amz-bucket-object-lock-enabled", "true"}}).status, 200u);
    std::string const document =
        "<LifecycleConfiguration>" +
        rule("<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>"
             "</NoncurrentVersionExpiration>") +
        "</LifecycleConfiguration>";
    ASSERT_EQ(set("/locked?lifecycle", document).status, 200u);
    header_list const held{{"x-amz-object-lock-legal-hold", "ON"},
                           {"Content-MD5", md5_header("held")}};
    ASSERT_EQ(world.put("/locked/k", "held", held).status, 200u);
    ASSERT_EQ(world.put("/locked/k", "free").status, 200u);
    ASSERT_EQ(world.put("/locked/k", "newest").status, 200u);
    world.clock.advance(72h);
    auto const counted = pass(10);
    EXPECT_EQ(counted.erased, 1u);
    EXPECT_EQ(counted.refused, 1u);
    EXPECT_EQ(world.get("/locked?versions").elements("VersionId").size(), 2u);
    EXPECT_EQ(pass(10).refused, 1u) << "each pass tries once";
}

TEST_F(lifecycle, events_tell_it_from_deletions) {
    bucket_settings settings;
    settings.notifications = {{"n", false, "arn:aws:sns:us-east-1:0:t",
                               {"s3:LifecycleExpiration:*"}, "", ""}};
    store::bucket_info bucket;
    bucket.name = "abc";
    bucket.settings = encode(settings);
    store::object_stat object;
    object.key = "k";
    std::function<result<std::uint64_t>()> const sequence = [] { return std::uint64_t{1}; };
    auto const self = auth::system_caller(world.door(), "s3");
    auto const told = [&](store::object_announcer const& announce, store::object_happening what) {
        auto const records =
            announce({bucket, what, object, sequence, world.clock.now()}).value();
        return records.empty() ? std::string() : records.front().value;
    };
    auto const expired = expiry_announcer_of(world.door(), self, world.front);
    EXPECT_NE(told(expired, store::object_happening::removed)
                  .find("\"eventName\":\"LifecycleExpiration:Delete\""),
              std::string::npos);
    EXPECT_NE(told(expired, store::object_happening::marker_put)
                  .find("\"eventName\":\"LifecycleExpiration:DeleteMarkerCreated\""),
              std::string::npos);
    auto const deleted = announcer_of(world.door(), self, world.front, "Put");
    EXPECT_EQ(told(deleted, store::object_happening::removed), "");
}

TEST_F(lifecycle, stored_rules_do_not_bind_it_and_it_has_no_others_rights) {
    ASSERT_EQ(set_rules(rule(days(1))).status, 200u);
    world.put("/abc/a", "old");
    auto const boss = world.door().control_socket_caller();
    world.run(world.door().admin().put_rule(boss, "deny anyone delete on abc/*")).value();
    world.clock.advance(48h);
    EXPECT_EQ(pass().expired, 1u);

    auto const self = auth::system_caller(world.door(), "s3");
    world.put("/abc/b", "bytes");
    EXPECT_FALSE(world.run(world.door().objects().open(self, "abc", "b")).has_value());
    EXPECT_FALSE(world.run(world.door().buckets().remove(self, "abc")).has_value());
    EXPECT_FALSE(world.run(world.door().buckets().create(self, "new")).has_value());
    EXPECT_FALSE(world.run(world.door().buckets().change_settings(self, "abc", "")).has_value());
    auth::guarded_admin::new_principal someone;
    someone.name = "someone";
    EXPECT_FALSE(world.run(world.door().admin().add_principal(self, someone)).has_value());
}

}  // namespace
}  // namespace sluice::s3
