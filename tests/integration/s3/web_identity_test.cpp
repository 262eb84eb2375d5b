// AssumeRoleWithWebIdentity, with tokens that another implementation signed
// (tests/golden/authn/make_token_vectors.py): nobody signs the request, the token is the proof.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "auth/guard/guarded_providers.hpp"
#include "auth/keys/key_documents.hpp"
#include "tests/integration/s3/account_world.hpp"
#include "tests/unit/auth/vectors.hpp"

namespace sluice::s3 {
namespace {

constexpr char issuer[] = "https://issuer.example/realm";
constexpr char provider_arn[] = "arn:aws:iam::000000000000:oidc-provider/issuer.example/realm";
constexpr char keys_at[] = "https://issuer.example/keys";

// What is where; what is not there cannot be reached.
class documents final : public auth::key_documents {
public:
    task<result<std::string>> read(std::string place) override {
        ++readings;
        auto const found = at.find(place);
        if (found == at.end()) co_return failure{error::io_failed, place + ": not there"};
        co_return found->second;
    }
    std::map<std::string, std::string> at;
    std::size_t readings = 0;
};

class web_identities : public testing::Test {
protected:
    web_identities() {
        world.door().read_keys_with(source);
        world.put("/bucket", "");
        world.put("/bucket/k", "secret");
        for (auto const& block :
             test::read_vectors(SLUICE_GOLDEN_FOLDER "/authn/token_vectors.txt"))
            vectors[block.front().second] = {block.begin(), block.end()};
        source.at[std::string(issuer) + "/.well-known/openid-configuration"] =
            std::string(R"({"issuer":")") + issuer + R"(","jwks_uri":")" + keys_at + "\"}";
        source.at[keys_at] = vectors.at("world alice").at("keys");
    }
    std::string token(std::string const& name) { return vectors.at("world " + name).at("token"); }

    s3_reply add_provider(std::string const& more = "&ClientIDList.member.1=sluice") {
        return world.iam(std::string("CreateOpenIDConnectProvider&Url=") +
                         account_world::quoted(issuer) + more);
    }
    void add_role(std::string const& condition) {
        auto const trust = account_world::document(
            std::string(R"({"Effect":"Allow","Principal":{"Federated":")") + provider_arn +
            R"("},"Action":"sts:AssumeRoleWithWebIdentity","Condition":)" + condition + "}");
        auto const made = world.iam("CreateRole&RoleName=reader&AssumeRolePolicyDocument=" +
                                    account_world::quoted(trust));
        ASSERT_EQ(made.status, 200u) << made.body;
        ASSERT_EQ(world.iam("AttachRolePolicy&RoleName=reader&PolicyArn="
                            "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess").status, 200u);
    }
    void add_both() {
        ASSERT_EQ(add_provider().status, 200u);
        add_role(R"({"StringEquals":{"issuer.example/realm:sub":"alice","issuer.example/realm:aud":"sluice"}})");
    }
    s3_reply show(std::string const& text, std::string const& more = {}) {
        return world.unsigned_sts("AssumeRoleWithWebIdentity&RoleSessionName=from-afar&RoleArn=" +
                                  account_world::quoted(account_world::role_arn("reader")) +
                                  "&WebIdentityToken=" + account_world::quoted(text) + more);
    }
    bool audit_has(std::string_view text) {
        auto const records = world.audit();
        return std::any_of(records.begin(), records.end(), [&](std::string const& one) {
            return one.find(text) != std::string::npos;
        });
    }

    account_world world;
    documents source;
    std::map<std::string, std::map<std::string, std::string>> vectors;
};

TEST_F(web_identities, become_a_role_that_trusts_them) {
    add_both();
    auto const reply = show(token("alice"));
    ASSERT_EQ(reply.status, 200u) << reply.body;
    EXPECT_EQ(reply.element("SubjectFromWebIdentityToken"), "alice");
    EXPECT_EQ(reply.element("Audience"), "sluice");
    EXPECT_EQ(reply.element("Provider"), issuer);
    EXPECT_EQ(reply.element("Arn"), "arn:aws:sts::000000000000:assumed-role/reader/from-afar");
    auto const mine = account_world::session_of(reply);
    EXPECT_EQ(world.get_as(mine, "/bucket/k").body, "secret");
    world.who = mine.who;
    EXPECT_EQ(world.put("/bucket/l", "x", {{"x-amz-security-token", mine.token}}).code(),
              "AccessDenied");
    EXPECT_EQ(world.sts(mine, "GetCallerIdentity").element("Arn"), reply.element("Arn"));
    EXPECT_TRUE(audit_has("\"auth_method\":\"web-identity\""));
    EXPECT_TRUE(audit_has("reader/from-afar/ST"));
    EXPECT_FALSE(audit_has(token("alice")));
}

