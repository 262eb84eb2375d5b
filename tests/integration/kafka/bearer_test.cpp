// SASL OAUTHBEARER, with tokens that another implementation signed (tests/golden/authn/make_token_vectors.py),
// and logins that have an end.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "auth/guard/guarded_providers.hpp"
#include "auth/keys/key_documents.hpp"
#include "protocols/kafka/sasl/sasl_login.hpp"
#include "tests/integration/kafka/kafka_world.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/unit/auth/counted_refusals.hpp"
#include "tests/unit/auth/vectors.hpp"

namespace sluice::kafka {
namespace {

using std::chrono::milliseconds;

class one_document final : public auth::key_documents {
public:
    task<result<std::string>> read(std::string) override { co_return text; }
    std::string text;
};

std::string message(std::string const& token, std::string const& more = {}) {
    return "n,,\x01" "auth=Bearer " + token + "\x01" + more + "\x01";
}

class KafkaBearer : public testing::Test {
protected:
    KafkaBearer() {
        world.door().read_keys_with(keys);
        for (auto const& block :
             test::read_vectors(SLUICE_GOLDEN_FOLDER "/authn/token_vectors.txt"))
            vectors[block.front().second] = {block.begin(), block.end()};
        keys.text = vectors.at("world alice").at("keys");
        world.add_user("alice");
        world.add_user("bob");
    }
    std::string token(std::string const& name) { return vectors.at("world " + name).at("token"); }
    void believe(bool logins) {
        auth::guarded_providers::new_provider wanted;
        wanted.issuer = "https://issuer.example/realm";
        wanted.keys = "/keys.json";
        wanted.clients = {"sluice"};
        wanted.logins = logins;
        auto const boss = world.door().control_socket_caller();
        ASSERT_TRUE(world.run(world.door().providers().add(boss, wanted)).has_value());
    }
    sasl_login begun(milliseconds longest = {}) {
        sasl_login login(world.door().logins(), {"kafka", "127.0.0.1", false}, clock, longest);
        EXPECT_EQ(login.choose("OAUTHBEARER", false), error_code::none);
        return login;
    }

