#include <gtest/gtest.h>

#include <algorithm>

#include "auth/guard/guarded_policies.hpp"
#include "tests/integration/s3/s3_world.hpp"

namespace sluice::s3 {
namespace {

class bucket_policies : public testing::Test {
protected:
    bucket_policies() {
        world.put("/abc", "");
        world.put("/abc/open/k", "open");
        world.put("/abc/shut/k", "shut");
        alice = world.add_user("alice");
        bob = world.add_user("bob");
    }
    s3_reply put(std::string const& statements, header_list headers = {}) {
        return world.put("/abc?policy", document(statements), std::move(headers));
    }
    static std::string document(std::string const& statements) {
        return R"({"Version": "2012-10-17", "Statement": [)" + statements + "]}";
    }
    static std::string statement(std::string const& effect, std::string const& principal,
                                 std::string const& actions, std::string const& resources,
                                 std::string const& condition = "{}") {
        auto out = R"({"Effect":")" + effect + R"(","Principal":)" + principal + R"(,"Action":)" +
                   actions + R"(,"Resource":)" + resources;
        if (condition != "{}") out += R"(,"Condition":)" + condition;
        return out + "}";
    }
    static std::string allow(std::string const& principal, std::string const& action,
                             std::string const& resource, std::string const& condition = "{}") {
        return statement("Allow", principal, '"' + action + '"', '"' + resource + '"', condition);
    }
    s3_reply as(auth::guard_world::signer const& whom, s3_call const& call) {
        auto const before = std::exchange(world.who, whom);
        auto reply = world.send(call);
        world.who = before;
        return reply;
    }
    std::string code(auth::guard_world::signer const& whom, std::string method, std::string target,
                     header_list headers = {}) {
        bool const copies = !headers.empty() && headers[0].first == "x-amz-copy-source";
        auto const body = method == "PUT" && !copies ? "x" : "";
        auto const reply = as(whom, {std::move(method), std::move(target), body, std::move(headers)});
        return reply.status < 300 ? "ok" : reply.code();
    }
    std::string stranger(std::string method, std::string target, header_list headers = {}) {
        bool const copies = !headers.empty() && headers[0].first == "x-amz-copy-source";
        auto const body = method == "PUT" && !copies ? "x" : "";
        auto const reply = world.send_unsigned({method, target, body, headers});
        return reply.status < 300 ? "ok" : reply.code();
    }
    s3_reply block(std::string const& name) {
        auto const text = "<PublicAccessBlockConfiguration><" + name + ">true</" + name +
                          "></PublicAccessBlockConfiguration>";
        return world.put("/abc?publicAccessBlock", text, {{"Content-MD5", md5_header(text)}});
    }

