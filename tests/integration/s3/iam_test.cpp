// IAM's calls on the same principals that the command line and the other protocols know.
#include <gtest/gtest.h>

#include "auth/authn/uri_encoding.hpp"
#include "tests/integration/s3/s3_world.hpp"

namespace sluice::s3 {
namespace {

class iam : public testing::Test {
protected:
    s3_reply ask(std::string const& parameters) {
        world.service = "iam";
        auto reply = world.post("/", "Action=" + parameters + "&Version=2010-05-08",
                                {{"Content-Type", "application/x-www-form-urlencoded"}});
        world.service = "s3";
        return reply;
    }
    s3_world world;
};

TEST_F(iam, a_user_and_his_key_work_at_once) {
    auto const made = ask("CreateUser&UserName=alice&Path=%2F");
    ASSERT_EQ(made.status, 200u) << made.body;
    EXPECT_EQ(made.element("Arn"), "arn:aws:iam::000000000000:user/alice");
    auto const key = ask("CreateAccessKey&UserName=alice");
    auto const root = world.who;
    world.who = {key.element("AccessKeyId"), key.element("SecretAccessKey")};
    EXPECT_EQ(ask("GetUser").code(), "AccessDenied");  // may not administer, himself neither
    EXPECT_EQ(world.put("/mine", "").code(), "AccessDenied");
    auto const alice = world.who;
    world.who = root;
    auto const boss = world.door().control_socket_caller();
    world.run(world.door().admin().put_rule(boss, "allow alice all on mine")).value();
    world.run(world.door().admin().put_rule(boss, "allow alice all on mine/*")).value();
    world.who = alice;
    EXPECT_EQ(world.put("/mine", "").status, 200u);
    world.who = root;
    EXPECT_EQ(ask("UpdateAccessKey&UserName=alice&Status=Inactive&AccessKeyId=" +
                  alice.access_key).status, 200u);
    EXPECT_EQ(ask("ListAccessKeys&UserName=alice").element("Status"), "Inactive");
    world.who = alice;
    EXPECT_EQ(world.get("/mine").code(), "InvalidAccessKeyId");
    world.who = root;
    EXPECT_EQ(ask("DeleteUser&UserName=alice").code(), "DeleteConflict");
    EXPECT_EQ(ask("DeleteAccessKey&UserName=bob&AccessKeyId=" + alice.access_key).code(),
              "NoSuchEntity");
    EXPECT_EQ(ask("DeleteAccessKey&UserName=alice&AccessKeyId=" + alice.access_key).status, 200u);
    EXPECT_EQ(ask("DeleteUser&UserName=alice").status, 200u);
    EXPECT_EQ(ask("GetUser&UserName=alice").code(), "NoSuchEntity");
}

TEST_F(iam, names_change_and_rights_stay) {
    ASSERT_EQ(ask("CreateUser&UserName=alice").status, 200u);
    ASSERT_EQ(ask("CreateUser&UserName=bob").status, 200u);
    ASSERT_EQ(ask("CreateLoginProfile&UserName=alice&Password=correct-horse").status, 200u);
    auto const key = ask("CreateAccessKey&UserName=alice");
    auto const boss = world.door().control_socket_caller();
    world.run(world.door().admin().put_rule(boss, "allow alice all on hers")).value();
    world.run(world.door().admin().put_rule(boss, "allow alice all on hers/*")).value();
    auto const id = ask("GetUser&UserName=alice").element("UserId");
    EXPECT_EQ(ask("UpdateUser&UserName=alice&NewUserName=bob").code(), "EntityAlreadyExists");
    EXPECT_EQ(ask("UpdateUser&UserName=alice&NewUserName=a%20b").code(), "ValidationError");
    EXPECT_EQ(ask("UpdateUser&UserName=alice&NewPath=%2Fx%2F").code(), "ValidationError");
    EXPECT_EQ(ask("UpdateUser&UserName=nobody&NewUserName=x").code(), "NoSuchEntity");
    ASSERT_EQ(ask("UpdateUser&UserName=alice&NewUserName=alicia").status, 200u);
    EXPECT_EQ(ask("GetUser&UserName=alice").code(), "NoSuchEntity");
    EXPECT_EQ(ask("GetUser&UserName=alicia").element("UserId"), id);
    EXPECT_EQ(ask("GetLoginProfile&UserName=alicia").status, 200u);
    auto const root = world.who;
    world.who = {key.element("AccessKeyId"), key.element("SecretAccessKey")};
    EXPECT_EQ(world.put("/hers", "").status, 200u);
    world.who = root;
    // Somebody new of the old name has nothing.
    ASSERT_EQ(ask("CreateUser&UserName=alice").status, 200u);
    auto const other = ask("CreateAccessKey&UserName=alice");
    world.who = {other.element("AccessKeyId"), other.element("SecretAccessKey")};
    EXPECT_EQ(world.put("/hers/k", "x").code(), "AccessDenied");
    world.who = root;
    EXPECT_EQ(ask("DeleteAccessKey&UserName=alicia&AccessKeyId=" + key.element("AccessKeyId"))
                  .status, 200u);
    EXPECT_EQ(ask("DeleteUser&UserName=alicia").code(), "DeleteConflict");
    EXPECT_EQ(ask("DeleteLoginProfile&UserName=alicia").status, 200u);
    EXPECT_EQ(ask("DeleteLoginProfile&UserName=alicia").code(), "NoSuchEntity");
    EXPECT_EQ(ask("DeleteUser&UserName=alicia").status, 200u);
    ASSERT_EQ(ask("CreateGroup&GroupName=readers").status, 200u);
    ASSERT_EQ(ask("AddUserToGroup&GroupName=readers&UserName=bob").status, 200u);
    ASSERT_EQ(ask("UpdateGroup&GroupName=readers&NewGroupName=people").status, 200u);
    EXPECT_EQ(ask("ListGroupsForUser&UserName=bob").element("GroupName"), "people");
}

TEST_F(iam, tags_come_back_and_policies_read_them) {
    ASSERT_EQ(ask("CreateUser&UserName=alice&Tags.member.1.Key=Team&Tags.member.1.Value=blue"
                  "&Tags.member.2.Key=note").status, 200u);
    auto const shown = ask("GetUser&UserName=alice").body;
    EXPECT_NE(shown.find("<Tags><member><Key>Team</Key><Value>blue</Value></member>"
                         "<member><Key>note</Key><Value></Value></member></Tags>"),
              shown.npos) << shown;
    EXPECT_EQ(ask("CreateUser&UserName=b&Tags.member.1.Key=a&Tags.member.2.Key=A").code(),
              "ValidationError");
    EXPECT_EQ(ask("TagUser&UserName=alice").code(), "ValidationError");
    EXPECT_EQ(ask("TagUser&UserName=alice&Tags.member.2.Key=a").code(), "ValidationError");
    EXPECT_EQ(ask("TagUser&UserName=alice&Tags.member.1.Key=aws:x").code(), "ValidationError");
    EXPECT_EQ(ask("TagUser&UserName=alice&Tags.member.1.Key=a&Tags.member.1.Other=b").code(),
              "ValidationError");
    std::string many = "TagUser&UserName=alice";
    for (int i = 1; i <= 49; ++i) {
        auto const n = std::to_string(i);
        many += "&Tags.member." + n + ".Key=k" + n;
    }
    EXPECT_EQ(ask(many).code(), "LimitExceeded");
    ASSERT_EQ(world.put("/shared", "").status, 200u);
    ASSERT_EQ(world.put("/shared?policy", R"({"Version":"2012-10-17","Statement":[{)"
                        R"("Effect":"Allow","Principal":"*","Action":"s3:PutObject",)"
                        R"("Resource":"arn:aws:s3:::shared/${aws:PrincipalTag/team}/*"}]})")
                  .status, 204u);
    auto const key = ask("CreateAccessKey&UserName=alice");
    auto const root = world.who;
    world.who = {key.element("AccessKeyId"), key.element("SecretAccessKey")};
    EXPECT_EQ(world.put("/shared/blue/a", "x").status, 200u);
    EXPECT_EQ(world.put("/shared/red/a", "x").code(), "AccessDenied");
    world.who = root;
    ASSERT_EQ(ask("TagUser&UserName=alice&Tags.member.1.Key=team&Tags.member.1.Value=red").status,
              200u);
    world.who = {key.element("AccessKeyId"), key.element("SecretAccessKey")};
    EXPECT_EQ(world.put("/shared/red/a", "x").status, 200u);
    EXPECT_EQ(world.put("/shared/blue/a", "x").code(), "AccessDenied");
    world.who = root;
    ASSERT_EQ(ask("UntagUser&UserName=alice&TagKeys.member.1=TEAM&TagKeys.member.2=absent").status,
              200u);
    auto const listed = ask("ListUserTags&UserName=alice");
    EXPECT_EQ(listed.element("Key"), "note");
    EXPECT_EQ(listed.element("IsTruncated"), "false");
    auto const summary = ask("GetAccountSummary").body;
    EXPECT_NE(summary.find("<entry><key>Users</key><value>1</value></entry>"), summary.npos)
        << summary;
}

TEST_F(iam, groups_have_members) {
    ASSERT_EQ(ask("CreateUser&UserName=alice").status, 200u);
    ASSERT_EQ(ask("CreateGroup&GroupName=readers").status, 200u);
    EXPECT_EQ(ask("AddUserToGroup&GroupName=readers&UserName=alice").status, 200u);
    EXPECT_EQ(ask("GetGroup&GroupName=readers").element("UserName"), "alice");
    EXPECT_EQ(ask("ListGroupsForUser&UserName=alice").element("GroupName"), "readers");
    EXPECT_EQ(ask("GetGroup&GroupName=readers").element("Arn"),
              "arn:aws:iam::000000000000:group/readers");
    EXPECT_EQ(ask("GetRole&RoleName=readers").code(), "NoSuchEntity");
    EXPECT_EQ(ask("DeleteUser&UserName=alice").code(), "DeleteConflict");
    EXPECT_EQ(ask("DeleteGroup&GroupName=readers").code(), "DeleteConflict");
    EXPECT_EQ(ask("RemoveUserFromGroup&GroupName=readers&UserName=alice").status, 200u);
    EXPECT_EQ(ask("DeleteGroup&GroupName=readers").status, 200u);
    EXPECT_EQ(ask("GetGroup&GroupName=alice").code(), "NoSuchEntity");  // a user is none
}

TEST_F(iam, policies_of_a_group_hold_for_its_members) {
    world.put("/bucket", "");
    world.put("/bucket/k", "secret");
    ask("CreateUser&UserName=alice");
    ask("CreateGroup&GroupName=readers");
    ask("AddUserToGroup&GroupName=readers&UserName=alice");
    auto const key = ask("CreateAccessKey&UserName=alice");
    std::string const document =
        R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject",)"
        R"("Resource":"arn:aws:s3:::bucket/*"}})";
    auto const encoded = auth::uri_encode(document, false);
    auto const put =
        ask("PutGroupPolicy&GroupName=readers&PolicyName=read&PolicyDocument=" + encoded);
    EXPECT_EQ(put.status, 200u) << put.body;
    EXPECT_EQ(ask("GetGroupPolicy&GroupName=readers&PolicyName=read").element("PolicyDocument"),
              encoded);
    EXPECT_EQ(ask("ListGroupPolicies&GroupName=readers").element("member"), "read");
    EXPECT_EQ(ask("ListUserPolicies&UserName=alice").element("member"), "");
    auto const root = world.who;
    world.who = {key.element("AccessKeyId"), key.element("SecretAccessKey")};
    EXPECT_EQ(world.get("/bucket/k").body, "secret");
    EXPECT_EQ(world.get("/bucket/k?tagging").code(), "AccessDenied");
    EXPECT_EQ(world.del("/bucket/k").code(), "AccessDenied");
    EXPECT_EQ(ask("PutUserPolicy&UserName=alice&PolicyName=mine&PolicyDocument=" + encoded).code(),
              "AccessDenied");
    auto const alice = world.who;
    world.who = root;
    EXPECT_EQ(ask("PutUserPolicy&UserName=alice&PolicyName=p&PolicyDocument=%7B").code(),
              "MalformedPolicyDocument");
    EXPECT_EQ(ask("GetUserPolicy&UserName=alice&PolicyName=read").code(), "NoSuchEntity");
    EXPECT_EQ(ask("DeleteGroupPolicy&GroupName=readers&PolicyName=read").status, 200u);
    world.who = alice;
    EXPECT_EQ(world.get("/bucket/k").code(), "AccessDenied");
}

TEST_F(iam, lists_in_pages) {
    for (auto const* name : {"a", "b", "c"}) ask(std::string("CreateUser&UserName=") + name);
    auto const first = ask("ListUsers&MaxItems=2");
    EXPECT_EQ(first.elements("UserName"), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(first.element("IsTruncated"), "true");
    auto const rest = ask("ListUsers&MaxItems=2&Marker=" + first.element("Marker"));
    EXPECT_EQ(rest.elements("UserName"), std::vector<std::string>{"c"});
    EXPECT_EQ(rest.element("IsTruncated"), "false");
}

TEST_F(iam, nobody_binds_root) {
    auto const deny = auth::uri_encode(R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny",)"
                                       R"("Action":"s3:*","Resource":"*"}]})", false);
    EXPECT_EQ(ask("PutUserPolicy&UserName=root&PolicyName=p&PolicyDocument=" + deny).code(),
              "NoSuchEntity");
    auto const made = ask("CreatePolicy&PolicyName=none&PolicyDocument=" + deny);
    ASSERT_EQ(made.status, 200u) << made.body;
    EXPECT_EQ(ask("AttachUserPolicy&UserName=root&PolicyArn=" +
                  auth::uri_encode(made.element("Arn"), false)).code(), "NoSuchEntity");
    EXPECT_EQ(world.put("/bucket", "").status, 200u);
}

TEST_F(iam, passwords_are_those_of_the_other_protocols) {
    ask("CreateUser&UserName=alice");
    EXPECT_EQ(ask("GetLoginProfile&UserName=alice").code(), "NoSuchEntity");
    EXPECT_EQ(ask("UpdateLoginProfile&UserName=alice&Password=x1234567").code(), "NoSuchEntity");
    EXPECT_EQ(ask("CreateLoginProfile&UserName=alice&Password=x1234567").status, 200u);
    EXPECT_EQ(ask("CreateLoginProfile&UserName=alice&Password=x1234567").code(),
              "EntityAlreadyExists");
    EXPECT_EQ(ask("GetLoginProfile&UserName=alice").status, 200u);
    EXPECT_EQ(ask("CreateLoginProfile&UserName=alice&Password=y&PasswordResetRequired=true")
                  .code(), "ValidationError");
    for (auto const& record : world.audit())
        EXPECT_EQ(record.find("x1234567"), std::string::npos);
}

TEST_F(iam, users_come_with_what_they_had_elsewhere) {
    auto const boss = world.door().control_socket_caller();
    auth::guarded_admin::new_principal wanted;
    wanted.name = "alice";
    wanted.canonical_id = "0123456789abcdef0123456789abcdef";
    wanted.display_name = "Alice & Co";
    wanted.email = "alice@example.org";
    wanted.access_key_id = "AKIAFROMELSEWHERE";
    wanted.secret = "h7GhxuBLTrlhVUyxSPUKUV8r/2EI4ngqJxD7iBdBYLhwluN30JaT3Q==";
    ASSERT_TRUE(world.run(world.door().admin().add_principal(boss, wanted)));
    world.run(world.door().admin().put_rule(boss, "allow alice all on mine")).value();
    world.who = {wanted.access_key_id, wanted.secret};
    ASSERT_EQ(world.put("/mine", "").status, 200u);
    auto const owner = world.get("/mine?acl");
    EXPECT_EQ(owner.element("ID"), wanted.canonical_id);
    EXPECT_EQ(owner.element("DisplayName"), "Alice &amp; Co");
    EXPECT_EQ(world.get("/").element("DisplayName"), "Alice &amp; Co");
    wanted.name = "bob";
    wanted.canonical_id.clear();
    wanted.email.clear();
    auto const doubled = world.run(world.door().admin().add_principal(boss, wanted));
    EXPECT_EQ(doubled.error().code, error::already_exists);  // the key, and so all of it
    world.who = {"root", auth::root_password};
    EXPECT_EQ(ask("GetUser&UserName=bob").code(), "NoSuchEntity");
}

TEST_F(iam, refuses_what_it_does_not_do) {
    EXPECT_EQ(ask("CreateUser&UserName=alice&Path=%2Fteam%2F").code(), "ValidationError");
    EXPECT_EQ(ask("CreateUser&UserName=alice&PermissionsBoundary=a").code(), "ValidationError");
    EXPECT_EQ(ask("CreateUser&UserName=a%2Fb").code(), "ValidationError");
    EXPECT_EQ(ask("CreateUser").code(), "ValidationError");
    EXPECT_EQ(ask("TagPolicy&PolicyArn=a").code(), "InvalidAction");
    EXPECT_EQ(ask("CreateAccessKey&UserName=nobody").code(), "NoSuchEntity");
    EXPECT_EQ(ask("DeleteUser&UserName=root").code(), "DeleteConflict");  // its key is configured
    ask("CreateUser&UserName=alice");
    EXPECT_EQ(ask("CreateUser&UserName=alice").code(), "EntityAlreadyExists");
}

}  // namespace
}  // namespace sluice::s3
