// Roles with trust policies: who may act as one, and what his session may.
#include <gtest/gtest.h>

#include "tests/integration/s3/account_world.hpp"

namespace sluice::s3 {
namespace {

class roles : public testing::Test {
protected:
    roles() {
        world.put("/bucket", "");
        world.put("/bucket/k", "secret");
        alice = world.add_user("alice");
        bob = world.add_user("bob");
    }

    static std::string trust(std::string const& principal, std::string const& more = {}) {
        return account_world::document(R"({"Effect":"Allow","Principal":)" + principal +
                                       R"(,"Action":"sts:AssumeRole")" + more + "}");
    }
    static std::string user(std::string const& name) {
        return R"({"AWS":"arn:aws:iam::000000000000:user/)" + name + "\"}";
    }
    s3_reply make(std::string const& name, std::string const& document,
                  std::string const& more = {}) {
        return world.iam("CreateRole&RoleName=" + name + "&AssumeRolePolicyDocument=" +
                         account_world::quoted(document) + more);
    }
    s3_reply put_policy(std::string const& kind, std::string const& holder,
                        std::string const& statement, std::string const& name = "p") {
        return world.iam("Put" + kind + "Policy&" + kind + "Name=" + holder + "&PolicyName=" + name +
                         "&PolicyDocument=" +
                         account_world::quoted(account_world::document(statement)));
    }
    void let_read(std::string const& role) {
        ASSERT_EQ(put_policy("Role", role,
                             R"({"Effect":"Allow","Action":"s3:GetObject","Resource":"*"})").status,
                  200u);
    }

