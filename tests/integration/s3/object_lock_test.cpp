// Object lock through the front: what may not be erased, by whom, and until when.
#include <gtest/gtest.h>

#include <chrono>

#include "protocols/http/date.hpp"
#include "auth/guard/guarded_policies.hpp"
#include "tests/integration/s3/s3_world.hpp"

namespace sluice::s3 {
namespace {

using namespace std::chrono_literals;

class object_locks : public testing::Test {
protected:
    object_locks() {
        EXPECT_EQ(world.put("/locked", "", {{"x-amz-bucket-object-lock-enabled", "true"}}).status,
                  200u);
        world.put("/plain", "");
    }
    s3_reply set(std::string const& target, std::string const& document, header_list headers = {}) {
        headers.emplace_back("Content-MD5", md5_header(document));
        return world.put(target, document, std::move(headers));
    }
    std::string in(std::chrono::milliseconds from_now) {
        return http::iso_date(
            unix_millis{to_underlying(world.clock.now()) + std::int64_t{from_now.count()}});
    }
    std::string retention(std::string const& mode, std::chrono::milliseconds from_now) {
        return "<Retention><Mode>" + mode + "</Mode><RetainUntilDate>" + in(from_now) +
               "</RetainUntilDate></Retention>";
    }
    // Of the put; "" when it was refused.
    std::string put(std::string const& key, header_list headers = {}) {
        headers.emplace_back("Content-MD5", md5_header("bytes"));
        return world.put("/locked/" + key, "bytes", std::move(headers)).header("x-amz-version-id");
    }
    std::string retained(std::string const& key, std::string const& mode,
                         std::chrono::milliseconds for_as_long) {
        return put(key, {{"x-amz-object-lock-mode", mode},
                         {"x-amz-object-lock-retain-until-date", in(for_as_long)}});
    }
    s3_reply erase(std::string const& key, std::string const& version, header_list headers = {}) {
        return world.del("/locked/" + key + "?versionId=" + version, std::move(headers));
    }
    void expect_locked(s3_reply const& reply) {
        EXPECT_EQ(reply.status, 403u);
        EXPECT_EQ(reply.code(), "AccessDenied");
        EXPECT_EQ(reply.element("Message"),
                  "Access Denied because object protected by object lock.");
    }
    std::string default_of(std::string const& rule) {
        return "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>" + rule +
               "</ObjectLockConfiguration>";
    }
    std::string rule(std::string const& inner) {
        return "<Rule><DefaultRetention>" + inner + "</DefaultRetention></Rule>";
    }
    s3_world world;
    header_list const bypass{{"x-amz-bypass-governance-retention", "true"}};
};

TEST_F(object_locks, make_a_bucket_that_keeps_versions_for_good) {
    EXPECT_EQ(world.get("/locked?versioning").element("Status"), "Enabled");
    EXPECT_EQ(world.get("/locked?object-lock").element("ObjectLockEnabled"), "Enabled");
    std::string const suspended =
        "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
    auto const refused = set("/locked?versioning", suspended);
    EXPECT_EQ(refused.status, 409u);
    EXPECT_EQ(refused.code(), "InvalidBucketState");
    EXPECT_EQ(set("/plain?object-lock", default_of("")).code(), "InvalidBucketState");
    EXPECT_EQ(world.get("/plain?object-lock").code(), "ObjectLockConfigurationNotFoundError");
    ASSERT_EQ(set("/plain?versioning", suspended).status, 200u);
    EXPECT_EQ(set("/plain?object-lock", default_of("")).code(), "InvalidBucketState");
    ASSERT_EQ(set("/plain?versioning",
                  "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
                  .status,
              200u);
    EXPECT_EQ(set("/plain?object-lock", default_of("")).status, 200u);
    EXPECT_EQ(set("/plain?versioning", suspended).code(), "InvalidBucketState");
    EXPECT_EQ(world.put("/locked", "", {{"x-amz-bucket-object-lock-enabled", "true"}}).code(),
              "BucketAlreadyOwnedByYou");
    EXPECT_EQ(world.put("/odd", "", {{"x-amz-bucket-object-lock-enabled", "maybe"}}).code(),
              "InvalidArgument");
}

TEST_F(object_locks, take_defaults_that_are_right) {
    EXPECT_EQ(set("/locked?object-lock",
                  default_of(rule("<Mode>GOVERNANCE</Mode><Days>3</Days>"))).status,
              200u);
    auto const shown = world.get("/locked?object-lock");
    EXPECT_EQ(shown.element("Mode"), "GOVERNANCE");
    EXPECT_EQ(shown.element("Days"), "3");
    for (auto const& [document, code] : header_list{
             {default_of(rule("<Mode>GOVERNANCE</Mode><Days>3</Days><Years>1</Years>")),
              "MalformedXML"},
             {default_of(rule("<Mode>GOVERNANCE</Mode>")), "MalformedXML"},
             {default_of(rule("<Days>3</Days>")), "MalformedXML"},
             {default_of(rule("<Mode>KIND</Mode><Days>3</Days>")), "MalformedXML"},
             {default_of(rule("<Mode>COMPLIANCE</Mode><Days>x</Days>")), "MalformedXML"},
             {default_of(rule("<Mode>COMPLIANCE</Mode><Days>0</Days>")), "InvalidArgument"},
             {default_of(rule("<Mode>COMPLIANCE</Mode><Years>101</Years>")), "InvalidArgument"},
             {"<ObjectLockConfiguration/>", "MalformedXML"},
             {"<ObjectLockConfiguration><ObjectLockEnabled>Off</ObjectLockEnabled>"
              "</ObjectLockConfiguration>",
              "MalformedXML"}})
        EXPECT_EQ(set("/locked?object-lock", document).code(), code) << document;
    EXPECT_EQ(world.put("/locked?object-lock", default_of("")).code(), "InvalidRequest");
    EXPECT_EQ(world.get("/locked?object-lock").element("Days"), "3");
    EXPECT_EQ(set("/locked?object-lock", default_of("")).status, 200u);
    EXPECT_EQ(world.get("/locked?object-lock").element("Mode"), "");
}

TEST_F(object_locks, hold_a_version_until_its_time_has_come) {
    auto const version = retained("k", "COMPLIANCE", 60s);
    ASSERT_NE(version, "");
    auto const head = world.send({"HEAD", "/locked/k"});
    EXPECT_EQ(head.header("x-amz-object-lock-mode"), "COMPLIANCE");
    EXPECT_EQ(head.header("x-amz-object-lock-retain-until-date"), in(60s));
    EXPECT_EQ(head.header("x-amz-object-lock-legal-hold"), "");
    expect_locked(erase("k", version));
    expect_locked(erase("k", version, bypass));
    auto const hidden = world.del("/locked/k");
    EXPECT_EQ(hidden.status, 204u) << "a delete marker hides it";
    EXPECT_EQ(erase("k", hidden.header("x-amz-version-id")).status, 204u);
    EXPECT_NE(put("k"), "") << "and a new version goes over it";
    EXPECT_EQ(world.get("/locked/k?versionId=" + version).body, "bytes");
    world.clock.advance(60s);
    EXPECT_EQ(erase("k", version).status, 204u);
    EXPECT_EQ(world.get("/locked/k?versionId=" + version).code(), "NoSuchVersion");
}

TEST_F(object_locks, cannot_be_bypassed_where_there_are_none) {
    world.put("/plain/k", "x");
    for (auto const* value : {"true", "false"})
        EXPECT_EQ(world.del("/plain/k", {{"x-amz-bypass-governance-retention", value}}).code(),
                  "InvalidArgument");
    EXPECT_EQ(world.get("/plain/k").status, 200u);
    EXPECT_EQ(world.del("/absent/k", {{"x-amz-bypass-governance-retention", "true"}}).code(),
              "NoSuchBucket");
}

TEST_F(object_locks, under_governance_give_way_to_who_may) {
    auto const version = retained("k", "GOVERNANCE", 1h);
    auto const other = retained("other", "GOVERNANCE", 1h);
    expect_locked(erase("k", version));
    EXPECT_EQ(world.del("/locked/k?versionId=" + version,
                        {{"x-amz-bypass-governance-retention", "perhaps"}})
                  .code(),
              "InvalidArgument");
    auto const root = world.who;
    world.who = world.add_user("anna", {"allow anna delete_version on locked/*",
                                        "allow anna update on locked/*",
                                        "allow anna list on locked"});
    expect_locked(erase("k", version, bypass));
    expect_locked(set("/locked/k?retention&versionId=" + version, "<Retention/>", bypass));
    world.who = world.add_user("otto", {"allow otto delete_version,bypass_retention on locked/*"});
    expect_locked(erase("k", version));
    EXPECT_EQ(erase("k", version, bypass).status, 204u);
    world.who = root;
    EXPECT_EQ(erase("other", other, bypass).status, 204u);
    auto const records = world.audit();
    auto const recorded = [&](std::string const& what) {
        return std::count_if(records.begin(), records.end(), [&](std::string const& record) {
            return record.find("\"bypass_retention\"") != std::string::npos &&
                   record.find(what) != std::string::npos;
        });
    };
    EXPECT_EQ(recorded("\"otto\""), 1);
    EXPECT_EQ(recorded("\"anna\""), 0);
    EXPECT_EQ(recorded("locked/other"), 1);
}

TEST_F(object_locks, are_lengthened_by_all_and_shortened_by_few) {
    auto const version = retained("k", "GOVERNANCE", 1h);
    auto const to = [&](std::string const& document, header_list headers = {}) {
        return set("/locked/k?retention", document, std::move(headers));
    };
    EXPECT_EQ(to(retention("GOVERNANCE", 2h)).status, 200u);
    EXPECT_EQ(world.get("/locked/k?retention").element("RetainUntilDate"), in(2h));
    expect_locked(to(retention("GOVERNANCE", 1h)));
    expect_locked(to(retention("COMPLIANCE", 3h)));
    expect_locked(to("<Retention/>"));
    EXPECT_EQ(to(retention("GOVERNANCE", 1h), bypass).status, 200u);
    EXPECT_EQ(to("<Retention/>", bypass).status, 200u);
    EXPECT_EQ(world.get("/locked/k?retention").code(), "NoSuchObjectLockConfiguration");
    EXPECT_EQ(to(retention("COMPLIANCE", 1h)).status, 200u);
    EXPECT_EQ(to(retention("COMPLIANCE", 2h)).status, 200u);
    expect_locked(to(retention("COMPLIANCE", 1h), bypass));
    expect_locked(to(retention("GOVERNANCE", 3h), bypass));
    expect_locked(to("<Retention/>", bypass));
    world.clock.advance(2h);
    EXPECT_EQ(to(retention("GOVERNANCE", 1h)).status, 200u) << "the old one is over";
    EXPECT_EQ(to(retention("GOVERNANCE", -1s)).code(), "InvalidArgument");
    EXPECT_EQ(to(retention("STRICT", 1h)).code(), "MalformedXML");
    EXPECT_EQ(to("<Retention><Mode>GOVERNANCE</Mode></Retention>").code(), "MalformedXML");
    EXPECT_EQ(world.put("/locked/k?retention", retention("GOVERNANCE", 9h)).code(),
              "InvalidRequest");
    EXPECT_EQ(set("/locked/nobody?retention", retention("GOVERNANCE", 9h)).code(), "NoSuchKey");
    static_cast<void>(version);
}

TEST_F(object_locks, hold_until_the_hold_is_lifted) {
    auto const version = put("k", {{"x-amz-object-lock-legal-hold", "ON"}});
    ASSERT_NE(version, "");
    EXPECT_EQ(world.send({"HEAD", "/locked/k"}).header("x-amz-object-lock-legal-hold"), "ON");
    expect_locked(erase("k", version, bypass));
    world.clock.advance(24h * 365);
    expect_locked(erase("k", version));
    EXPECT_EQ(world.get("/locked/k?legal-hold").element("Status"), "ON");
    EXPECT_EQ(set("/locked/k?legal-hold", "<LegalHold><Status>MAYBE</Status></LegalHold>").code(),
              "MalformedXML");
    EXPECT_EQ(set("/locked/k?legal-hold", "<LegalHold><Status>OFF</Status></LegalHold>").status,
              200u);
    EXPECT_EQ(world.get("/locked/k?legal-hold").element("Status"), "OFF");
    EXPECT_EQ(erase("k", version).status, 204u);
    put("free");
    EXPECT_EQ(world.get("/locked/free?legal-hold").code(), "NoSuchObjectLockConfiguration");
}

TEST_F(object_locks, need_a_bucket_that_has_them) {
    world.put("/plain/k", "x");
    EXPECT_EQ(world.get("/plain/k?retention").element("Message"),
              "Bucket is missing Object Lock Configuration");
    EXPECT_EQ(world.get("/plain/k?legal-hold").code(), "InvalidRequest");
    EXPECT_EQ(set("/plain/k?retention", retention("GOVERNANCE", 1h)).code(), "InvalidRequest");
    EXPECT_EQ(set("/plain/k?legal-hold", "<LegalHold><Status>ON</Status></LegalHold>").code(),
              "InvalidRequest");
    header_list const hold{{"x-amz-object-lock-legal-hold", "OFF"},
                           {"Content-MD5", md5_header("x")}};
    EXPECT_EQ(world.put("/plain/k", "x", hold).code(), "InvalidRequest");
    EXPECT_EQ(world.post("/plain/k?uploads", "", {hold.front()}).code(), "InvalidRequest");
    EXPECT_EQ(world.put("/plain/c", "", {{"x-amz-copy-source", "/plain/k"}, hold.front()}).code(),
              "InvalidRequest");
}

TEST_F(object_locks, of_a_put_are_checked) {
    auto const mode = std::pair<std::string, std::string>("x-amz-object-lock-mode", "GOVERNANCE");
    auto const until = [&](std::string value) {
        return std::pair<std::string, std::string>("x-amz-object-lock-retain-until-date",
                                                   std::move(value));
    };
    auto const refused = [&](header_list headers) {
        headers.emplace_back("Content-MD5", md5_header("x"));
        return world.put("/locked/k", "x", std::move(headers)).code();
    };
    EXPECT_EQ(refused({mode}), "InvalidArgument");
    EXPECT_EQ(refused({until(in(1h))}), "InvalidArgument");
    EXPECT_EQ(refused({mode, until("tomorrow")}), "InvalidArgument");
    EXPECT_EQ(refused({mode, until(in(-1s))}), "InvalidArgument");
    EXPECT_EQ(refused({{"x-amz-object-lock-mode", "STRICT"}, until(in(1h))}), "InvalidArgument");
    EXPECT_EQ(refused({{"x-amz-object-lock-legal-hold", "on"}}), "InvalidArgument");
    EXPECT_EQ(world.put("/locked/k", "x", {mode, until(in(1h))}).code(), "InvalidRequest")
        << "without a digest";
    EXPECT_EQ(world.get("/locked/k").code(), "NoSuchKey");
}

TEST_F(object_locks, come_from_the_buckets_default) {
    ASSERT_EQ(set("/locked?object-lock",
                  default_of(rule("<Mode>COMPLIANCE</Mode><Days>2</Days>"))).status,
              200u);
    EXPECT_EQ(world.put("/locked/k", "x").code(), "InvalidRequest") << "without a digest";
    auto const version = put("k");
    EXPECT_EQ(world.get("/locked/k?retention").element("RetainUntilDate"), in(48h));
    EXPECT_EQ(world.get("/locked/k?retention").element("Mode"), "COMPLIANCE");
    auto const own = retained("own", "GOVERNANCE", 1h);
    EXPECT_EQ(world.get("/locked/own?retention").element("Mode"), "GOVERNANCE");
    expect_locked(erase("k", version));

    ASSERT_EQ(world.put("/locked/copy", "", {{"x-amz-copy-source", "/locked/own"}}).status, 200u);
    EXPECT_EQ(world.get("/locked/copy?retention").element("Mode"), "COMPLIANCE")
        << "a copy has none of its source's";
    auto const upload = world.post("/locked/m?uploads", "").element("UploadId");
    auto const part = world.put("/locked/m?partNumber=1&uploadId=" + upload, "part");
    world.clock.advance(1h);
    auto const done = world.post(
        "/locked/m?uploadId=" + upload,
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" + part.header("ETag") +
            "</ETag></Part></CompleteMultipartUpload>");
    ASSERT_EQ(done.status, 200u) << done.body;
    EXPECT_EQ(world.get("/locked/m?retention").element("RetainUntilDate"), in(48h));
    expect_locked(erase("m", done.header("x-amz-version-id")));
}

TEST_F(object_locks, are_named_when_an_upload_begins) {
    auto const began = world.post("/locked/m?uploads", "",
                                  {{"x-amz-object-lock-mode", "GOVERNANCE"},
                                   {"x-amz-object-lock-retain-until-date", in(1h)},
                                   {"x-amz-object-lock-legal-hold", "ON"}});
    auto const id = began.element("UploadId");
    ASSERT_NE(id, "") << began.body;
    auto const target = "/locked/m?partNumber=1&uploadId=" + id;
    EXPECT_EQ(world.put(target, "part").code(), "InvalidRequest") << "without a digest";
    auto const part = world.put(target, "part", {{"Content-MD5", md5_header("part")}});
    auto const done = world.post(
        "/locked/m?uploadId=" + id,
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" + part.header("ETag") +
            "</ETag></Part></CompleteMultipartUpload>");
    ASSERT_EQ(done.status, 200u) << done.body;
    auto const head = world.send({"HEAD", "/locked/m"});
    EXPECT_EQ(head.header("x-amz-object-lock-mode"), "GOVERNANCE");
    EXPECT_EQ(head.header("x-amz-object-lock-legal-hold"), "ON");
    EXPECT_EQ(world.post("/locked/n?uploads", "",
                         {{"x-amz-object-lock-mode", "GOVERNANCE"},
                          {"x-amz-object-lock-retain-until-date", in(-1h)}})
                  .code(),
              "InvalidArgument");
}

TEST_F(object_locks, are_looked_at_key_by_key_when_many_are_deleted) {
    auto const held = retained("held", "GOVERNANCE", 1h);
    auto const free = put("free");
    auto const remove = [&](header_list headers = {}) {
        auto const document = "<Delete><Object><Key>held</Key><VersionId>" + held +
                              "</VersionId></Object><Object><Key>free</Key><VersionId>" + free +
                              "</VersionId></Object></Delete>";
        headers.emplace_back("Content-MD5", md5_header(document));
        return world.post("/locked?delete", document, std::move(headers));
    };
    auto const first = remove();
    EXPECT_EQ(first.elements("Code"), std::vector<std::string>{"AccessDenied"});
    EXPECT_EQ(first.element("Message"), "Access Denied because object protected by object lock.");
    EXPECT_EQ(world.get("/locked/free?versionId=" + free).code(), "NoSuchVersion");
    EXPECT_EQ(world.get("/locked/held?versionId=" + held).body, "bytes");
    EXPECT_EQ(remove(bypass).elements("Code"), std::vector<std::string>{});
    EXPECT_EQ(world.get("/locked/held?versionId=" + held).code(), "NoSuchVersion");
}

// What a put says of the lock is what policies are told.
TEST_F(object_locks, are_known_to_policies) {
    auto const alice = world.add_user("alice");
    auto const boss = world.door().control_socket_caller();
    auto const allow = [&](std::string const& condition) {
        auth::guarded_policies::identity_policy policy{
            "alice", "p",
            R"({"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":)" +
                condition + "}}"};
        ASSERT_TRUE(world.run(world.door().policies().put(boss, std::move(policy))).has_value());
    };
    auto const root = world.who;
    world.who = alice;
    allow(R"({"StringEquals":{"s3:object-lock-mode":"GOVERNANCE"}})");
    EXPECT_EQ(put("a"), "");
    EXPECT_EQ(retained("a", "COMPLIANCE", 24h), "");
    EXPECT_NE(retained("a", "GOVERNANCE", 24h), "");
    EXPECT_EQ(set("/locked/a?retention", retention("COMPLIANCE", 48h)).code(), "AccessDenied");
    EXPECT_EQ(set("/locked/a?retention", retention("GOVERNANCE", 48h)).status, 200u);
    allow(R"({"NumericLessThanEquals":{"s3:object-lock-remaining-retention-days":"3"}})");
    EXPECT_NE(retained("b", "GOVERNANCE", 72h), "");
    EXPECT_EQ(retained("b", "GOVERNANCE", 73h), "");
    EXPECT_EQ(put("b"), "");
    EXPECT_EQ(set("/locked/b?retention", retention("GOVERNANCE", 96h)).code(), "AccessDenied");
    allow(R"({"DateLessThan":{"s3:object-lock-retain-until-date":")" + in(100h) + R"("}})");
    EXPECT_NE(retained("c", "GOVERNANCE", 99h), "");
    EXPECT_EQ(retained("c", "GOVERNANCE", 101h), "");
    allow(R"({"StringEquals":{"s3:object-lock-legal-hold":"ON"}})");
    EXPECT_NE(put("d", {{"x-amz-object-lock-legal-hold", "ON"}}), "");
    EXPECT_EQ(put("d", {{"x-amz-object-lock-legal-hold", "OFF"}}), "");
    EXPECT_EQ(set("/locked/d?legal-hold", "<LegalHold><Status>OFF</Status></LegalHold>").code(),
              "AccessDenied");
    EXPECT_EQ(set("/locked/d?legal-hold", "<LegalHold><Status>ON</Status></LegalHold>").status, 200u);
    allow(R"({"NumericGreaterThanEquals":{"s3:TlsVersion":"1.3"}})");
    EXPECT_NE(put("e"), "");
    world.tls_version = "1.2";
    EXPECT_EQ(put("e"), "");
    world.tls = false;
    EXPECT_EQ(put("e"), "");
    world.who = root;
}

}  // namespace
}  // namespace sluice::s3