    std::string const alice_arn = R"({"AWS":"arn:aws:iam::000000000000:user/alice"})";
    s3_world world;
    auth::guard_world::signer alice, bob;
};

TEST_F(bucket_policies, are_kept_as_they_were_put) {
    EXPECT_EQ(world.get("/abc?policy").code(), "NoSuchBucketPolicy");
    EXPECT_EQ(world.get("/abc?policyStatus").code(), "NoSuchBucketPolicy");
    auto const one = allow(alice_arn, "s3:GetObject", "arn:aws:s3:::abc/open/*");
    auto const stored = put(one);
    EXPECT_EQ(stored.status, 204u) << stored.body;
    auto const read = world.get("/abc?policy");
    EXPECT_EQ(read.body, document(one));
    EXPECT_EQ(read.header("Content-Type"), "application/json");
    EXPECT_EQ(world.get("/abc?policyStatus").element("IsPublic"), "false");
    EXPECT_EQ(put(allow("\"*\"", "s3:GetObject", "arn:aws:s3:::abc/*")).status, 204u);
    EXPECT_EQ(world.get("/abc?policyStatus").element("IsPublic"), "true");
    EXPECT_EQ(world.del("/abc?policy").status, 204u);
    EXPECT_EQ(world.get("/abc?policy").code(), "NoSuchBucketPolicy");
    EXPECT_EQ(world.del("/abc?policy").status, 204u);
    EXPECT_EQ(world.put("/nobody?policy", document(one)).code(), "NoSuchBucket");
    EXPECT_EQ(world.get("/nobody?policy").code(), "NoSuchBucket");
}

TEST_F(bucket_policies, give_what_they_say_and_no_more) {
    EXPECT_EQ(code(alice, "GET", "/abc/open/k"), "AccessDenied");
    ASSERT_EQ(put(allow(alice_arn, "s3:GetObject", "arn:aws:s3:::abc/open/*")).status, 204u);
    EXPECT_EQ(as(alice, {"GET", "/abc/open/k"}).body, "open");
    EXPECT_EQ(code(alice, "HEAD", "/abc/open/k"), "ok");
    EXPECT_EQ(code(alice, "GET", "/abc/shut/k"), "AccessDenied");
    EXPECT_EQ(code(alice, "GET", "/abc/open/k?tagging"), "AccessDenied");
    EXPECT_EQ(code(alice, "GET", "/abc/open/k?acl"), "AccessDenied");
    EXPECT_EQ(code(alice, "GET", "/abc/open/k?versionId=null"), "AccessDenied");
    EXPECT_EQ(code(alice, "PUT", "/abc/open/k"), "AccessDenied");
    EXPECT_EQ(code(alice, "DELETE", "/abc/open/k"), "AccessDenied");
    EXPECT_EQ(code(alice, "GET", "/abc"), "AccessDenied");
    EXPECT_EQ(code(alice, "GET", "/abc/open/absent"), "AccessDenied") << "no right to list";
    EXPECT_EQ(code(alice, "GET", "/abc?policy"), "AccessDenied");
    EXPECT_EQ(code(bob, "GET", "/abc/open/k"), "AccessDenied");
    EXPECT_EQ(stranger("GET", "/abc/open/k"), "AccessDenied");
    EXPECT_EQ(world.del("/abc?policy").status, 204u);
    EXPECT_EQ(code(alice, "GET", "/abc/open/k"), "AccessDenied");
}

TEST_F(bucket_policies, tell_the_actions_apart) {
    struct right {
        std::string action, method, target;
        bool bucket = false;
    };
    std::vector<right> const rights{
        {"s3:GetObjectTagging", "GET", "/abc/open/k?tagging"},
        {"s3:GetObjectAcl", "GET", "/abc/open/k?acl"},
        {"s3:PutObject", "PUT", "/abc/open/k"},
        {"s3:DeleteObjectTagging", "DELETE", "/abc/open/k?tagging"},
        {"s3:ListBucket", "GET", "/abc?list-type=2", true},
        {"s3:ListBucket", "HEAD", "/abc", true},
        {"s3:ListBucketVersions", "GET", "/abc?versions", true},
        {"s3:ListBucketMultipartUploads", "GET", "/abc?uploads", true},
        {"s3:GetBucketVersioning", "GET", "/abc?versioning", true},
        {"s3:GetBucketAcl", "GET", "/abc?acl", true},
        {"s3:GetBucketLocation", "GET", "/abc?location", true},
        {"s3:GetBucketPolicy", "GET", "/abc?policy", true},
        {"s3:GetBucketPolicyStatus", "GET", "/abc?policyStatus", true},
        {"s3:DeleteObject", "DELETE", "/abc/open/k"},
    };
    for (auto const& given : rights) {
        auto const resource = given.bucket ? "arn:aws:s3:::abc" : "arn:aws:s3:::abc/open/*";
        ASSERT_EQ(put(allow(alice_arn, given.action, resource)).status, 204u);
        for (auto const& other : rights) {
            if (other.action == "s3:DeleteObject" && given.action == other.action) continue;
            bool const may = given.action == other.action;
            auto const got = as(alice, {other.method, other.target, other.method == "PUT" ? "x" : ""});
            EXPECT_EQ(got.status < 300, may)
                << given.action << ": " << other.method << " " << other.target;
            if (!may) EXPECT_EQ(got.status, 403u);
        }
    }
    EXPECT_EQ(code(alice, "DELETE", "/abc/open/k"), "ok");
}

TEST_F(bucket_policies, need_all_that_a_request_does) {
    auto const of_objects = [&](std::string const& actions) {
        return put(statement("Allow", alice_arn, actions, R"("arn:aws:s3:::abc/open/*")")).status;
    };
    header_list const tags{{"x-amz-tagging", "a=b"}};
    header_list const copy{{"x-amz-copy-source", "/abc/open/k"}};
    header_list const shut{{"x-amz-copy-source", "/abc/shut/k"}};
    ASSERT_EQ(of_objects(R"(["s3:PutObject"])"), 204u);
    EXPECT_EQ(code(alice, "PUT", "/abc/open/k"), "ok");
    EXPECT_EQ(code(alice, "PUT", "/abc/open/k", tags), "AccessDenied");
    EXPECT_EQ(code(alice, "PUT", "/abc/open/new", copy), "AccessDenied");
    ASSERT_EQ(of_objects(R"(["s3:PutObject","s3:PutObjectTagging","s3:GetObject"])"), 204u);
    EXPECT_EQ(code(alice, "PUT", "/abc/open/k", tags), "ok");
    EXPECT_EQ(as(alice, {"PUT", "/abc/open/new", "", copy}).status, 200u);
    EXPECT_EQ(as(alice, {"PUT", "/abc/open/new", "", shut}).code(), "AccessDenied");
    header_list const attributes{{"x-amz-object-attributes", "ETag"}};
    EXPECT_EQ(code(alice, "GET", "/abc/open/k?attributes", attributes), "AccessDenied");
    ASSERT_EQ(of_objects(R"(["s3:GetObjectAttributes","s3:GetObject"])"), 204u);
    EXPECT_EQ(code(alice, "GET", "/abc/open/k?attributes", attributes), "ok");
    ASSERT_EQ(of_objects(R"(["s3:GetObjectAttributes"])"), 204u);
    EXPECT_EQ(code(alice, "GET", "/abc/open/k?attributes", attributes), "AccessDenied");
}

TEST_F(bucket_policies, deny_even_the_owner_but_never_root_its_repair) {
    auto const deny = statement("Deny", "\"*\"", "\"s3:*\"",
                                R"(["arn:aws:s3:::abc","arn:aws:s3:::abc/*"])");
    EXPECT_EQ(put(deny).status, 204u);
    EXPECT_EQ(world.get("/abc/open/k").code(), "AccessDenied");
    EXPECT_EQ(world.get("/abc?policy").status, 200u);
    EXPECT_EQ(world.del("/abc?policy").status, 204u);
    EXPECT_EQ(world.get("/abc/open/k").status, 200u);
}

TEST_F(bucket_policies, may_not_lock_their_author_out_unawares) {
    world.who = world.add_user("olga", {"allow olga create on mine"});
    ASSERT_EQ(world.put("/mine", "").status, 200u);
    ASSERT_EQ(world.put("/mine/k", "x").status, 200u);
    auto const deny = document(statement("Deny", "\"*\"", "\"s3:*\"", "\"arn:aws:s3:::mine\""));
    auto const refused = world.put("/mine?policy", deny);
    EXPECT_EQ(refused.code(), "AccessDenied");
    EXPECT_EQ(world.get("/mine?policy").code(), "NoSuchBucketPolicy");
    header_list const unsure{{"x-amz-confirm-remove-self-bucket-access", "maybe"}};
    EXPECT_EQ(world.put("/mine?policy", deny, unsure).code(), "InvalidArgument");
    header_list const sure{{"x-amz-confirm-remove-self-bucket-access", "true"}};
    EXPECT_EQ(world.put("/mine?policy", deny, sure).status, 204u);
    EXPECT_EQ(world.get("/mine?policy").code(), "AccessDenied");
    EXPECT_EQ(world.del("/mine?policy").code(), "AccessDenied");
    world.who = {"root", auth::root_password};
    EXPECT_EQ(world.del("/mine?policy").status, 204u);
}

// An owner gives what he has: the bypass of retention is not among it.
TEST_F(bucket_policies, of_an_owner_do_not_give_the_bypass_of_retention) {
    world.who = world.add_user("olga", {"allow olga create on mine"});
    ASSERT_EQ(world.put("/mine", "").status, 200u);
    auto const put_of = [&](std::string const& action) {
        return world.put("/mine?policy", document(allow(alice_arn, action, "arn:aws:s3:::mine/*")));
    };
    EXPECT_EQ(put_of("s3:BypassGovernanceRetention").code(), "AccessDenied");
    EXPECT_EQ(put_of("s3:*").status, 204u);
    auto const has = [&] {
        auto const rules = world.run(world.door().admin().list_rules(world.root())).value();
        return std::count_if(rules.begin(), rules.end(), [](auto const& one) {
            return one.text.find("bypass_retention") != std::string::npos;
        });
    };
    EXPECT_EQ(has(), 0);
    world.who = {"root", auth::root_password};
    EXPECT_EQ(put_of("s3:*").status, 204u);
    EXPECT_EQ(has(), 1);
}

TEST_F(bucket_policies, look_at_the_request) {
    auto const listing = [&](std::string const& condition) {
        return put(allow(alice_arn, "s3:ListBucket", "arn:aws:s3:::abc", condition)).status;
    };
    ASSERT_EQ(listing(R"({"StringLike":{"s3:prefix":"open/*"},"StringEquals":{"s3:delimiter":"/"}})"),
              204u);
    EXPECT_EQ(code(alice, "GET", "/abc?prefix=open/&delimiter=/"), "ok");
    EXPECT_EQ(code(alice, "GET", "/abc?prefix=open/"), "AccessDenied");
    EXPECT_EQ(code(alice, "GET", "/abc?prefix=shut/&delimiter=/"), "AccessDenied");
    EXPECT_EQ(code(alice, "GET", "/abc"), "AccessDenied");
    ASSERT_EQ(listing(R"({"NumericLessThanEquals":{"s3:max-keys":"10"}})"), 204u);
    EXPECT_EQ(code(alice, "GET", "/abc?max-keys=10"), "ok");
    EXPECT_EQ(code(alice, "GET", "/abc?max-keys=11"), "AccessDenied");
    EXPECT_EQ(code(alice, "GET", "/abc"), "AccessDenied");
    ASSERT_EQ(listing(R"({"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}})"), 204u);
    EXPECT_EQ(code(alice, "GET", "/abc"), "ok");
    ASSERT_EQ(listing(R"({"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}})"), 204u);
    EXPECT_EQ(code(alice, "GET", "/abc"), "AccessDenied");
    ASSERT_EQ(listing(R"({"Bool":{"aws:SecureTransport":"true"}})"), 204u);
    EXPECT_EQ(code(alice, "GET", "/abc"), "ok");
    world.tls = false;
    EXPECT_EQ(code(alice, "GET", "/abc"), "AccessDenied");
    world.tls = true;
    ASSERT_EQ(listing(R"({"StringEquals":{"s3:authType":"REST-HEADER","aws:UserAgent":"u"}})"), 204u);
    EXPECT_EQ(code(alice, "GET", "/abc", {{"User-Agent", "u"}}), "ok");
    EXPECT_EQ(code(alice, "GET", "/abc", {{"User-Agent", "v"}}), "AccessDenied");
    ASSERT_EQ(listing(R"({"NumericLessThan":{"s3:signatureAge":"600000"}})"), 204u);
    EXPECT_EQ(code(alice, "GET", "/abc"), "ok");
    auto const put_with = [&](std::string const& condition) {
        return put(allow(alice_arn, "s3:PutObject", "arn:aws:s3:::abc/${aws:username}/*", condition))
            .status;
    };
    ASSERT_EQ(put_with(R"({"StringEquals":{"s3:x-amz-storage-class":"STANDARD"}})"), 204u);
    EXPECT_EQ(code(alice, "PUT", "/abc/alice/k", {{"x-amz-storage-class", "STANDARD"}}), "ok");
    EXPECT_EQ(code(alice, "PUT", "/abc/alice/k"), "AccessDenied");
    EXPECT_EQ(code(alice, "PUT", "/abc/bob/k", {{"x-amz-storage-class", "STANDARD"}}),
              "AccessDenied");
    ASSERT_EQ(put_with(R"({"Null":{"s3:if-none-match":"false"}})"), 204u);
    EXPECT_EQ(code(alice, "PUT", "/abc/alice/new", {{"If-None-Match", "*"}}), "ok");
    EXPECT_EQ(code(alice, "PUT", "/abc/alice/newer"), "AccessDenied");
}

TEST_F(bucket_policies, let_strangers_in) {
    EXPECT_EQ(stranger("GET", "/abc/open/k"), "AccessDenied");
    ASSERT_EQ(put(allow("\"*\"", "s3:GetObject", "arn:aws:s3:::abc/open/*") + "," +
                  allow("\"*\"", "s3:PutObject", "arn:aws:s3:::abc/inbox/*"))
                  .status,
              204u);
    EXPECT_EQ(world.send_unsigned({"GET", "/abc/open/k"}).body, "open");
    EXPECT_EQ(stranger("HEAD", "/abc/open/k"), "ok");
    EXPECT_EQ(code(bob, "GET", "/abc/open/k"), "ok");
    EXPECT_EQ(stranger("GET", "/abc/shut/k"), "AccessDenied");
    EXPECT_EQ(stranger("GET", "/abc"), "AccessDenied");
    EXPECT_EQ(stranger("GET", "/"), "AccessDenied");
    EXPECT_EQ(stranger("GET", "/abc?policy"), "AccessDenied");
    EXPECT_EQ(stranger("PUT", "/abc/inbox/k"), "ok");
    EXPECT_EQ(world.get("/abc/inbox/k").body, "x");
    EXPECT_EQ(stranger("GET", "/abc/inbox/k"), "AccessDenied");
    EXPECT_EQ(stranger("PUT", "/abc/open/k"), "AccessDenied");
    EXPECT_EQ(stranger("PUT", "/abc/inbox/copy", {{"x-amz-copy-source", "/abc/shut/k"}}),
              "AccessDenied");
    ASSERT_EQ(put(allow("\"*\"", "s3:ListBucket", "arn:aws:s3:::abc")).status, 204u);
    EXPECT_EQ(world.send_unsigned({"GET", "/abc?list-type=2"}).element("KeyCount"), "3");
}

TEST_F(bucket_policies, are_bounded_by_the_public_access_block) {
    auto const everyone = allow("\"*\"", "s3:GetObject", "arn:aws:s3:::abc/open/*");
    ASSERT_EQ(put(everyone).status, 204u);
    ASSERT_EQ(stranger("GET", "/abc/open/k"), "ok");
    ASSERT_EQ(block("RestrictPublicBuckets").status, 200u);
    EXPECT_EQ(stranger("GET", "/abc/open/k"), "AccessDenied");
    EXPECT_EQ(code(bob, "GET", "/abc/open/k"), "ok") << "of the owner's account";
    EXPECT_EQ(world.get("/abc?policyStatus").element("IsPublic"), "true");
    // One that is not public for its condition goes on.
    auto const fixed = allow("\"*\"", "s3:GetObject", "arn:aws:s3:::abc/open/*",
                             R"({"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}})");
    ASSERT_EQ(put(fixed).status, 204u);
    EXPECT_EQ(stranger("GET", "/abc/open/k"), "ok");
    ASSERT_EQ(block("BlockPublicPolicy").status, 200u);
    EXPECT_EQ(put(everyone).code(), "AccessDenied");
    EXPECT_EQ(world.get("/abc?policy").body, document(fixed));
    EXPECT_EQ(put(fixed).status, 204u);
    ASSERT_EQ(world.del("/abc?publicAccessBlock").status, 204u);
    EXPECT_EQ(put(everyone).status, 204u);
    EXPECT_EQ(stranger("GET", "/abc/open/k"), "ok");
}

TEST_F(bucket_policies, go_with_the_bucket) {
    ASSERT_EQ(world.put("/gone", "").status, 200u);
    auto const text = document(allow("\"*\"", "s3:GetObject", "arn:aws:s3:::gone/*"));
    ASSERT_EQ(world.put("/gone?policy", text).status, 204u);
    ASSERT_EQ(world.del("/gone").status, 204u);
    auto const rules = world.run(world.door().admin().list_rules(world.root())).value();
    EXPECT_TRUE(rules.empty()) << rules.front().text;
    ASSERT_EQ(world.put("/gone", "").status, 200u);
    ASSERT_EQ(world.put("/gone/k", "x").status, 200u);
    EXPECT_EQ(world.get("/gone?policy").code(), "NoSuchBucketPolicy");
    EXPECT_EQ(stranger("GET", "/gone/k"), "AccessDenied");
}

TEST_F(bucket_policies, outlive_the_principals_they_name) {
    auto const text = allow(R"({"AWS":["alice","bob"]})", "s3:GetObject", "arn:aws:s3:::abc/*");
    ASSERT_EQ(put(text).status, 204u);
    ASSERT_TRUE(world.run(world.door().admin().delete_principal(world.root(), "alice")).has_value());
    EXPECT_EQ(world.get("/abc?policy").body, document(text));
    EXPECT_EQ(code(bob, "GET", "/abc/open/k"), "ok");
    alice = world.add_user("alice");
    EXPECT_EQ(code(alice, "GET", "/abc/open/k"), "AccessDenied") << "another one of that name";
    ASSERT_EQ(put(text).status, 204u);
    EXPECT_EQ(code(alice, "GET", "/abc/open/k"), "ok");
}

TEST_F(bucket_policies, are_named_by_the_audit_log) {
    ASSERT_EQ(put(allow(alice_arn, "s3:PutObject", "arn:aws:s3:::abc/*")).status, 204u);
    auto const rules = world.run(world.door().admin().list_rules(world.root())).value();
    ASSERT_EQ(rules.size(), 2u);
    for (auto const& one : rules) {
        EXPECT_EQ(one.origin, "iam_json");
        EXPECT_TRUE(one.text.ends_with(" of bucket-policy:abc")) << one.text;
    }
    ASSERT_EQ(code(alice, "PUT", "/abc/k"), "ok");
    auto const records = world.audit();
    auto const named = [&](std::string const& id) {
        return std::count_if(records.begin(), records.end(), [&](auto const& record) {
            return record.find(id) != record.npos && record.find("PutObject") != record.npos;
        });
    };
    EXPECT_EQ(named(rules[0].id) + named(rules[1].id), 1);
    // Deleting one of its rules deletes the document.
    ASSERT_TRUE(world.run(world.door().admin().delete_rule(world.root(), rules[0].id)).has_value());
    EXPECT_EQ(world.get("/abc?policy").code(), "NoSuchBucketPolicy");
}

TEST_F(bucket_policies, that_are_wrong_say_why) {
    auto const said = [&](std::string const& text) {
        auto const reply = world.put("/abc?policy", text);
        return std::to_string(reply.status) + " " + reply.code() + ": " + reply.element("Message");
    };
    auto const wrong = [](std::string const& why) { return "400 MalformedPolicy: " + why; };
    EXPECT_EQ(said(""), wrong("Policies must be valid JSON and the first byte must be '{'"));
    EXPECT_EQ(said(document(allow(alice_arn, "s3:GetObject", "arn:aws:s3:::other/*"))),
              wrong("Policy has invalid resource: arn:aws:s3:::other/* (statement 1)"));
    EXPECT_EQ(said(document(allow(alice_arn, "s3:GetObject", "arn:aws:s3:::abc"))),
              wrong("Action does not apply to any resource(s) in statement (statement 1)"));
    EXPECT_EQ(said(std::string(20'481, '{')),
              wrong("Policy exceeds the maximum allowed document size."));
    EXPECT_EQ(world.get("/abc?policy").code(), "NoSuchBucketPolicy");
    EXPECT_EQ(put(allow(alice_arn, "s3:GetObject", "arn:aws:s3:::abc/*"),
                  {{"Content-MD5", md5_header("other")}})
                  .code(),
              "BadDigest");
}

TEST_F(bucket_policies, stand_beside_those_of_principals) {
    auto const attach = [&](std::string const& name, std::string const& text) {
        return world.run(world.door().policies().put(world.root(), {"alice", name, text}));
    };
    auto const one = R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":)"
                     R"(["s3:ListAllMyBuckets","s3:GetObject"],"Resource":"*"}})";
    ASSERT_TRUE(attach("read", one).has_value());
    EXPECT_EQ(code(alice, "GET", "/abc/open/k"), "ok");
    EXPECT_EQ(as(alice, {"GET", "/"}).elements("Name"), (std::vector<std::string>{"abc"}));
    EXPECT_EQ(code(alice, "GET", "/abc"), "AccessDenied");
    EXPECT_EQ(code(bob, "GET", "/abc/open/k"), "AccessDenied");
    ASSERT_EQ(put(statement("Deny", alice_arn, "\"s3:GetObject\"", "\"arn:aws:s3:::abc/shut/*\"")).status,
              204u);
    EXPECT_EQ(code(alice, "GET", "/abc/open/k"), "ok");
    EXPECT_EQ(code(alice, "GET", "/abc/shut/k"), "AccessDenied");
    EXPECT_EQ(attach("wrong", "{}").error().code, error::invalid_argument);
    auto const held = world.run(world.door().policies().list(world.root())).value();
    ASSERT_EQ(held.size(), 1u);
    EXPECT_EQ(held[0].holder, "alice");
    EXPECT_EQ(held[0].name, "read");
    EXPECT_EQ(held[0].document, one);
    ASSERT_TRUE(world.run(world.door().policies().remove(world.root(), "alice", "read")).has_value());
    EXPECT_EQ(code(alice, "GET", "/abc/open/k"), "AccessDenied");
    EXPECT_FALSE(world.run(world.door().policies().remove(world.root(), "alice", "read")).has_value());
}

}  // namespace
}  // namespace sluice::s3