    kafka_world world;
    test::fake_clock clock;
    one_document keys;
    std::map<std::string, std::map<std::string, std::string>> vectors;
};

TEST_F(KafkaBearer, ATokenLogsInItsSubject) {
    believe(true);
    auto login = begun();
    auto const reply = world.run(login.take(message(token("alice"), "traceId=123\x01")));
    ASSERT_EQ(reply.error, error_code::none) << reply.message;
    EXPECT_EQ(login.now(), sasl_login::state::ready);
    EXPECT_EQ(login.who().name(), "alice");
    EXPECT_EQ(login.who().auth_method(), "oauthbearer");
    EXPECT_GT(reply.lifetime.count(), 0) << "no longer than the token";
    auto const audit = world.audit();
    EXPECT_TRUE(std::any_of(audit.begin(), audit.end(), [](auto const& one) {
        return one.find("https://issuer.example/realm alice") != one.npos;
    }));
    for (auto const& one : audit) EXPECT_EQ(one.find(token("alice")), one.npos);
}

TEST_F(KafkaBearer, OnlyTokensThatMayLogInAreOffered) {
    believe(false);
    sasl_login login(world.door().logins(), {"kafka", "127.0.0.1", false});
    auto const offered = login.mechanisms();
    EXPECT_EQ(std::count(offered.begin(), offered.end(), "OAUTHBEARER"), 0);
    EXPECT_EQ(login.choose("OAUTHBEARER", false), error_code::unsupported_sasl_mechanism);
    sasl_login heard(world.door().logins(), {"kafka", "192.0.2.1", false});
    EXPECT_EQ(heard.choose("OAUTHBEARER", false), error_code::unsupported_sasl_mechanism)
        << "somebody may listen";
}

TEST_F(KafkaBearer, ABadTokenIsToldOfThenRefused) {
    believe(true);
    auto forged = token("alice");
    forged[forged.size() - 30] = forged[forged.size() - 30] == 'A' ? 'B' : 'A';
    std::string const cases[] = {token("audience"), token("expired"), "nonsense", forged};
    for (auto const& bad : cases) {
        auto login = begun();
        auto const told = world.run(login.take(message(bad)));
        EXPECT_EQ(told.error, error_code::none);
        EXPECT_EQ(told.token, R"({"status":"invalid_token"})");
        EXPECT_FALSE(login.is_proven());
        auto const refused = world.run(login.take("\x01"));
        EXPECT_EQ(refused.error, error_code::sasl_authentication_failed);
        EXPECT_EQ(login.now(), sasl_login::state::refused);
    }
    EXPECT_EQ(world.door().counters().failed_authentications, std::size(cases));
}

TEST_F(KafkaBearer, NobodyLogsInWhoIsNotThere) {
    believe(true);
    auto const boss = world.door().control_socket_caller();
    ASSERT_TRUE(world.run(world.door().admin().set_enabled(boss, "alice", false)).has_value());
    auto login = begun();
    world.run(login.take(message(token("alice"))));
    EXPECT_FALSE(login.is_proven());
}

TEST_F(KafkaBearer, MessagesAreOfRfc7628) {
    EXPECT_EQ(parse_bearer("n,a=me,\x01" "auth=bearer t\x01\x01")->authorization, "me");
    EXPECT_EQ(parse_bearer("n,,\x01" "auth=Bearer t\x01k=v\x01\x01")->token, "t");
    for (std::string const bad :
         {"", "n,,", "y,,\x01" "auth=Bearer t\x01\x01", "n,,\x01\x01", "n,,\x01" "auth=Basic t\x01\x01",
          "n,,\x01" "auth=Bearer t\x01", "n,b=x,\x01" "auth=Bearer t\x01\x01",
          "n,,\x01" "auth=Bearer t\x01" "auth=Bearer u\x01\x01", "n,,\x01nothing\x01\x01"})
        EXPECT_TRUE(parse_bearer(bad).has_error()) << bad;
    believe(true);
    auto login = begun();
    EXPECT_EQ(world.run(login.take("n,a=bob,\x01" "auth=Bearer " + token("alice") + "\x01\x01")).error,
              error_code::sasl_authentication_failed);
}

TEST_F(KafkaBearer, ALoginWithAnEndIsDoneAgain) {
    believe(true);
    auto login = begun(milliseconds(60'000));
    EXPECT_EQ(world.run(login.take(message(token("alice")))).lifetime, milliseconds(60'000));
    EXPECT_FALSE(login.has_ended());
    clock.advance(std::chrono::seconds(50));
    EXPECT_EQ(login.choose("OAUTHBEARER", false), error_code::none);
    EXPECT_TRUE(login.is_proven()) << "until then";
    EXPECT_EQ(world.run(login.take(message(token("alice")))).error, error_code::none);
    clock.advance(std::chrono::seconds(59));
    EXPECT_FALSE(login.has_ended());
    clock.advance(std::chrono::seconds(1));
    EXPECT_TRUE(login.has_ended());
    EXPECT_EQ(login.choose("OAUTHBEARER", false), error_code::none);
    EXPECT_EQ(world.run(login.take(message(token("bob")))).error,
              error_code::sasl_authentication_failed)
        << "somebody else";
}

TEST_F(KafkaBearer, TheMechanismStays) {
    believe(true);
    auto login = begun(milliseconds(60'000));
    world.run(login.take(message(token("alice"))));
    EXPECT_EQ(login.choose("PLAIN", false), error_code::sasl_authentication_failed);
    EXPECT_EQ(login.now(), sasl_login::state::refused);
}

// Over a connection.
TEST_F(KafkaBearer, TheAnswerSaysHowLongALoginHolds) {
    world.front.longest_login = milliseconds(1);
    auto const answers = kafka_world::cut_frames(
        world.exchange(world.login_frames() + frame_of(metadata_request{}, 9)));
    ASSERT_GE(answers.size(), 2u);
    EXPECT_EQ(answer_in<sasl_authenticate_request>(answers[1], 2).session_lifetime_ms, 1);
    world.front.longest_login = milliseconds(3'600'000);
    EXPECT_EQ(world.ask(sasl_handshake_request{"PLAIN"}, 1).error_code, wire(error_code::none));
}

}  // namespace
}  // namespace sluice::kafka
