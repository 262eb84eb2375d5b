// STS on S3's port, and what its temporary credentials may do.
#include <gtest/gtest.h>

#include <algorithm>

#include "auth/authn/uri_encoding.hpp"
#include "tests/integration/s3/s3_world.hpp"

namespace sluice::s3 {
namespace {

constexpr char version[] = "&Version=2011-06-15";
constexpr char form_type[] = "application/x-www-form-urlencoded; charset=utf-8";

class sessions : public testing::Test {
protected:
    sessions() {
        world.put("/bucket", "");
        world.put("/bucket/k", "secret");
        auto const boss = world.door().control_socket_caller();
        auth::guarded_admin::new_principal role;
        role.name = "reader";
        role.kind = auth::principal_kind::role;
        world.run(world.door().admin().add_principal(boss, role)).value();
        world.run(world.door().admin().put_rule(boss, "allow reader read on bucket/*")).value();
        alice = world.add_user("alice");
        world.run(world.door().admin().set_membership(boss, "alice", "reader", true)).value();
    }

    s3_reply ask(auth::guard_world::signer const& who, std::string const& parameters) {
        world.who = who;
        world.service = "sts";
        auto reply = world.post("/", "Action=" + parameters + version,
                                {{"Content-Type", form_type}});
        world.service = "s3";
        return reply;
    }
    s3_reply assume(auth::guard_world::signer const& who, std::string const& more = {}) {
        return ask(who,
                   "AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A000000000000%3Arole%2Freader"
                   "&RoleSessionName=nightly" + more);
    }
    struct session {
        auth::guard_world::signer who;
        std::string token;
    };
    static session session_of(s3_reply const& reply) {
        return {{reply.element("AccessKeyId"), reply.element("SecretAccessKey")},
                reply.element("SessionToken")};
    }
    s3_reply get(session const& with, std::string const& target) {
        world.who = with.who;
        return world.get(target, {{"x-amz-security-token", with.token}});
    }