    account_world world;
    account_world::signer alice, bob;
};

TEST_F(roles, whom_the_trust_policy_names_acts_as_one) {
    auto const document = trust(user("alice"));
    auto const made = make("reader", document, "&Description=who+reads&MaxSessionDuration=7200");
    ASSERT_EQ(made.status, 200u) << made.body;
    EXPECT_EQ(made.element("Arn"), account_world::role_arn("reader"));
    EXPECT_EQ(made.element("AssumeRolePolicyDocument"), account_world::quoted(document));
    let_read("reader");
    auto const got = world.iam("GetRole&RoleName=reader");
    EXPECT_EQ(got.element("Description"), "who reads");
    EXPECT_EQ(got.element("MaxSessionDuration"), "7200");
    EXPECT_EQ(world.iam("ListRoles").elements("RoleName"), std::vector<std::string>{"reader"});

    auto const reply = world.assume(alice, "reader");
    ASSERT_EQ(reply.status, 200u) << reply.body;
    EXPECT_EQ(world.get_as(account_world::session_of(reply), "/bucket/k").body, "secret");
    EXPECT_EQ(world.assume(bob, "reader").code(), "AccessDenied");
    // Whoever is a member has the role's rights himself, and is not who is trusted.
    auto const boss = world.door().control_socket_caller();
    world.run(world.door().admin().set_membership(boss, "bob", "reader", true)).value();
    EXPECT_EQ(world.assume(bob, "reader").code(), "AccessDenied");

    EXPECT_EQ(world.assume(alice, "reader", "&DurationSeconds=7200").status, 200u);
    EXPECT_EQ(world.assume(alice, "reader", "&DurationSeconds=7201").code(), "ValidationError");
    EXPECT_EQ(world.iam("UpdateRole&RoleName=reader&MaxSessionDuration=3600").status, 200u);
    EXPECT_EQ(world.assume(alice, "reader", "&DurationSeconds=7200").code(), "ValidationError");
    EXPECT_EQ(world.iam("UpdateRole&RoleName=reader&MaxSessionDuration=3599").code(),
              "ValidationError");
    EXPECT_EQ(world.iam("GetRole&RoleName=reader").element("Description"), "who reads");

    auto const changed = account_world::quoted(trust(user("bob")));
    EXPECT_EQ(world.iam("UpdateAssumeRolePolicy&RoleName=reader&PolicyDocument=" + changed).status,
              200u);
    EXPECT_EQ(world.assume(alice, "reader").code(), "AccessDenied");
    EXPECT_EQ(world.assume(bob, "reader").status, 200u);
}

// As in one account of AWS: a trust in the account is one in its policies.
TEST_F(roles, a_trust_in_the_account_needs_the_callers_own_right) {
    ASSERT_EQ(make("reader", trust(R"({"AWS":"arn:aws:iam::000000000000:root"})")).status, 200u);
    EXPECT_EQ(world.assume(alice, "reader").code(), "AccessDenied");
    auto const own = [](std::string const& effect, std::string const& resource) {
        return R"({"Effect":")" + effect + R"(","Action":"sts:AssumeRole","Resource":")" + resource +
               "\"}";
    };
    ASSERT_EQ(put_policy("User", "alice", own("Allow", account_world::role_arn("other"))).status, 200u);
    EXPECT_EQ(world.assume(alice, "reader").code(), "AccessDenied");
    ASSERT_EQ(put_policy("User", "alice", own("Allow", "arn:aws:iam::*:role/read*")).status, 200u);
    EXPECT_EQ(world.assume(alice, "reader").status, 200u);
    EXPECT_EQ(world.assume(bob, "reader").code(), "AccessDenied");
    // The right to assume is none without the trust.
    ASSERT_EQ(make("other", trust(user("bob"))).status, 200u);
    ASSERT_EQ(put_policy("User", "alice", own("Allow", "*")).status, 200u);
    EXPECT_EQ(world.assume(alice, "other").code(), "AccessDenied");
    // A deny wins whatever the trust says.
    ASSERT_EQ(put_policy("User", "bob", own("Deny", account_world::role_arn("other"))).status, 200u);
    EXPECT_EQ(world.assume(bob, "other").code(), "AccessDenied");
    // Groups bring the right as well.
    ASSERT_EQ(world.iam("CreateGroup&GroupName=staff").status, 200u);
    ASSERT_EQ(world.iam("AddUserToGroup&GroupName=staff&UserName=carol").code(), "NoSuchEntity");
    auto const carol = world.add_user("carol");
    ASSERT_EQ(world.iam("AddUserToGroup&GroupName=staff&UserName=carol").status, 200u);
    ASSERT_EQ(put_policy("Group", "staff", own("Allow", "*")).status, 200u);
    EXPECT_EQ(world.assume(carol, "reader").status, 200u);
}

TEST_F(roles, conditions_are_about_the_request) {
    ASSERT_EQ(make("vendor", trust(user("alice"),
                                   R"(,"Condition":{"StringEquals":{"sts:ExternalId":"ex-1"},)"
                                   R"("StringLike":{"sts:RoleSessionName":"night*"}})")).status, 200u);
    EXPECT_EQ(world.assume(alice, "vendor").code(), "AccessDenied");
    EXPECT_EQ(world.assume(alice, "vendor", "&ExternalId=ex-2").code(), "AccessDenied");
    EXPECT_EQ(world.assume(alice, "vendor", "&ExternalId=ex-1").status, 200u);
    EXPECT_EQ(world.assume(alice, "vendor", "&ExternalId=%20").code(), "ValidationError");
    EXPECT_EQ(world.sts(alice, "AssumeRole&RoleSessionName=daily&ExternalId=ex-1&RoleArn=" +
                                   account_world::role_arn("vendor")).code(), "AccessDenied");
}

TEST_F(roles, a_deny_of_the_trust_policy_wins) {
    ASSERT_EQ(make("reader",
                   account_world::document(
                       R"({"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"},)"
                       R"({"Effect":"Deny","Principal":)" + user("bob") +
                       R"(,"Action":"sts:*"})")).status, 200u);
    EXPECT_EQ(world.assume(alice, "reader").status, 200u);
    EXPECT_EQ(world.assume(bob, "reader").code(), "AccessDenied");
}

