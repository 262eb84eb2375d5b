#include <gtest/gtest.h>

#include <algorithm>

#include "tests/integration/s3/s3_world.hpp"

namespace sluice::s3 {
namespace {

class bucket_configurations : public testing::Test {
protected:
    bucket_configurations() { world.put("/abc", ""); }
    s3_reply set(std::string const& target, std::string const& document) {
        return world.put(target, document, {{"Content-MD5", md5_header(document)}});
    }
    std::string owner() { return world.get("/abc?acl").element("ID"); }
    std::string policy(std::string const& grant) {
        return "<AccessControlPolicy><Owner><ID>" + owner() + "</ID></Owner><AccessControlList>" +
               grant + "</AccessControlList></AccessControlPolicy>";
    }
    std::string grant(std::string const& grantee, std::string const& permission) {
        return "<Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" " +
               grantee + "</Grantee><Permission>" + permission + "</Permission></Grant>";
    }
    s3_world world;
};

std::string tagging(std::string const& tags) {
    return "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet>" + tags +
           "</TagSet></Tagging>";
}
constexpr char one_tag[] = "<Tag><Key>stage</Key><Value>test</Value></Tag>";

TEST_F(bucket_configurations, have_tags) {
    auto const none = world.get("/abc?tagging");
    EXPECT_EQ(none.status, 404u);
    EXPECT_EQ(none.code(), "NoSuchTagSet");
    EXPECT_EQ(none.element("BucketName"), "abc");
    EXPECT_EQ(set("/abc?tagging", tagging(one_tag)).status, 204u);
    EXPECT_EQ(world.get("/abc?tagging").elements("Key"), std::vector<std::string>{"stage"});
    EXPECT_EQ(set("/abc?tagging", tagging("<Tag><Key>b</Key><Value/></Tag>")).status, 204u);
    EXPECT_EQ(world.get("/abc?tagging").elements("Key"), std::vector<std::string>{"b"});
    EXPECT_EQ(world.del("/abc?tagging").status, 204u);
    EXPECT_EQ(world.get("/abc?tagging").code(), "NoSuchTagSet");
    EXPECT_EQ(world.del("/abc?tagging").status, 204u);
}

TEST_F(bucket_configurations, are_refused_when_their_documents_are_wrong) {
    EXPECT_EQ(world.put("/abc?tagging", tagging(one_tag)).code(), "InvalidRequest");
    EXPECT_EQ(world.put("/abc?tagging", tagging(one_tag), {{"Content-MD5", md5_header("other")}})
                  .code(),
              "BadDigest");
    EXPECT_EQ(world.put("/abc?tagging", tagging(one_tag), {{"x-amz-checksum-crc32", "AAAAAA=="}})
                  .code(),
              "BadDigest");
    EXPECT_EQ(set("/abc?tagging", "").code(), "MalformedXML");
    EXPECT_EQ(set("/abc?tagging", "<Tagging/>").code(), "MalformedXML");
    EXPECT_EQ(set("/abc?tagging", "<CORSConfiguration/>").code(), "MalformedXML");
    EXPECT_EQ(set("/abc?tagging", tagging("<Tag><Key>aws:a</Key><Value/></Tag>")).code(),
              "InvalidTag");
    EXPECT_EQ(set("/abc?cors", "<CORSConfiguration/>").code(), "MalformedXML");
    EXPECT_EQ(set("/abc?cors", std::string(70'000, ' ')).code(), "MaxMessageLengthExceeded");
    EXPECT_EQ(world.get("/abc?tagging").code(), "NoSuchTagSet");
    EXPECT_EQ(world.send({"GET", "/abc?tagging", "body"}).code(), "UnexpectedContent");
}

TEST_F(bucket_configurations, are_kept_apart) {
    std::string const block =
        "<PublicAccessBlockConfiguration><BlockPublicAcls>TRUE</BlockPublicAcls>"
        "<RestrictPublicBuckets>false</RestrictPublicBuckets></PublicAccessBlockConfiguration>";
    EXPECT_EQ(world.get("/abc?publicAccessBlock").code(), "NoSuchPublicAccessBlockConfiguration");
    EXPECT_EQ(set("/abc?publicAccessBlock", block).status, 200u);
    EXPECT_EQ(set("/abc?tagging", tagging(one_tag)).status, 204u);
    EXPECT_EQ(world.get("/abc?publicAccessBlock").element("BlockPublicAcls"), "true");
    EXPECT_EQ(world.get("/abc?publicAccessBlock").element("BlockPublicPolicy"), "false");
    EXPECT_EQ(world.del("/abc?publicAccessBlock").status, 204u);
    EXPECT_EQ(world.get("/abc?publicAccessBlock").code(), "NoSuchPublicAccessBlockConfiguration");
    EXPECT_EQ(world.get("/abc?tagging").elements("Value"), std::vector<std::string>{"test"});
    EXPECT_EQ(set("/abc?publicAccessBlock", "<PublicAccessBlockConfiguration/>").code(),
              "InvalidRequest");
    EXPECT_EQ(set("/abc?publicAccessBlock",
                  "<PublicAccessBlockConfiguration><BlockPublicAcls>maybe</BlockPublicAcls>"
                  "</PublicAccessBlockConfiguration>")
                  .code(),
              "MalformedXML");
}

TEST_F(bucket_configurations, do_not_overwrite_what_changed_meanwhile) {
    auto const root = world.root();
    auto& buckets = world.door().buckets();
    auto const before = world.run(buckets.head(root, "abc")).value();
    ASSERT_EQ(set("/abc?tagging", tagging(one_tag)).status, 204u);
    auto const late = world.run(buckets.change_settings(root, "abc", "", before.changed));
    ASSERT_TRUE(late.has_error());
    EXPECT_EQ(late.error().code, error::conflict);
    EXPECT_EQ(world.get("/abc?tagging").elements("Key"), std::vector<std::string>{"stage"});
    auto const now = world.run(buckets.head(root, "abc")).value();
    EXPECT_TRUE(world.run(buckets.change_settings(root, "abc", "", now.changed)));
    EXPECT_EQ(world.get("/abc?tagging").code(), "NoSuchTagSet");
}

TEST_F(bucket_configurations, that_a_later_version_wrote_are_left_alone) {
    auto const root = world.root();
    auto& buckets = world.door().buckets();
    ASSERT_TRUE(world.run(buckets.change_settings(root, "abc", "\x02later")));
    EXPECT_EQ(world.get("/abc?tagging").code(), "NotImplemented");
    EXPECT_EQ(set("/abc?tagging", tagging(one_tag)).code(), "NotImplemented");
    EXPECT_EQ(world.run(buckets.head(root, "abc")).value().settings, "\x02later");
    ASSERT_TRUE(world.run(buckets.change_settings(root, "abc", "\x01\x63")));
    EXPECT_EQ(world.get("/abc?tagging").code(), "InternalError");
}

TEST_F(bucket_configurations, come_with_a_new_bucket) {
    std::string const document = "<CreateBucketConfiguration><Tags>" + std::string(one_tag) +
                                 "</Tags></CreateBucketConfiguration>";
    EXPECT_EQ(world.put("/tagged", document).status, 200u);
    EXPECT_EQ(world.get("/tagged?tagging").element("Value"), "test");
    EXPECT_EQ(world.put("/tagged", document).code(), "BucketAlreadyOwnedByYou");
    EXPECT_EQ(world.put("/tagged", "").status, 200u);
    EXPECT_EQ(world.put("/new", "", {{"x-amz-acl", "public-read"}}).code(),
              "InvalidBucketAclWithObjectOwnership");
}

TEST_F(bucket_configurations, show_the_one_acl_there_is) {
    ASSERT_EQ(world.put("/abc/k", "x").status, 200u);
    for (auto const* target : {"/abc?acl", "/abc/k?acl"}) {
        auto const reply = world.get(target);
        EXPECT_EQ(reply.status, 200u) << target;
        EXPECT_EQ(reply.elements("ID"), std::vector<std::string>(2, owner()));
        EXPECT_EQ(reply.elements("Permission"), std::vector<std::string>{"FULL_CONTROL"});
        EXPECT_NE(reply.body.find("xsi:type=\"CanonicalUser\""), std::string::npos);
    }
    EXPECT_EQ(world.get("/abc/missing?acl").code(), "NoSuchKey");
    EXPECT_EQ(set("/abc/missing?acl", policy("")).code(), "NoSuchKey");
}

TEST_F(bucket_configurations, take_no_other_acl) {
    ASSERT_EQ(world.put("/abc/k", "x").status, 200u);
    auto const mine = grant("xsi:type=\"CanonicalUser\"><ID>" + owner() + "</ID>", "FULL_CONTROL");
    auto const group = grant("xsi:type=\"Group\"><URI>http://acs/AllUsers</URI>", "READ");
    for (std::string const target : {"/abc?acl", "/abc/k?acl"}) {
        EXPECT_EQ(world.put(target, "", {{"x-amz-acl", "private"}}).status, 200u);
        EXPECT_EQ(world.put(target, "", {{"x-amz-acl", "bucket-owner-full-control"}}).status, 200u);
        EXPECT_EQ(set(target, policy(mine)).status, 200u);
        // S3 wants no digest of an ACL, and there are clients that send none.
        EXPECT_EQ(world.put(target, policy(mine)).status, 200u);
        for (auto const& other :
             {group, mine + group, std::string(), mine + mine,
              grant("><ID>" + owner() + "</ID>", "READ"),
              grant("><EmailAddress>a@b</EmailAddress>", "FULL_CONTROL")})
            EXPECT_EQ(set(target, policy(other)).code(), "AccessControlListNotSupported") << other;
        auto const refused = world.put(target, "", {{"x-amz-acl", "public-read"}});
        EXPECT_EQ(refused.status, 400u);
        EXPECT_EQ(refused.code(), "AccessControlListNotSupported");
        EXPECT_EQ(world.put(target, "", {{"x-amz-grant-read", "id=1"}}).code(),
                  "AccessControlListNotSupported");
        EXPECT_EQ(world.put(target, "", {{"x-amz-acl", "nonsense"}}).code(), "InvalidArgument");
        EXPECT_EQ(world.put(target, "").code(), "MissingSecurityHeader");
        EXPECT_EQ(set(target, "<AccessControlPolicy/>").code(), "MalformedACLError");
        auto const mixed = grant("xsi:type=\"Group\"><ID>" + owner() + "</ID>", "FULL_CONTROL");
        EXPECT_EQ(set(target, policy(mixed)).code(), "MalformedACLError");
        EXPECT_EQ(world.put(target, policy(mine), {{"x-amz-acl", "private"}}).code(),
                  "UnexpectedContent");
        EXPECT_EQ(world
                      .put(target, "",
                           {{"x-amz-acl", "private"}, {"Content-MD5", md5_header("other")}})
                      .code(),
                  "BadDigest");
    }
}

TEST_F(bucket_configurations, know_three_ownerships) {
    auto const rule = [](std::string const& ownership) {
        return "<OwnershipControls><Rule><ObjectOwnership>" + ownership +
               "</ObjectOwnership></Rule></OwnershipControls>";
    };
    auto const read = [&] { return world.get("/abc?ownershipControls"); };
    EXPECT_EQ(read().element("ObjectOwnership"), "BucketOwnerEnforced");
    for (std::string const other : {"ObjectWriter", "BucketOwnerPreferred"}) {
        EXPECT_EQ(set("/abc?ownershipControls", rule(other)).status, 200u);
        EXPECT_EQ(read().element("ObjectOwnership"), other);
    }
    EXPECT_EQ(set("/abc?ownershipControls", rule("BucketOwnerEnforced")).status, 200u);
    EXPECT_EQ(set("/abc?ownershipControls", rule("Nobody")).code(), "MalformedXML");
    EXPECT_EQ(set("/abc?ownershipControls", "<OwnershipControls/>").code(), "MalformedXML");
    EXPECT_EQ(world.del("/abc?ownershipControls").status, 204u);
    EXPECT_EQ(read().code(), "OwnershipControlsNotFoundError");
    // Without a rule lists count, and then they are in the way of the rule that ends that.
    EXPECT_EQ(world.put("/abc?acl", "", {{"x-amz-acl", "public-read"}}).status, 200u);
    EXPECT_EQ(set("/abc?ownershipControls", rule("BucketOwnerEnforced")).code(),
              "InvalidBucketAclWithObjectOwnership");
    EXPECT_EQ(world.put("/abc?acl", "", {{"x-amz-acl", "private"}}).status, 200u);
    EXPECT_EQ(set("/abc?ownershipControls", rule("BucketOwnerEnforced")).status, 200u);
    EXPECT_EQ(read().element("ObjectOwnership"), "BucketOwnerEnforced");
}

TEST_F(bucket_configurations, take_the_value_without_effect) {
    EXPECT_EQ(world.get("/abc?requestPayment").element("Payer"), "BucketOwner");
    EXPECT_EQ(world.get("/abc?accelerate").element("Status"), "");
    for (auto const* target : {"/abc?accelerate", "/abc?logging", "/abc?notification"})
        EXPECT_EQ(world.get(target).status, 200u) << target;
    struct put {
        std::string target, document, code;
    };
    auto const payer = [](std::string const& who) {
        return "<RequestPaymentConfiguration><Payer>" + who +
               "</Payer></RequestPaymentConfiguration>";
    };
    auto const acceleration = [](std::string const& status) {
        return "<AccelerateConfiguration><Status>" + status +
               "</Status></AccelerateConfiguration>";
    };
    for (auto const& [target, document, code] : std::vector<put>{
             {"/abc?requestPayment", payer("BucketOwner"), ""},
             {"/abc?requestPayment", payer("Requester"), "NotImplemented"},
             {"/abc?requestPayment", payer("Nobody"), "MalformedXML"},
             {"/abc?accelerate", acceleration("Suspended"), ""},
             {"/abc?accelerate", acceleration("Enabled"), "NotImplemented"},
             {"/abc?accelerate", "<AccelerateConfiguration/>", "MalformedXML"},
             {"/abc?logging", "<BucketLoggingStatus/>", ""},
             {"/abc?logging", "<BucketLoggingStatus><LoggingEnabled/></BucketLoggingStatus>",
              "MalformedXML"},
             {"/abc?notification", "<NotificationConfiguration/>", ""},
             {"/abc?notification",
              "<NotificationConfiguration><EventBridgeConfiguration/></NotificationConfiguration>",
              "NotImplemented"},
             {"/abc?notification", "<NotificationConfiguration><X/></NotificationConfiguration>",
              "MalformedXML"}}) {
        auto const reply = set(target, document);
        EXPECT_EQ(reply.code(), code) << document;
        if (code.empty()) EXPECT_EQ(reply.status, 200u);
    }
    EXPECT_EQ(world.get("/abc?accelerate").element("Status"), "Suspended");
}

// What is never there: the code of reading it, and whether it can be deleted all the same.
struct absent {
    std::string query, code;
    bool deletes;
};
std::vector<absent> const all_absent{
    {"policy", "NoSuchBucketPolicy", true},
    {"policyStatus", "NoSuchBucketPolicy", false},
    {"website", "NoSuchWebsiteConfiguration", true},
    {"lifecycle", "NoSuchLifecycleConfiguration", true},
    {"replication", "ReplicationConfigurationNotFoundError", true},
    {"object-lock", "ObjectLockConfigurationNotFoundError", false},
    {"encryption", "ServerSideEncryptionConfigurationNotFoundError", true},
};
std::vector<std::string> const all_kinds{"analytics", "inventory", "metrics",
                                         "intelligent-tiering"};

TEST_F(bucket_configurations, say_what_is_not_there) {
    for (auto const& [query, code, deletes] : all_absent) {
        auto const reply = world.get("/abc?" + query);
        EXPECT_EQ(reply.status, 404u) << query;
        EXPECT_EQ(reply.code(), code);
        EXPECT_EQ(reply.element("BucketName"), "abc");
        if (deletes) EXPECT_EQ(world.del("/abc?" + query).status, 204u) << query;
    }
    for (auto const& kind : all_kinds) {
        auto const list = world.get("/abc?" + kind);
        EXPECT_EQ(list.status, 200u) << kind;
        EXPECT_EQ(list.element("IsTruncated"), "false");
        EXPECT_EQ(world.get("/abc?" + kind + "&continuation-token=x").code(), "InvalidArgument");
        EXPECT_EQ(world.get("/abc?" + kind + "&id=1").code(), "NoSuchConfiguration");
        EXPECT_EQ(world.del("/abc?" + kind + "&id=1").code(), "NoSuchConfiguration");
        EXPECT_EQ(world.put("/abc?" + kind + "&id=1", "<A/>").code(), "NotImplemented");
    }
    for (auto const* query : {"replication"})
        EXPECT_EQ(world.put(std::string("/abc?") + query, "<A/>").code(), "NotImplemented");
}

TEST_F(bucket_configurations, belong_to_a_bucket_that_is_there) {
    std::vector<std::string> targets{"tagging",           "cors",       "acl",
                                     "ownershipControls", "accelerate", "requestPayment",
                                     "publicAccessBlock", "logging",    "notification"};
    for (auto const& one : all_absent) targets.push_back(one.query);
    for (auto const& kind : all_kinds) targets.push_back(kind);
    for (auto const& query : targets) {
        EXPECT_EQ(world.get("/nobody?" + query).code(), "NoSuchBucket") << query;
        auto const other = world.get("/abc?" + query, {{"x-amz-expected-bucket-owner", "1"}});
        EXPECT_EQ(other.code(), "AccessDenied") << query;
    }
    for (auto const* query : {"tagging", "cors", "ownershipControls", "publicAccessBlock", "policy",
                              "website", "lifecycle", "replication", "encryption"})
        EXPECT_EQ(world.del(std::string("/nobody?") + query).code(), "NoSuchBucket") << query;
    EXPECT_EQ(set("/nobody?tagging", tagging(one_tag)).code(), "NoSuchBucket");
    EXPECT_EQ(set("/nobody?logging", "<BucketLoggingStatus/>").code(), "NoSuchBucket");
    EXPECT_EQ(world.put("/nobody?acl", "", {{"x-amz-acl", "private"}}).code(), "NoSuchBucket");
}

TEST_F(bucket_configurations, are_decided_and_audited) {
    ASSERT_EQ(world.put("/abc/k", "x").status, 200u);
    world.who = world.add_user("anna", {"allow anna describe on abc", "allow anna read on abc/*"});
    EXPECT_EQ(world.get("/abc?tagging").code(), "NoSuchTagSet");
    EXPECT_EQ(set("/abc?tagging", tagging(one_tag)).code(), "AccessDenied");
    EXPECT_EQ(world.del("/abc?policy").code(), "AccessDenied");
    EXPECT_EQ(set("/abc?logging", "<BucketLoggingStatus/>").code(), "AccessDenied");
    EXPECT_EQ(world.put("/abc?acl", "", {{"x-amz-acl", "private"}}).code(), "AccessDenied");
    EXPECT_EQ(world.put("/abc/k?acl", "", {{"x-amz-acl", "private"}}).code(), "AccessDenied");
    world.who = world.add_user("otto", {"allow otto alter on abc"});
    EXPECT_EQ(world.get("/abc?tagging").code(), "AccessDenied");
    world.who = {"root", auth::root_password};
    EXPECT_EQ(world.del("/abc?policy").status, 204u);
    auto const records = world.audit();
    auto const of = [&](std::string const& operation, std::string const& status) {
        return std::count_if(records.begin(), records.end(), [&](std::string const& record) {
            return record.find("\"" + operation + "\"") != std::string::npos &&
                   record.find("\"" + status + "\"") != std::string::npos;
        });
    };
    EXPECT_EQ(of("PutBucketTagging", "denied"), 1);
    EXPECT_EQ(of("DeleteBucketPolicy", "denied"), 1);
    EXPECT_EQ(of("DeleteBucketPolicy", "ok"), 1);
    EXPECT_EQ(of("PutObjectAcl", "denied"), 1);
    EXPECT_EQ(of("GetBucketTagging", "denied"), 1);
}

}  // namespace
}  // namespace sluice::s3
