// The machines of startup and login: every order of requests, versions, parameters, mechanisms.
#include <gtest/gtest.h>

#include "protocols/postgres/session/authentication.hpp"
#include "protocols/postgres/session/startup.hpp"
#include "tests/unit/postgres/wire_script.hpp"

namespace sluice::postgres {
namespace {

using kind = startup_step::kind;

std::string request(std::uint32_t code, std::vector<std::string> const& words = {}) {
    std::string out;
    byte_writer writer(out);
    writer.big(code);
    for (auto const& word : words) as_text::write(writer, word);
    if (!words.empty()) writer.little('\0');
    return out;
}

startup_step begin(std::vector<std::string> const& words, std::uint32_t version = protocol_3_0) {
    startup machine(false);
    return machine.take(request(version, words), false);
}

TEST(startup, answers_requests_for_encryption) {
    startup without(false);
    EXPECT_EQ(without.take(request(gss_request_code), false).what, kind::answer_no);
    EXPECT_EQ(without.take(request(ssl_request_code), false).what, kind::answer_no);
    EXPECT_EQ(without.take(request(protocol_3_0, {"user", "me"}), false).what, kind::proceed);
    startup with(true);
    EXPECT_EQ(with.take(request(gss_request_code), false).what, kind::answer_no);
    EXPECT_EQ(with.take(request(ssl_request_code), false).what, kind::answer_tls);
    EXPECT_TRUE(with.tls_active("").has_value());
    EXPECT_EQ(with.take(request(protocol_3_0, {"user", "me"}), false).what, kind::proceed);
}

TEST(startup, takes_each_request_for_encryption_once) {
    for (auto const code : {ssl_request_code, gss_request_code}) {
        startup machine(false);
        EXPECT_EQ(machine.take(request(code), false).what, kind::answer_no);
        auto const again = machine.take(request(code), false);
        EXPECT_EQ(again.what, kind::refuse);
        EXPECT_STREQ(again.error.sqlstate, "0A000");
    }
    startup inside(true);
    EXPECT_EQ(inside.take(request(ssl_request_code), false).what, kind::answer_tls);
    EXPECT_TRUE(inside.tls_active("postgresql").has_value());
    EXPECT_EQ(inside.take(request(gss_request_code), false).what, kind::refuse);
}

// Whoever sits between could have put them there (CVE-2021-23214).
TEST(startup, refuses_what_was_sent_before_encryption_began) {
    for (bool const offered : {false, true}) {
        for (auto const code : {ssl_request_code, gss_request_code}) {
            startup machine(offered);
            auto const step = machine.take(request(code), true);
            EXPECT_EQ(step.what, kind::refuse);
            EXPECT_STREQ(step.error.sqlstate, "08P01");
            EXPECT_FALSE(step.error.detail.empty());
        }
    }
}

TEST(startup, direct_tls_needs_its_name_in_alpn) {
    std::string const hello(1, tls_handshake_byte);
    startup good(true);
    EXPECT_EQ(good.take(hello, true).what, kind::direct_tls);
    EXPECT_TRUE(good.tls_active("postgresql").has_value());
    EXPECT_EQ(good.take(request(protocol_3_2, {"user", "me"}), false).wish.version, protocol_3_2);
    startup unnamed(true);
    EXPECT_EQ(unnamed.take(hello, true).what, kind::direct_tls);
    EXPECT_TRUE(unnamed.tls_active("").has_error());
    startup plain(false);
    EXPECT_EQ(plain.take(hello, true).what, kind::refuse);
    startup late(true);
    EXPECT_EQ(late.take(request(gss_request_code), false).what, kind::answer_no);
    EXPECT_EQ(late.take(hello, true).what, kind::refuse);
}

TEST(startup, cancels_also_inside_of_tls) {
    std::string rest;
    byte_writer(rest).big(cancel_request_code).big(std::int32_t{9}).raw("abcd");
    startup machine(true);
    EXPECT_EQ(machine.take(request(ssl_request_code), false).what, kind::answer_tls);
    EXPECT_TRUE(machine.tls_active("").has_value());
    auto const step = machine.take(rest, false);
    EXPECT_EQ(step.what, kind::cancel);
    EXPECT_EQ(step.to_cancel.process_id, 9);
    EXPECT_EQ(step.to_cancel.secret_key, "abcd");
}

TEST(startup, speaks_3_0_to_3_2_and_says_so_to_newer_clients) {
    EXPECT_FALSE(begin({"user", "me"}).wish.negotiate);
    EXPECT_FALSE(begin({"user", "me"}, protocol_3_2).wish.negotiate);
    auto const newer = begin({"user", "me", "_pq_.test_protocol_negotiation", "", "_pq_.x", "1"},
                             protocol_version(3, 9999));
    EXPECT_EQ(newer.what, kind::proceed);
    EXPECT_EQ(newer.wish.version, protocol_3_2);
    EXPECT_TRUE(newer.wish.negotiate);
    EXPECT_EQ(newer.wish.unknown_options,
              (std::vector<std::string>{"_pq_.test_protocol_negotiation", "_pq_.x"}));
    EXPECT_TRUE(newer.wish.settings.empty());
    auto const option_only = begin({"user", "me", "_pq_.x", "1"});
    EXPECT_TRUE(option_only.wish.negotiate);
    EXPECT_EQ(option_only.wish.version, protocol_3_0);
    for (auto const major : {1u, 2u, 4u, 1234u}) {
        auto const step = begin({"user", "me"}, protocol_version(major, 0));
        EXPECT_EQ(step.what, kind::refuse);
        EXPECT_STREQ(step.error.sqlstate, "0A000");
    }
}

TEST(startup, reads_its_parameters) {
    auto const step = begin({"user", "me", "application_name", "psql", "options",
                             "-c geqo=off --statement-timeout=5s -cwork_mem=1\\ MB",
                             "client_encoding", "UTF8", "replication", "false"});
    ASSERT_EQ(step.what, kind::proceed) << step.error.message;
    EXPECT_EQ(step.wish.user, "me");
    EXPECT_EQ(step.wish.database, "me");  // as PostgreSQL: the user's name
    EXPECT_EQ(step.wish.settings, (decltype(step.wish.settings){{"application_name", "psql"},
                                                                {"geqo", "off"},
                                                                {"statement_timeout", "5s"},
                                                                {"work_mem", "1 MB"},
                                                                {"client_encoding", "UTF8"}}));
    EXPECT_EQ(*step.wish.setting("application_name"), "psql");
    EXPECT_EQ(step.wish.setting("absent"), nullptr);
    EXPECT_EQ(begin({"user", "me", "database", "sluice"}).wish.database, "sluice");
}

TEST(startup, refuses_what_it_does_not_serve) {
    EXPECT_STREQ(begin({"database", "sluice"}).error.sqlstate, "28000");
    EXPECT_STREQ(begin({"user", "me", "replication", "database"}).error.sqlstate, "0A000");
    EXPECT_STREQ(begin({"user", "me", "replication", "on"}).error.sqlstate, "0A000");
    EXPECT_STREQ(begin({"user", "me", "replication", "maybe"}).error.sqlstate, "22023");
    for (auto const* bad : {"-x", "-c", "-c =1", "-c novalue", "--", "word", "-d 5"}) {
        auto const step = begin({"user", "me", "options", bad});
        EXPECT_EQ(step.what, kind::refuse) << bad;
        EXPECT_STREQ(step.error.sqlstate, "42601") << bad;
    }
}

// ---- the login
struct scripted_scram {
    std::vector<auth::scram_server::step> steps;
    std::vector<std::string> heard;
    std::optional<bool> bound;

