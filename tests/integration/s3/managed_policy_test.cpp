// Managed policies: made once, attached to many, changed for all of them at once.
#include <gtest/gtest.h>

#include "auth/policy/managed_policy.hpp"
#include "tests/integration/s3/account_world.hpp"

namespace sluice::s3 {
namespace {

constexpr char may_read[] = R"({"Effect":"Allow","Action":"s3:GetObject","Resource":"*"})";
constexpr char may_list[] = R"({"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"})";

class managed_policies : public testing::Test {
protected:
    managed_policies() {
        world.put("/bucket", "");
        world.put("/bucket/k", "secret");
        alice = world.add_user("alice");
        bob = world.add_user("bob");
    }
    static std::string arn(std::string const& name) {
        return "arn:aws:iam::000000000000:policy/" + name;
    }
    static std::string aws(std::string const& name) { return "arn:aws:iam::aws:policy/" + name; }
    static std::string text(std::string const& statement) {
        return account_world::quoted(account_world::document(statement));
    }
    s3_reply make(std::string const& name, std::string const& statement) {
        return world.iam("CreatePolicy&PolicyName=" + name + "&PolicyDocument=" + text(statement));
    }
    s3_reply version(std::string const& statement, bool is_default) {
        return world.iam("CreatePolicyVersion&PolicyArn=" + arn("read") + "&PolicyDocument=" +
                         text(statement) + (is_default ? "&SetAsDefault=true" : ""));
    }
    s3_reply attach(std::string const& user, std::string const& policy) {
        return world.iam("AttachUserPolicy&UserName=" + user + "&PolicyArn=" + policy);
    }

