#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/auth/guard_world.hpp"
#include "tests/unit/auth/scram_client.hpp"

namespace sluice::auth {
namespace {

using outcome = scram_server::outcome;
using testing::HasSubstr;
using testing::Not;

constexpr char alices_password[] = "correct horse";

class Logins : public testing::Test {
protected:
    explicit Logins(bool real = false) : world({}, real) {}

    void SetUp() override {
        guarded_admin::new_principal wanted;
        wanted.name = "alice";
        wanted.password = alices_password;
        auto const boss = world.root();
        world.run(world.door().admin().add_principal(boss, wanted)).value();
    }

    connection_facts const facts{"kafka", "192.0.2.7", false};
    guard_world world;

    guarded_logins& logins() { return world.door().logins(); }
    result<caller> plain(std::string user, std::string password) {
        return world.run(logins().check_password(std::move(user), std::move(password), facts));
    }
    // The whole exchange; what the last step was.
    struct played {
        outcome what = outcome::malformed;
        std::string salt;
        result<caller> who = error::unauthenticated;
    };
    played scram(scram_client client, guarded_logins::scram_request wanted = {}) {
        wanted.hash = client.kind;
        auto login = logins().begin_scram(wanted, facts);
        auto first = login.take(client.first());
        EXPECT_EQ(first.what, outcome::send);
        auto last = login.take(client.final_message(first.message));
        if (last.what == outcome::authenticated) {
            EXPECT_EQ(last.message, client.expected_server_final);
        }
        return {last.what, scram_attribute(first.message, 's'), world.run(logins().complete(login))};
    }
    std::uint64_t failures() { return world.door().counters().failed_authentications; }
};

TEST_F(Logins, PasswordIsCheckedAndTheLoginRecorded) {
    auto const who = plain("alice", alices_password);
    ASSERT_TRUE(who.has_value());
    EXPECT_EQ(who->name(), "alice");
    EXPECT_EQ(who->auth_method(), "plain");
    EXPECT_EQ(who->connection().client_address, "192.0.2.7");
    EXPECT_EQ(failures(), 0u);
    auto const records = world.audit();
    EXPECT_THAT(records.back(), HasSubstr("\"class\":\"auth\""));
    EXPECT_THAT(records.back(), HasSubstr("\"principal\":\"alice\""));
    EXPECT_THAT(records.back(), Not(HasSubstr(alices_password)));
}

TEST_F(Logins, RootLogsInWithItsOneSecret) {
    ASSERT_TRUE(plain("root", root_password).has_value());
    scram_client root;
    root.user = "root";
    root.password = root_password;
    EXPECT_EQ(scram(root).who.value().name(), "root");
}

TEST_F(Logins, WrongUnknownAndDisabledAreAllTheSame) {
    EXPECT_EQ(plain("alice", "wrong horse").error().code, error::unauthenticated);
    EXPECT_EQ(plain("bob", alices_password).error().code, error::unauthenticated);
    EXPECT_EQ(plain("", "").error().code, error::unauthenticated);
    auto const boss = world.root();
    world.run(world.door().admin().set_enabled(boss, "alice", false)).value();
    EXPECT_EQ(plain("alice", alices_password).error().code, error::unauthenticated);
    EXPECT_EQ(scram({}).what, outcome::refused);
    EXPECT_EQ(failures(), 5u);
}

TEST_F(Logins, ScramWithBothDigests) {
    for (auto kind : {digest_kind::sha256, digest_kind::sha512}) {
        scram_client client;
        client.kind = kind;
        auto const done = scram(client);
        EXPECT_EQ(done.what, outcome::authenticated);
        ASSERT_TRUE(done.who.has_value());
        EXPECT_EQ(done.who->name(), "alice");
        EXPECT_EQ(done.who->auth_method(),
                  kind == digest_kind::sha256 ? "scram-sha-256" : "scram-sha-512");
    }
}

TEST_F(Logins, TheNameOfTheStartupPacketCounts) {
    scram_client client;
    client.user = "ignored";
    guarded_logins::scram_request wanted;
    wanted.user = "alice";
    EXPECT_EQ(scram(client, wanted).who.value().name(), "alice");
}

TEST_F(Logins, AWrongScramPasswordIsRefusedAndCounted) {
    scram_client client;
    client.password = "wrong horse";
    auto const done = scram(client);
    EXPECT_EQ(done.what, outcome::refused);
    EXPECT_EQ(done.who.error().code, error::unauthenticated);
    EXPECT_EQ(failures(), 1u);
}

TEST_F(Logins, CompleteNeedsAProof) {
    auto login = logins().begin_scram({}, facts);
    EXPECT_EQ(world.run(logins().complete(login)).error().code, error::unauthenticated);
    EXPECT_EQ(login.take("garbage").what, outcome::malformed);
    EXPECT_EQ(world.run(logins().complete(login)).error().code, error::unauthenticated);
    EXPECT_EQ(failures(), 1u);
}

TEST_F(Logins, DisabledBetweenProofAndLoginIsRefused) {
    scram_client client;
    auto login = logins().begin_scram({}, facts);
    auto const first = login.take(client.first());
    auto const last = login.take(client.final_message(first.message));
    ASSERT_EQ(last.what, outcome::authenticated);
    auto const boss = world.root();
    world.run(world.door().admin().set_enabled(boss, "alice", false)).value();
    EXPECT_EQ(world.run(logins().complete(login)).error().code, error::unauthenticated);
}

class RestartedLogins : public Logins {
protected:
    RestartedLogins() : Logins(true) {}
};

TEST_F(RestartedLogins, AMadeUpSaltStaysTheSame) {
    scram_client client;
    client.user = "nobody";
    auto const before = scram(client);
    EXPECT_EQ(before.what, outcome::refused);
    world.restart();
    EXPECT_EQ(scram(client).salt, before.salt);
}

}  // namespace
}  // namespace sluice::auth