    s3_world world;
    auth::guard_world::signer root{"root", auth::root_password};
    auth::guard_world::signer alice;
};

TEST_F(sessions, a_member_becomes_the_role_and_nothing_more) {
    auto const reply = assume(alice);
    ASSERT_EQ(reply.status, 200u) << reply.body;
    EXPECT_NE(reply.body.find("<AssumeRoleResponse "
                              "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"),
              std::string::npos);
    EXPECT_EQ(reply.elements("Arn").front(),
              "arn:aws:sts::000000000000:assumed-role/reader/nightly");
    auto const mine = session_of(reply);
    EXPECT_EQ(get(mine, "/bucket/k").body, "secret");
    world.who = mine.who;
    EXPECT_EQ(world.put("/bucket/l", "x", {{"x-amz-security-token", mine.token}}).code(),
              "AccessDenied");
    EXPECT_EQ(world.get("/bucket/k").code(), "InvalidAccessKeyId");  // without its token
}

TEST_F(sessions, may_be_narrowed_by_a_policy) {
    world.who = root;
    world.put("/bucket/public/p", "open");
    auto const boss = world.door().control_socket_caller();
    world.run(world.door().admin().put_rule(boss, "allow reader list on bucket")).value();
    auto const document = [](std::string const& statement) {
        return "&Policy=" +
               auth::uri_encode(R"({"Version":"2012-10-17","Statement":[)" + statement + "]}", false);
    };
    auto const narrow = session_of(assume(alice, document(
        R"({"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::bucket/public/*"})")));
    EXPECT_EQ(get(narrow, "/bucket/public/p").body, "open");
    EXPECT_EQ(get(narrow, "/bucket/k").code(), "AccessDenied");
    EXPECT_EQ(get(narrow, "/bucket").code(), "AccessDenied");
    world.who = narrow.who;  // it adds nothing
    EXPECT_EQ(world.put("/bucket/public/q", "x", {{"x-amz-security-token", narrow.token}}).code(),
              "AccessDenied");
    auto const whole = session_of(assume(alice));
    EXPECT_EQ(get(whole, "/bucket/k").body, "secret");
    EXPECT_EQ(assume(alice, "&Policy=%7B").code(), "MalformedPolicyDocument");
    EXPECT_EQ(assume(alice, "&Policy=" + std::string(2049, 'x')).code(), "PackedPolicyTooLarge");
}

TEST_F(sessions, nobody_else_becomes_it) {
    auto const bob = world.add_user("bob");
    auto const reply = assume(bob);
    EXPECT_EQ(reply.status, 403u);
    EXPECT_EQ(reply.code(), "AccessDenied");
    EXPECT_EQ(ask(alice,
                  "AssumeRole&RoleArn=arn:aws:iam::000000000000:role/nobody"
                  "&RoleSessionName=nightly").code(),
              "AccessDenied");
    // A user is no role, whoever asks.
    EXPECT_EQ(ask(root,
                  "AssumeRole&RoleArn=arn:aws:iam::000000000000:role/alice"
                  "&RoleSessionName=nightly").code(),
              "AccessDenied");
    EXPECT_EQ(assume(root).status, 200u);
    auto const records = world.audit();
    auto const has = [&](std::string_view text) {
        return std::any_of(records.begin(), records.end(), [&](std::string const& one) {
            return one.find(text) != std::string::npos;
        });
    };
    EXPECT_TRUE(has("\"operation\":\"AssumeRole\""));
    EXPECT_TRUE(has("reader/nightly/ST"));
}

// Else a session would shed its policy, or renew itself past its end.
TEST_F(sessions, make_no_others) {
    auto const boss = world.door().control_socket_caller();
    auth::guarded_admin::new_principal outer;
    outer.name = "outer";
    outer.kind = auth::principal_kind::role;
    world.run(world.door().admin().add_principal(boss, outer)).value();
    world.run(world.door().admin().set_membership(boss, "reader", "outer", true)).value();
    auto const mine = session_of(assume(alice));
    world.who = mine.who;
    world.service = "sts";
    for (auto const* role : {"reader", "outer"}) {
        auto const reply = world.post(
            "/", std::string("Action=AssumeRole&RoleSessionName=again&RoleArn="
                             "arn:aws:iam::000000000000:role/") + role + version,
            {{"Content-Type", form_type}, {"x-amz-security-token", mine.token}});
        EXPECT_EQ(reply.code(), "AccessDenied") << role;
    }
}

TEST_F(sessions, end_with_their_time) {
    auto const mine = session_of(assume(alice, "&DurationSeconds=900"));
    world.clock.advance(std::chrono::seconds(899));
    EXPECT_EQ(get(mine, "/bucket/k").status, 200u);
    world.clock.advance(std::chrono::seconds(1));
    auto const reply = get(mine, "/bucket/k");
    EXPECT_EQ(reply.status, 400u);
    EXPECT_EQ(reply.code(), "ExpiredToken");
}

TEST_F(sessions, end_with_who_asked) {
    auto const mine = session_of(assume(alice));
    auto const boss = world.door().control_socket_caller();
    world.run(world.door().admin().set_enabled(boss, "alice", false)).value();
    EXPECT_EQ(get(mine, "/bucket/k").code(), "InvalidToken");
}

TEST_F(sessions, take_no_other_token) {
    auto const mine = session_of(assume(alice));
    auto changed = mine;
    changed.token[20] = changed.token[20] == 'A' ? 'B' : 'A';
    EXPECT_EQ(get(changed, "/bucket/k").code(), "InvalidToken");
    changed = mine;
    changed.who = alice;
    EXPECT_EQ(get(changed, "/bucket/k").code(), "InvalidToken");
    changed = session_of(assume(alice));
    changed.who = mine.who;
    EXPECT_EQ(get(changed, "/bucket/k").code(), "InvalidToken");
    EXPECT_EQ(world.send_unsigned({"GET", "/bucket/k", {},
                                   {{"x-amz-security-token", mine.token}}}).code(),
              "InvalidToken");
    // Beside a header's signature the token is a signed header, not a parameter.
    world.who = mine.who;
    EXPECT_EQ(world.get("/bucket/k?X-Amz-Security-Token=" + auth::uri_encode(mine.token, false))
                  .status, 400u);
}

TEST_F(sessions, work_in_urls) {
    auto const mine = session_of(assume(alice));
    world.who = mine.who;
    auto const target = world.presigned(
        {"GET", "/bucket/k?X-Amz-Security-Token=" + auth::uri_encode(mine.token, false)});
    EXPECT_EQ(world.send_unsigned({"GET", target}).body, "secret");
}

TEST_F(sessions, of_oneself_cannot_make_others) {
    auto const reply = ask(alice, "GetSessionToken");
    ASSERT_EQ(reply.status, 200u) << reply.body;
    auto const mine = session_of(reply);
    EXPECT_EQ(get(mine, "/bucket/k").body, "secret");
    world.who = mine.who;
    world.service = "sts";
    header_list const headers{{"Content-Type", form_type}, {"x-amz-security-token", mine.token}};
    auto const again =
        world.post("/", std::string("Action=GetSessionToken") + version, headers);
    EXPECT_EQ(again.code(), "AccessDenied");
    auto const self =
        world.post("/", std::string("Action=GetCallerIdentity") + version, headers);
    EXPECT_EQ(self.element("Arn"), "arn:aws:iam::000000000000:user/alice");
    EXPECT_EQ(self.element("Account"), "000000000000");
}

TEST_F(sessions, say_who_asks) {
    EXPECT_EQ(ask(root, "GetCallerIdentity").element("Arn"), "arn:aws:iam::000000000000:root");
    auto const mine = session_of(assume(alice));
    world.who = mine.who;
    world.service = "sts";
    EXPECT_EQ(world.get(std::string("/?Action=GetCallerIdentity") + version,
                        {{"x-amz-security-token", mine.token}}).element("Arn"),
              "arn:aws:sts::000000000000:assumed-role/reader/nightly");
}

TEST_F(sessions, refuse_by_the_protocols_errors) {
    EXPECT_EQ(ask(alice, "AssumeRole").code(), "ValidationError");
    EXPECT_EQ(assume(alice, "&DurationSeconds=899").code(), "ValidationError");
    EXPECT_EQ(assume(alice, "&DurationSeconds=43201").code(), "ValidationError");
    EXPECT_EQ(assume(alice, "&ExternalId=x").code(), "ValidationError");
    EXPECT_EQ(assume(alice, "&RoleSessionName=y").code(), "MalformedInput");
    EXPECT_EQ(ask(alice, "AssumeRoleWithSAML").code(), "InvalidAction");
    EXPECT_EQ(ask({"nobody", "x"}, "GetCallerIdentity").code(), "InvalidClientTokenId");
    EXPECT_EQ(ask({"root", "x"}, "GetCallerIdentity").code(), "SignatureDoesNotMatch");
    auto const unsigned_one = world.send_unsigned(
        {"POST", "/", std::string("Action=GetCallerIdentity") + version,
         {{"Content-Type", form_type}}});
    EXPECT_EQ(unsigned_one.code(), "MissingAuthenticationToken");
    // Signed for S3, or over another body.
    world.who = alice;
    EXPECT_EQ(world.post("/", std::string("Action=GetCallerIdentity") + version,
                         {{"Content-Type", form_type}}).code(), "SignatureDoesNotMatch");
    world.service = "sts";
    auto bytes = world.signed_request({"POST", "/", std::string("Action=GetCallerIdentity") +
                                       version, {{"Content-Type", form_type}}});
    bytes.replace(bytes.find("GetCallerIdentity"), 17, "GetSessionToken&A");
    EXPECT_EQ(world.exchange_all(bytes, {"POST"}).front().code(), "SignatureDoesNotMatch");
    EXPECT_EQ(world.post("/", std::string(70'000, 'x'), {{"Content-Type", form_type}}).code(),
              "MalformedInput");
    std::string many;
    for (int i = 0; i < 400; ++i) many += "a" + std::to_string(i) + "=&";
    EXPECT_EQ(world.post("/", many, {{"Content-Type", form_type}}).code(), "MalformedInput");
}

}  // namespace
}  // namespace sluice::s3