    account_world world;
    account_world::signer alice, bob;
};

TEST_F(managed_policies, hold_for_whom_they_are_attached_to) {
    auto const made = make("read", may_read);
    ASSERT_EQ(made.status, 200u) << made.body;
    EXPECT_EQ(made.element("Arn"), arn("read"));
    EXPECT_EQ(made.element("DefaultVersionId"), "v1");
    EXPECT_EQ(make("read", may_read).code(), "EntityAlreadyExists");
    EXPECT_EQ(world.get_as(alice, "/bucket/k").code(), "AccessDenied");
    ASSERT_EQ(attach("alice", arn("read")).status, 200u);
    EXPECT_EQ(attach("alice", arn("read")).status, 200u);
    EXPECT_EQ(world.get_as(alice, "/bucket/k").body, "secret");
    EXPECT_EQ(world.get_as(bob, "/bucket/k").code(), "AccessDenied");
    EXPECT_EQ(world.iam("ListAttachedUserPolicies&UserName=alice").element("PolicyArn"), arn("read"));
    EXPECT_EQ(world.iam("ListUserPolicies&UserName=alice").element("member"), "");
    EXPECT_EQ(world.iam("GetPolicy&PolicyArn=" + arn("read")).element("AttachmentCount"), "1");

    ASSERT_EQ(world.iam("CreateGroup&GroupName=staff").status, 200u);
    ASSERT_EQ(world.iam("AddUserToGroup&GroupName=staff&UserName=bob").status, 200u);
    ASSERT_EQ(world.iam("AttachGroupPolicy&GroupName=staff&PolicyArn=" + arn("read")).status, 200u);
    EXPECT_EQ(world.get_as(bob, "/bucket/k").body, "secret");
    auto const all = world.iam("ListEntitiesForPolicy&PolicyArn=" + arn("read"));
    EXPECT_EQ(all.elements("UserName"), std::vector<std::string>{"alice"});
    EXPECT_EQ(all.elements("GroupName"), std::vector<std::string>{"staff"});
    EXPECT_EQ(world.iam("ListEntitiesForPolicy&EntityFilter=User&PolicyArn=" + arn("read"))
                  .elements("GroupName"), std::vector<std::string>{});

    EXPECT_EQ(world.iam("DeletePolicy&PolicyArn=" + arn("read")).code(), "DeleteConflict");
    EXPECT_EQ(world.iam("DeleteUser&UserName=alice").code(), "DeleteConflict");
    EXPECT_EQ(world.iam("DetachUserPolicy&UserName=alice&PolicyArn=" + arn("read")).status, 200u);
    EXPECT_EQ(world.iam("DetachUserPolicy&UserName=alice&PolicyArn=" + arn("read")).code(),
              "NoSuchEntity");
    EXPECT_EQ(world.get_as(alice, "/bucket/k").code(), "AccessDenied");
    EXPECT_EQ(world.iam("DetachGroupPolicy&GroupName=staff&PolicyArn=" + arn("read")).status, 200u);
    EXPECT_EQ(world.iam("DeletePolicy&PolicyArn=" + arn("read")).status, 200u);
    EXPECT_EQ(attach("alice", arn("read")).code(), "NoSuchEntity");
}

TEST_F(managed_policies, change_for_all_at_once) {
    ASSERT_EQ(make("read", may_read).status, 200u);
    ASSERT_EQ(attach("alice", arn("read")).status, 200u);
    ASSERT_EQ(attach("bob", arn("read")).status, 200u);
    EXPECT_EQ(version(may_list, false).element("VersionId"), "v2");
    EXPECT_EQ(world.get_as(alice, "/bucket/k").status, 200u);
    EXPECT_EQ(world.get_as(alice, "/bucket").code(), "AccessDenied");
    auto const v2 = "&VersionId=v2&PolicyArn=" + arn("read");
    ASSERT_EQ(world.iam("SetDefaultPolicyVersion" + v2).status, 200u);
    for (auto const& who : {alice, bob}) {
        EXPECT_EQ(world.get_as(who, "/bucket/k").code(), "AccessDenied");
        EXPECT_EQ(world.get_as(who, "/bucket").status, 200u);
    }
    EXPECT_EQ(world.iam("DeletePolicyVersion" + v2).code(), "DeleteConflict");
    EXPECT_EQ(world.iam("DeletePolicyVersion&VersionId=v1&PolicyArn=" + arn("read")).status, 200u);
    EXPECT_EQ(world.iam("GetPolicyVersion&VersionId=v1&PolicyArn=" + arn("read")).code(),
              "NoSuchEntity");
    EXPECT_EQ(world.iam("GetPolicyVersion" + v2).element("Document"), text(may_list));
    for (auto const* name : {"v3", "v4", "v5", "v6"})
        EXPECT_EQ(version(may_read, false).element("VersionId"), name);
    EXPECT_EQ(version(may_read, true).code(), "LimitExceeded");
    EXPECT_EQ(world.iam("ListPolicyVersions&PolicyArn=" + arn("read")).elements("VersionId"),
              (std::vector<std::string>{"v6", "v5", "v4", "v3", "v2"}));
    auto const page = world.iam("ListPolicyVersions&MaxItems=2&PolicyArn=" + arn("read"));
    EXPECT_EQ(page.element("Marker"), "v5");
    EXPECT_EQ(world.iam("ListPolicyVersions&Marker=v5&PolicyArn=" + arn("read"))
                  .elements("VersionId"), (std::vector<std::string>{"v4", "v3", "v2"}));
    EXPECT_EQ(version("{}", true).code(), "LimitExceeded");
    EXPECT_EQ(make("bad", R"({"Effect":"Maybe"})").code(), "MalformedPolicyDocument");
    EXPECT_EQ(world.iam("DeletePolicy&PolicyArn=" + arn("read")).code(), "DeleteConflict");
}

TEST_F(managed_policies, of_aws_are_there) {
    ASSERT_EQ(attach("alice", aws("AmazonS3ReadOnlyAccess")).status, 200u);
    EXPECT_EQ(world.get_as(alice, "/bucket/k").body, "secret");
    EXPECT_EQ(world.get_as(alice, "/bucket").status, 200u);
    EXPECT_EQ(world.get_as(alice, "/").status, 200u);
    world.who = alice;
    EXPECT_EQ(world.put("/bucket/l", "x").code(), "AccessDenied");
    EXPECT_EQ(world.put("/other", "").code(), "AccessDenied");
    EXPECT_EQ(world.iam(alice, "ListUsers").code(), "AccessDenied");
    ASSERT_EQ(attach("bob", aws("AdministratorAccess")).status, 200u);
    world.who = bob;
    EXPECT_EQ(world.put("/bucket/l", "x").status, 200u);
    EXPECT_EQ(world.iam(bob, "CreateUser&UserName=carol").status, 200u);
    EXPECT_EQ(world.iam(bob, "ListUsers").status, 200u);
    ASSERT_EQ(world.iam("CreateGroup&GroupName=staff").status, 200u);
    ASSERT_EQ(world.iam(bob, "AttachGroupPolicy&GroupName=staff&PolicyArn=" +
                                 aws("AmazonS3FullAccess")).status, 200u);
    EXPECT_EQ(world.iam("DeletePolicy&PolicyArn=" + aws("AdministratorAccess")).code(),
              "NoSuchEntity");
    auto const known = world.iam("ListPolicies&Scope=AWS&OnlyAttached=true");
    EXPECT_EQ(known.elements("PolicyName"),
              (std::vector<std::string>{"AdministratorAccess", "AmazonS3FullAccess",
                                        "AmazonS3ReadOnlyAccess"}));
    EXPECT_EQ(world.iam("ListPolicies&Scope=Local").elements("PolicyName"),
              std::vector<std::string>{});
}

// What a policy says of IAM's own calls holds for each of them.
TEST_F(managed_policies, name_the_calls_of_iam) {
    ASSERT_EQ(make("some", R"({"Effect":"Allow","Action":["iam:Get*","iam:CreateUser"],"Resource":"*"})").status, 200u);
    ASSERT_EQ(attach("alice", arn("some")).status, 200u);
    EXPECT_EQ(world.iam(alice, "GetUser&UserName=bob").status, 200u);
    EXPECT_EQ(world.iam(alice, "CreateUser&UserName=carol").status, 200u);
    EXPECT_EQ(world.iam(alice, "DeleteUser&UserName=carol").code(), "AccessDenied");
    EXPECT_EQ(world.iam(alice, "ListUsers").code(), "AccessDenied");
    EXPECT_EQ(world.iam(alice, "CreateAccessKey&UserName=bob").code(), "AccessDenied");
    EXPECT_EQ(world.get_as(alice, "/bucket/k").code(), "AccessDenied");
    EXPECT_EQ(make("named", R"({"Effect":"Allow","Action":"iam:GetUser","Resource":"arn:aws:iam::000000000000:user/bob"})").code(),
              "MalformedPolicyDocument");
    ASSERT_EQ(make("no", R"({"Effect":"Deny","Action":"iam:CreateUser","Resource":"*"})").status, 200u);
    ASSERT_EQ(attach("alice", arn("no")).status, 200u);
    EXPECT_EQ(world.iam(alice, "CreateUser&UserName=dora").code(), "AccessDenied");
}

TEST_F(managed_policies, have_limits) {
    for (int i = 0; i <= static_cast<int>(auth::most_attached_policies); ++i) {
        auto const name = "p" + std::to_string(i);
        ASSERT_EQ(make(name, may_read).status, 200u);
        EXPECT_EQ(attach("alice", arn(name)).code(),
                  i < static_cast<int>(auth::most_attached_policies) ? "" : "LimitExceeded");
    }
    EXPECT_EQ(make("a/b", may_read).code(), "ValidationError");
    EXPECT_EQ(make("long", R"({"Effect":"Allow","Action":"s3:GetObject","Resource":")" +
                               std::string(auth::longest_managed_document, 'x') + "\"}").code(),
              "MalformedPolicyDocument");
    EXPECT_EQ(attach("alice", "arn:aws:iam::1:policy/p0").code(), "InvalidInput");
    EXPECT_EQ(attach("nobody", arn("p0")).code(), "NoSuchEntity");
    EXPECT_EQ(world.iam("CreatePolicy&PolicyName=x&Tags.member.1.Key=a&PolicyDocument=" +
                        text(may_read)).code(), "ValidationError");
    EXPECT_EQ(world.iam("ListPolicies&PolicyUsageFilter=PermissionsBoundary").code(),
              "ValidationError");
}

}  // namespace
}  // namespace sluice::s3