TEST_F(roles, go_with_their_trust) {
    ASSERT_EQ(make("reader", trust(user("alice"))).status, 200u);
    EXPECT_EQ(world.iam("DeleteRole&RoleName=reader").status, 200u);
    ASSERT_EQ(make("reader", trust(user("bob"))).status, 200u);
    EXPECT_EQ(world.assume(alice, "reader").code(), "AccessDenied");
    // And who comes back under a name is somebody else.
    auto const boss = world.door().control_socket_caller();
    world.run(world.door().admin().delete_principal(boss, "bob")).value();
    auto const other = world.add_user("bob");
    EXPECT_EQ(world.assume(other, "reader").code(), "AccessDenied");
}

TEST_F(roles, chains_end_with_the_session_they_began_in) {
    ASSERT_EQ(make("first", trust(user("alice")), "&MaxSessionDuration=7200").status, 200u);
    ASSERT_EQ(make("second", trust(R"({"AWS":"arn:aws:iam::000000000000:role/first"})"),
                   "&MaxSessionDuration=7200").status, 200u);
    let_read("second");
    auto const first =
        account_world::session_of(world.assume(alice, "first", "&DurationSeconds=900"));
    EXPECT_EQ(world.get_as(first, "/bucket/k").code(), "AccessDenied");
    auto const onward = [&](account_world::session const& from, std::string const& more = {}) {
        return world.sts(from, "AssumeRole&RoleSessionName=onward&RoleArn=" +
                                   account_world::role_arn("second") + more);
    };
    EXPECT_EQ(onward(first, "&DurationSeconds=3601").code(), "ValidationError");
    auto const reply = onward(first);
    ASSERT_EQ(reply.status, 200u) << reply.body;
    auto const second = account_world::session_of(reply);
    EXPECT_EQ(world.get_as(second, "/bucket/k").body, "secret");
    // No longer than the first.
    world.clock.advance(std::chrono::seconds(899));
    EXPECT_EQ(world.get_as(second, "/bucket/k").status, 200u);
    world.clock.advance(std::chrono::seconds(1));
    EXPECT_EQ(world.get_as(second, "/bucket/k").code(), "ExpiredToken");
    // With a policy, a session makes no other: it would shed it.
    auto const narrow = account_world::session_of(world.assume(
        alice, "first", "&Policy=" + account_world::quoted(account_world::document(
            R"({"Effect":"Allow","Action":"*","Resource":"*"})"))));
    EXPECT_EQ(onward(narrow).code(), "AccessDenied");
    // Whoever asked first takes all of them with him.
    auto const again = account_world::session_of(onward(account_world::session_of(world.assume(alice, "first"))));
    EXPECT_EQ(world.get_as(again, "/bucket/k").status, 200u);
    auto const boss = world.door().control_socket_caller();
    world.run(world.door().admin().set_enabled(boss, "alice", false)).value();
    EXPECT_EQ(world.get_as(again, "/bucket/k").code(), "InvalidToken");
}

