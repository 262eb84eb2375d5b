// What is heard before a login, the login itself, and bytes that are no conversation.
#include <gtest/gtest.h>

#include "protocols/kafka/sasl/sasl_login.hpp"
#include "tests/integration/kafka/kafka_world.hpp"
#include "tests/unit/auth/counted_refusals.hpp"
#include "tests/unit/auth/scram_client.hpp"

namespace sluice::kafka {
namespace {

api_versions_request asking() { return {"tester", "1.0"}; }

std::string authenticate(std::string const& token, int version = 2) {
    sasl_authenticate_request request;
    request.auth_bytes = token;
    return frame_of(request, version);
}

class KafkaLogin : public testing::Test {
protected:
    kafka_world world;

    std::vector<std::string> send(std::string const& bytes) {
        return kafka_world::cut_frames(world.exchange(bytes));
    }
};

TEST_F(KafkaLogin, VersionsAreToldBeforeAndAfter) {
    auto const before = send(frame_of(asking(), 4));
    ASSERT_EQ(before.size(), 1u);
    auto const told = answer_in<api_versions_request>(before[0], 4);
    EXPECT_EQ(told.error_code, 0);
    EXPECT_EQ(told.api_keys.size(), api_rows.size());
    EXPECT_EQ(world.ask(asking(), 3).error_code, 0);
}

// What old clients look for: librdkafka's compression and message-version features, kafka-go's
// JoinGroup, the handshake that librdkafka wants in version 0.
TEST_F(KafkaLogin, RangesAreThoseThatOldClientsNeed) {
    auto const told = world.ask(asking(), 4);
    std::map<std::int16_t, std::pair<std::int16_t, std::int16_t>> ranges;
    for (auto const& one : told.api_keys) ranges[one.api_key] = {one.min_version, one.max_version};
    using range = std::pair<std::int16_t, std::int16_t>;
    EXPECT_EQ(ranges.at(0), range(0, 13));
    EXPECT_EQ(ranges.at(1), range(4, 18));
    EXPECT_EQ(ranges.at(11).first, 0);
    EXPECT_EQ(ranges.at(17), range(0, 1));
    EXPECT_GE(ranges.at(36).second, 2);
    ASSERT_EQ(told.finalized_features.size(), 2u) << "nothing else";
    EXPECT_EQ(told.finalized_features[0].name, "group.version");
    EXPECT_EQ(told.finalized_features[0].max_version_level, 1);
    EXPECT_EQ(told.finalized_features[1].name, "transaction.version");
    EXPECT_EQ(told.finalized_features[1].max_version_level, 2);
    ASSERT_EQ(told.supported_features.size(), 2u);
    EXPECT_EQ(told.supported_features[0].min_version, 0);
    EXPECT_EQ(world.ask(asking(), 3).supported_features.at(0).min_version, 1);
}

TEST_F(KafkaLogin, UnknownVersionOfApiVersionsGetsVersionZero) {
    auto frame = frame_of(asking(), 4);
    store_big(frame.data() + 6, std::int16_t{99});
    auto const answers = send(frame + frame_of(api_versions_request{}, 0));
    ASSERT_EQ(answers.size(), 2u) << "the client tries again on the same connection";
    auto const told = answer_in<api_versions_request>(answers[0], 0);
    EXPECT_EQ(told.error_code, wire(error_code::unsupported_version));
    ASSERT_EQ(told.api_keys.size(), 1u);
    EXPECT_EQ(told.api_keys[0].max_version, 4);
    EXPECT_EQ(answer_in<api_versions_request>(answers[1], 0).error_code, 0);
}

TEST_F(KafkaLogin, ASoftwareNameOutsideTheRuleIsRefused) {
    EXPECT_EQ(world.ask(api_versions_request{"bad name", "1"}, 3).error_code,
              wire(error_code::invalid_request));
}

TEST_F(KafkaLogin, NothingElseIsHeardBeforeTheLogin) {
    EXPECT_TRUE(send(frame_of(metadata_request{}, 9)).empty());
    auto const early = send(authenticate("x"));
    ASSERT_EQ(early.size(), 1u);
    EXPECT_EQ(answer_in<sasl_authenticate_request>(early[0], 2).error_code,
              wire(error_code::illegal_sasl_state));
}

TEST_F(KafkaLogin, UnknownApisAndVersionsCloseTheConnection) {
    auto frame = frame_of(metadata_request{}, 9);
    store_big(frame.data() + 6, std::int16_t{77});
    EXPECT_TRUE(world.converse({frame}).empty());
    store_big(frame.data() + 4, std::int16_t{500});
    EXPECT_TRUE(world.converse({frame}).empty());
}

TEST_F(KafkaLogin, PlainWithBareTokensAfterHandshakeZero) {
    std::string const token =
        std::string(1, '\0') + world.user + std::string(1, '\0') + world.password;
    std::string raw;
    byte_writer(raw).big(static_cast<std::int32_t>(token.size())).raw(token);
    auto const answers =
        send(frame_of(sasl_handshake_request{"PLAIN"}, 0) + raw + frame_of(metadata_request{}, 1));
    ASSERT_EQ(answers.size(), 3u);
    EXPECT_EQ(answers[1], "");
    EXPECT_EQ(answer_in<metadata_request>(answers[2], 1).brokers.at(0).port, 9092);
}

TEST_F(KafkaLogin, AWrongPasswordIsRefusedThenClosed) {
    world.password = "wrong-password";
    auto const answers = send(world.login_frames() + frame_of(metadata_request{}, 9));
    ASSERT_EQ(answers.size(), 2u);
    auto const refused = answer_in<sasl_authenticate_request>(answers[1], 2);
    EXPECT_EQ(refused.error_code, wire(error_code::sasl_authentication_failed));
    EXPECT_TRUE(refused.error_message.has_value());
    EXPECT_EQ(world.door().counters().failed_authentications, 1u);
}

constexpr std::uint64_t refused_logins = 20;

TEST_F(KafkaLogin, WrongPasswordsByPlainAreCountedInOneRecord) {
    auto const before = world.audit().size();
    world.password = "wrong-password";
    auto const known = world.login_frames();
    world.user = "nobody";
    for (std::uint64_t i = 0; i < refused_logins; ++i) {
        send(known);
        send(world.login_frames());
    }
    EXPECT_EQ(world.door().counters().failed_authentications, 2 * refused_logins);
    auto const audit = world.audit();
    EXPECT_EQ(auth::refusals_in(audit, "kafka", "127.0.0.1", "wrong_credentials"),
              (auth::counted_refusals{1, 2 * refused_logins}));
    EXPECT_EQ(audit.size(), before + 1);
    for (auto const& record : audit) EXPECT_EQ(record.find("wrong-password"), record.npos);
}

TEST_F(KafkaLogin, WrongPasswordsByScramAreCountedInOneRecord) {
    auto const before = world.audit().size();
    for (std::uint64_t i = 0; i < refused_logins; ++i) {
        bool const longer = i % 2 == 0;
        sasl_login login(world.door().logins(), {"kafka", "192.0.2.1", false});
        ASSERT_EQ(login.choose(longer ? "SCRAM-SHA-512" : "SCRAM-SHA-256", false),
                  error_code::none);
        auth::scram_client client;
        client.kind = longer ? digest_kind::sha512 : digest_kind::sha256;
        client.user = i % 3 == 0 ? "nobody" : "root";
        client.password = "wrong-password";
        auto const first = world.run(login.take(client.first()));
        ASSERT_EQ(first.error, error_code::none);
        auto const last = world.run(login.take(client.final_message(first.token)));
        EXPECT_EQ(last.error, error_code::sasl_authentication_failed);
    }
    EXPECT_EQ(world.door().counters().failed_authentications, refused_logins);
    auto const audit = world.audit();
    EXPECT_EQ(auth::refusals_in(audit, "kafka", "192.0.2.1", "wrong_credentials"),
              (auth::counted_refusals{1, refused_logins}));
    EXPECT_EQ(audit.size(), before + 1);
}

auth::guard_options without_checks() {
    auth::guard_options out;
    out.password_checks = 0;
    return out;
}

// Clients take a refusal for a wrong password and give up; a closed connection they try again.
TEST(KafkaBusyLogin, WhatCannotBeCheckedNowIsClosedWithoutAnAnswer) {
    kafka_world world(false, without_checks());
    auto const answers = kafka_world::cut_frames(world.exchange(world.login_frames()));
    ASSERT_EQ(answers.size(), 1u) << "the handshake's";
}

TEST_F(KafkaLogin, AnUnknownMechanismNamesThoseThatAreThere) {
    auto const answers =
        send(frame_of(sasl_handshake_request{"GSSAPI"}, 1) + frame_of(asking(), 3));
    ASSERT_EQ(answers.size(), 1u);
    auto const refused = answer_in<sasl_handshake_request>(answers[0], 1);
    EXPECT_EQ(refused.error_code, wire(error_code::unsupported_sasl_mechanism));
    EXPECT_EQ(refused.mechanisms,
              (std::vector<std::string>{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}));
}

TEST_F(KafkaLogin, ASecondLoginIsIllegal) {
    EXPECT_EQ(world.ask(sasl_handshake_request{"PLAIN"}, 1).error_code,
              wire(error_code::illegal_sasl_state));
}

TEST_F(KafkaLogin, BadPlainMessagesAreRefused) {
    std::string const nul(1, '\0');
    for (std::string const& token :
         {std::string(), std::string("root"), nul + "root", nul + nul + "x", nul + "root" + nul,
          "other" + nul + "root" + nul + auth::root_password,
          nul + "root" + nul + auth::root_password + nul}) {
        auto const answers =
            send(frame_of(sasl_handshake_request{"PLAIN"}, 1) + authenticate(token));
        ASSERT_EQ(answers.size(), 2u);
        EXPECT_EQ(answer_in<sasl_authenticate_request>(answers[1], 2).error_code,
                  wire(error_code::sasl_authentication_failed));
    }
}

// SCRAM needs an answer before the next message: the exchange by the conversation's own parts.
TEST_F(KafkaLogin, ScramLogsInWithBothDigests) {
    for (auto const kind : {digest_kind::sha256, digest_kind::sha512}) {
        sasl_login login(world.door().logins(), {"kafka", "192.0.2.1", false});
        auto const name = kind == digest_kind::sha256 ? "SCRAM-SHA-256" : "SCRAM-SHA-512";
        ASSERT_EQ(login.choose(name, false), error_code::none);
        auth::scram_client client;
        client.kind = kind;
        client.user = "root";
        client.password = auth::root_password;
        auto const first = world.run(login.take(client.first()));
        ASSERT_EQ(first.error, error_code::none);
        auto const last = world.run(login.take(client.final_message(first.token)));
        ASSERT_EQ(last.error, error_code::none);
        EXPECT_EQ(last.token, client.expected_server_final);
        EXPECT_EQ(login.who().name(), "root");
    }
}

TEST_F(KafkaLogin, PlainIsNotOfferedWhereOthersCouldListen) {
    sasl_login open(world.door().logins(), {"kafka", "192.0.2.1", false});
    EXPECT_EQ(open.choose("PLAIN", false), error_code::unsupported_sasl_mechanism);
    sasl_login encrypted(world.door().logins(), {"kafka", "192.0.2.1", true});
    EXPECT_EQ(encrypted.choose("PLAIN", false), error_code::none);
}

TEST_F(KafkaLogin, FramesOutOfBoundsCloseTheConnection) {
    std::string huge;
    byte_writer(huge).big(std::int32_t{1 << 20});
    EXPECT_EQ(world.exchange(huge), "");
    std::string negative;
    byte_writer(negative).big(std::int32_t{-1});
    EXPECT_EQ(world.exchange(negative), "");
    std::string empty;
    byte_writer(empty).big(std::int32_t{0});
    EXPECT_EQ(world.exchange(empty), "");
    EXPECT_EQ(world.exchange(frame_of(asking(), 4).substr(0, 9)), "");
}

TEST_F(KafkaLogin, FramesMayArriveInPieces) {
    for (std::size_t const piece : {1u, 3u, 7u}) {
        world.read_piece = piece;
        EXPECT_EQ(world.ask(asking(), 4).error_code, 0);
    }
}

// As Kafka does; librdkafka 2.16 sends three bytes too many in Metadata for all topics.
TEST_F(KafkaLogin, WhatFollowsARequestIsReadOver) {
    auto frame = frame_of(metadata_request{}, 1) + "xyz";
    store_big(frame.data(), static_cast<std::int32_t>(frame.size() - 4));
    EXPECT_EQ(world.converse({frame}).size(), 1u);
}

}  // namespace
}  // namespace sluice::kafka