    sasl_exchange::beginning beginning() {
        return [this](bool with_binding) -> sasl_exchange::conversation {
            bound = with_binding;
            return [this](std::string_view message) {
                heard.emplace_back(message);
                return steps.at(heard.size() - 1);
            };
        };
    }
};

frame message(std::string const& bytes) { return frames_of(bytes).at(0); }
using outcome = auth::scram_server::outcome;
using login_kind = sasl_exchange::step::kind;

TEST(sasl, offers_binding_only_where_there_is_something_to_bind) {
    std::string out;
    sasl_exchange(false, {}).offer(out);
    EXPECT_EQ(nth<authentication_sasl_message>(out).value().mechanisms.size(), 1u);
    out.clear();
    sasl_exchange(true, {}).offer(out);
    auto const offered = nth<authentication_sasl_message>(out).value().mechanisms;
    EXPECT_EQ(offered, (std::vector<std::string_view>{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"}));
}

TEST(sasl, carries_a_login_to_its_end) {
    scripted_scram scram{{{outcome::send, "r=1"}, {outcome::authenticated, "v=2"}}, {}, {}};
    sasl_exchange machine(true, scram.beginning());
    auto const choice =
        bytes_of(sasl_initial_response_message{"SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,x"});
    auto const first = machine.take(message(choice));
    EXPECT_EQ(first.what, login_kind::send);
    EXPECT_EQ(nth<authentication_sasl_continue_message>(first.out).value().data, "r=1");
    EXPECT_TRUE(*scram.bound);
    auto const proof = bytes_of(sasl_response_message{"c=,p="});
    auto const last = machine.take(message(proof));
    EXPECT_EQ(last.what, login_kind::authenticated);
    EXPECT_EQ(nth<authentication_sasl_final_message>(last.out).value().data, "v=2");
    EXPECT_EQ(scram.heard, (std::vector<std::string>{"p=tls-server-end-point,,x", "c=,p="}));
    EXPECT_EQ(machine.take(message(proof)).what, login_kind::broken);  // it is over
}

TEST(sasl, asks_first_where_the_client_wants_that) {
    scripted_scram scram{{{outcome::send, "r=1"}}, {}, {}};
    sasl_exchange machine(false, scram.beginning());
    auto const choice = bytes_of(sasl_initial_response_message{"SCRAM-SHA-256", std::nullopt});
    auto const asked = machine.take(message(choice));
    EXPECT_EQ(asked.what, login_kind::send);
    EXPECT_EQ(nth<authentication_sasl_continue_message>(asked.out).value().data, "");
    EXPECT_TRUE(scram.heard.empty());
    auto const first = bytes_of(sasl_response_message{"n,,x"});
    EXPECT_EQ(machine.take(message(first)).what, login_kind::send);
    EXPECT_FALSE(*scram.bound);
}

TEST(sasl, ends_with_what_went_wrong) {
    auto const choose = [](std::string const& bytes, bool binding = false) {
        scripted_scram scram{{{outcome::malformed, ""}}, {}, {}};
        sasl_exchange machine(binding, scram.beginning());
        return machine.take(message(bytes));
    };
    auto const wrong = bytes_of(sasl_initial_response_message{"PLAIN", "x"});
    EXPECT_EQ(choose(wrong).error.message,
              "client selected an invalid SASL authentication mechanism");
    auto const bound = bytes_of(sasl_initial_response_message{"SCRAM-SHA-256-PLUS", "x"});
    EXPECT_EQ(choose(bound).what, login_kind::broken);
    EXPECT_EQ(choose(query_bytes("select 1")).error.message,
              "expected SASL response, got message type 81");
    EXPECT_EQ(choose(bytes_of(password_message{"x"})).error.message, "malformed SCRAM message");
    auto const garbage = bytes_of(sasl_initial_response_message{"SCRAM-SHA-256", "garbage"});
    EXPECT_EQ(choose(garbage).error.message, "malformed SCRAM message");

    scripted_scram scram{{{outcome::refused, "e=invalid-proof"}}, {}, {}};
    sasl_exchange machine(false, scram.beginning());
    EXPECT_EQ(machine.take(message(garbage)).what, login_kind::refused);
}

}  // namespace
}  // namespace sluice::postgres