TEST_F(web_identities, are_judged_by_their_claims) {
    add_both();
    EXPECT_EQ(show(token("bob")).code(), "AccessDenied");
    EXPECT_EQ(show(token("audience")).code(), "InvalidIdentityToken");
    EXPECT_EQ(show(token("expired")).code(), "ExpiredTokenException");
    EXPECT_EQ(show("nonsense").code(), "InvalidIdentityToken");
    EXPECT_EQ(show(vectors.at("another issuer").at("token")).code(), "InvalidIdentityToken");
    auto forged = token("alice");
    forged[forged.size() - 30] = forged[forged.size() - 30] == 'A' ? 'B' : 'A';
    EXPECT_EQ(show(forged).code(), "InvalidIdentityToken");
    EXPECT_EQ(show(std::string(20'001, 'a')).code(), "ValidationError");
    EXPECT_TRUE(audit_has("token_signature"));
    EXPECT_TRUE(audit_has("token_expired"));
    EXPECT_TRUE(audit_has("\"credential_id\":\"https://issuer.example/realm bob\""));
    // Of no role, whatever the token.
    EXPECT_EQ(world.unsigned_sts("AssumeRoleWithWebIdentity&RoleSessionName=x1&RoleArn=" +
                                 account_world::role_arn("nobody") + "&WebIdentityToken=" +
                                 token("alice")).code(), "AccessDenied");
    EXPECT_EQ(show(token("alice"), "&ProviderId=www.amazon.com").code(), "ValidationError");
    EXPECT_EQ(show(token("alice"), "&DurationSeconds=3601").code(), "ValidationError");
    EXPECT_EQ(show(token("alice"), "&Policy=%7B").code(), "MalformedPolicyDocument");
}

TEST_F(web_identities, may_be_held_to_how_they_logged_in) {
    ASSERT_EQ(add_provider().status, 200u);
    add_role(R"({"ForAnyValue:StringEquals":{"issuer.example/realm:amr":"otp"}})");
    EXPECT_EQ(show(token("alice")).code(), "AccessDenied");
    EXPECT_EQ(show(token("methods")).status, 200u);
}

// Rules that let strangers do anything let nobody in with a token.
TEST_F(web_identities, need_the_trust_policy_itself) {
    ASSERT_EQ(add_provider().status, 200u);
    auto const boss = world.door().control_socket_caller();
    ASSERT_EQ(world.iam("CreateRole&RoleName=reader&AssumeRolePolicyDocument=" +
                        account_world::quoted(account_world::document(
                            R"({"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:*"})")))
                  .status, 200u);
    world.run(world.door().admin().put_rule(boss, "allow anyone all on principal:reader")).value();
    EXPECT_EQ(show(token("alice")).code(), "AccessDenied");
}

TEST_F(web_identities, follow_their_providers_keys) {
    add_both();
    ASSERT_EQ(show(token("alice")).status, 200u);
    auto const before = source.readings;
    EXPECT_EQ(show(token("alice")).status, 200u);
    EXPECT_EQ(source.readings, before);
    source.at[keys_at] = vectors.at("world rotated").at("keys");
    EXPECT_EQ(show(token("rotated")).status, 200u);
    EXPECT_EQ(show(token("alice")).code(), "InvalidIdentityToken");
    // Whatever is asked, not more often than the limit (discovery and keys are two readings).
    for (int i = 0; i < 50; ++i) EXPECT_EQ(show(token("alice")).code(), "InvalidIdentityToken");
    EXPECT_LE(source.readings, before + 2 * 6);
    world.clock.advance(std::chrono::seconds(61));
    EXPECT_EQ(show(token("rotated")).status, 200u);
}

TEST_F(web_identities, outlast_a_provider_that_is_away_for_a_while) {
    add_both();
    ASSERT_EQ(show(token("alice")).status, 200u);
    source.at.clear();
    world.clock.advance(std::chrono::minutes(11));
    EXPECT_EQ(show(token("alice")).status, 200u);
    world.clock.advance(std::chrono::minutes(60));
    auto const reply = show(token("alice"));
    EXPECT_EQ(reply.status, 400u);
    EXPECT_EQ(reply.code(), "IDPCommunicationError");
}

TEST_F(web_identities, come_from_providers_that_are_known) {
    EXPECT_EQ(show(token("alice")).code(), "InvalidIdentityToken");
    EXPECT_EQ(add_provider("").code(), "InvalidInput");
    EXPECT_EQ(add_provider("&ClientIDList.member.1=sluice&ThumbprintList.member.1=" +
                           std::string(40, 'a')).code(), "InvalidInput");
    EXPECT_EQ(add_provider("&ClientIDList.member.2=sluice").code(), "ValidationError");
    auto const keys = source.at[keys_at];
    source.at[keys_at] = "{}";
    EXPECT_EQ(add_provider().code(), "OpenIdIdpCommunicationError");
    source.at[keys_at] = keys;
    ASSERT_EQ(add_provider().element("OpenIDConnectProviderArn"), provider_arn);
    EXPECT_EQ(add_provider().code(), "EntityAlreadyExists");
    add_role(R"({"StringEquals":{"issuer.example/realm:sub":"alice"}})");
    auto const about = std::string("&OpenIDConnectProviderArn=") + provider_arn;
    EXPECT_EQ(world.iam("GetOpenIDConnectProvider" + about).element("Url"), "issuer.example/realm");
    EXPECT_EQ(world.iam("ListOpenIDConnectProviders").element("Arn"), provider_arn);
    EXPECT_EQ(world.iam("AddClientIDToOpenIDConnectProvider&ClientID=other" + about).status, 200u);
    EXPECT_EQ(show(token("audience")).status, 200u);
    EXPECT_EQ(world.iam("RemoveClientIDFromOpenIDConnectProvider&ClientID=other" + about).status,
              200u);
    EXPECT_EQ(show(token("audience")).code(), "InvalidIdentityToken");
    EXPECT_EQ(world.iam("RemoveClientIDFromOpenIDConnectProvider&ClientID=sluice" + about).code(),
              "InvalidInput");
    EXPECT_EQ(world.iam("UpdateOpenIDConnectProviderThumbprint" + about).code(), "InvalidInput");
    auto const mine = account_world::session_of(show(token("alice")));
    EXPECT_EQ(world.iam("DeleteOpenIDConnectProvider" + about).status, 200u);
    EXPECT_EQ(show(token("alice")).code(), "InvalidIdentityToken");
    EXPECT_EQ(world.get_as(mine, "/bucket/k").status, 200u);
    EXPECT_EQ(world.iam("DeleteOpenIDConnectProvider" + about).code(), "NoSuchEntity");
    auto const bob = world.add_user("bob");
    EXPECT_EQ(world.iam(bob, "ListOpenIDConnectProviders").code(), "AccessDenied");
}

TEST_F(web_identities, may_be_told_from_others_by_policies) {
    add_both();
    auto const deny = account_world::document(
        std::string(R"({"Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":)") +
        R"({"StringEquals":{"aws:FederatedProvider":")" + provider_arn + "\"}}}");
    ASSERT_EQ(world.iam("PutRolePolicy&RoleName=reader&PolicyName=no&PolicyDocument=" +
                        account_world::quoted(deny)).status, 200u);
    EXPECT_EQ(world.get_as(account_world::session_of(show(token("alice"))), "/bucket/k").code(),
              "AccessDenied");
    EXPECT_EQ(world.get_as(account_world::session_of(
                               world.assume(world.root_signer(), "reader")), "/bucket/k").status,
              200u);
    // Sessions from before a moment are of no use, as the console's revocation does it.
    auto const revoke = account_world::document(
        R"({"Effect":"Deny","Action":"*","Resource":"*","Condition":)"
        R"({"DateLessThan":{"aws:TokenIssueTime":"2026-01-01T00:10:00Z"}}})");
    auto const early = account_world::session_of(world.assume(world.root_signer(), "reader"));
    ASSERT_EQ(world.iam("PutRolePolicy&RoleName=reader&PolicyName=revoke&PolicyDocument=" +
                        account_world::quoted(revoke)).status, 200u);
    EXPECT_EQ(world.get_as(early, "/bucket/k").code(), "AccessDenied");
    world.clock.advance(std::chrono::minutes(10));
    auto const late = account_world::session_of(world.assume(world.root_signer(), "reader"));
    EXPECT_EQ(world.get_as(late, "/bucket/k").status, 200u);
}

// Off the wire as everything is: what stands in a file is read again.
TEST_F(web_identities, have_keys_in_files) {
    auto const boss = world.door().control_socket_caller();
    auth::guarded_providers::new_provider wanted;
    wanted.issuer = issuer;
    wanted.label = "corp";
    wanted.keys = "/keys.json";
    wanted.clients = {"sluice"};
    EXPECT_EQ(world.run(world.door().providers().add(boss, wanted)).error().code,
              error::unsupported);
    source.at["/keys.json"] = vectors.at("world alice").at("keys");
    ASSERT_TRUE(world.run(world.door().providers().add(boss, wanted)).has_value());
    add_role(R"({"StringEquals":{"issuer.example/realm:sub":"alice"}})");
    EXPECT_EQ(show(token("alice")).status, 200u);
    source.at["/keys.json"] = vectors.at("world rotated").at("keys");
    world.clock.advance(std::chrono::seconds(1));
    EXPECT_EQ(show(token("alice")).code(), "InvalidIdentityToken");
    EXPECT_EQ(show(token("rotated")).status, 200u);
    EXPECT_TRUE(world.run(world.door().providers().remove(boss, "corp")).has_value());
}

}  // namespace
}  // namespace sluice::s3