TEST_F(roles, refuse_what_is_not_understood) {
    for (auto const* document :
         {"{}", "not json", R"({"Statement":[]})",
          R"({"Statement":{"Effect":"Allow","Action":"sts:AssumeRole"}})",
          R"({"Statement":{"Effect":"Allow","Principal":{"AWS":"nobody"},"Action":"sts:AssumeRole"}})",
          R"({"Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}})",
          R"({"Statement":{"Effect":"Allow","Principal":{"AWS":"alice"},"Action":"s3:GetObject"}})",
          R"({"Statement":{"Effect":"Allow","Principal":{"AWS":"alice"},"Action":"sts:TagSession"}})",
          R"({"Statement":{"Effect":"Allow","Principal":{"AWS":"alice"},"Action":"sts:AssumeRole","Resource":"*"}})",
          R"({"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"alice"},"Action":"sts:AssumeRole"}})",
          R"({"Statement":{"Effect":"Allow","Principal":{"AWS":"alice"},"Action":"sts:AssumeRoleWithWebIdentity"}})",
          R"({"Statement":{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::000000000000:oidc-provider/x"},"Action":"sts:AssumeRoleWithWebIdentity"}})",
          R"({"Statement":{"Effect":"Allow","Principal":{"AWS":"alice"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"s3:prefix":"a"}}}})",
          R"({"Statement":{"Effect":"Allow","Principal":{"AWS":"alice"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"x.example:sub":"a"}}}})"})
        EXPECT_EQ(make("reader", document).code(), "MalformedPolicyDocument") << document;
    EXPECT_EQ(world.iam("GetRole&RoleName=reader").code(), "NoSuchEntity");
    auto const fine = account_world::quoted(trust(user("alice")));
    auto const base = "CreateRole&RoleName=reader&AssumeRolePolicyDocument=" + fine;
    EXPECT_EQ(world.iam(base + "&Path=%2Fa%2F").code(), "ValidationError");
    EXPECT_EQ(world.iam(base + "&PermissionsBoundary=arn").code(), "ValidationError");
    EXPECT_EQ(world.iam(base + "&Tags.member.2.Key=a").code(), "ValidationError");
    EXPECT_EQ(world.iam("CreateRole&RoleName=reader").code(), "ValidationError");
    EXPECT_EQ(world.iam(alice, base).code(), "AccessDenied");
    EXPECT_EQ(world.iam("CreateRole&RoleName=alice&AssumeRolePolicyDocument=" + fine).code(),
              "EntityAlreadyExists");
}

TEST_F(roles, groups_are_none) {
    ASSERT_EQ(world.iam("CreateGroup&GroupName=staff").status, 200u);
    EXPECT_EQ(world.iam("GetRole&RoleName=staff").code(), "NoSuchEntity");
    EXPECT_EQ(world.iam("ListRoles").elements("RoleName"), std::vector<std::string>{});
    EXPECT_EQ(world.iam("ListGroups").elements("GroupName"), std::vector<std::string>{"staff"});
    EXPECT_EQ(world.assume(world.root_signer(), "staff").code(), "AccessDenied");
    ASSERT_EQ(world.iam("AddUserToGroup&GroupName=staff&UserName=alice").status, 200u);
    EXPECT_EQ(world.assume(alice, "staff").code(), "AccessDenied");
    EXPECT_EQ(make("reader", trust(R"({"AWS":"staff"})")).code(), "MalformedPolicyDocument");
    // In a group are users.
    ASSERT_EQ(make("reader", trust(user("alice"))).status, 200u);
    EXPECT_EQ(world.iam("AddUserToGroup&GroupName=staff&UserName=reader").code(), "NoSuchEntity");
    auto const boss = world.door().control_socket_caller();
    EXPECT_TRUE(world.run(world.door().admin().set_membership(boss, "reader", "staff", true))
                    .has_error());
    EXPECT_TRUE(world.run(world.door().admin().set_membership(boss, "staff", "reader", true))
                    .has_error());
    EXPECT_EQ(world.iam("GetGroup&GroupName=reader").code(), "NoSuchEntity");
    EXPECT_EQ(world.iam("DeleteGroup&GroupName=reader").code(), "NoSuchEntity");
}

TEST_F(roles, go_only_without_policies) {
    ASSERT_EQ(make("reader", trust(user("alice"))).status, 200u);
    let_read("reader");
    EXPECT_EQ(world.iam("DeleteRole&RoleName=reader").code(), "DeleteConflict");
    EXPECT_EQ(world.iam("DeleteRolePolicy&RoleName=reader&PolicyName=p").status, 200u);
    EXPECT_EQ(world.iam("DeleteRole&RoleName=reader").status, 200u);
}

}  // namespace
}  // namespace sluice::s3
