// Tokens that another implementation signed (tests/golden/authn/make_token_vectors.py), and what is
// left of them after every bit was flipped.
#include <gtest/gtest.h>

#include "auth/authn/json_web_token.hpp"
#include "gateway/core/encoding.hpp"
#include "gateway/core/ids.hpp"
#include "tests/unit/auth/vectors.hpp"

namespace sluice::auth {
namespace {

constexpr std::int64_t now_seconds = 1'700'000'000;
constexpr std::string_view issuer = "https://issuer.example/realm";

struct token_vector {
    std::string name, keys, token, expect;
};

std::vector<token_vector> vectors() {
    std::vector<token_vector> out;
    for (auto const& block :
         test::read_vectors(SLUICE_GOLDEN_FOLDER "/authn/token_vectors.txt")) {
        token_vector one;
        for (auto const& [word, rest] : block) {
            if (word == "case") one.name = rest;
            if (word == "keys") one.keys = rest;
            if (word == "token") one.token = rest;
            if (word == "expect") one.expect = rest;
        }
        out.push_back(std::move(one));
    }
    return out;
}

token_vector vector_named(std::string_view name) {
    for (auto const& one : vectors())
        if (one.name == name) return one;
    throw std::runtime_error("no such vector");
}

std::string verdict_of(std::vector<json_web_key> const& keys, std::string_view text) {
    auto const token = json_web_token::parse(text);
    if (token.has_error()) return std::string(name_of(token.error()));
    std::vector<std::string> const audiences{"sluice"};
    token_expectation const wanted{issuer, audiences, unix_millis{now_seconds * 1000}};
    auto const checked = token->check(keys, wanted);
    return checked.has_error() ? std::string(name_of(checked.error())) : "ok";
}

std::string verdict_of(std::string_view keys, std::string_view text) {
    auto const parsed = parse_key_set(keys);
    return parsed.has_error() ? "keys: " + parsed.error().describe() : verdict_of(*parsed, text);
}

TEST(JsonWebToken, IsWhatAnotherImplementationSaysItIs) {
    std::size_t seen = 0;
    for (auto const& one : vectors()) {
        if (one.name.starts_with("world")) continue;
        EXPECT_EQ(verdict_of(one.keys, one.token), one.expect) << one.name;
        ++seen;
    }
    EXPECT_GT(seen, 60u);
}

TEST(JsonWebToken, SaysWhatItSays) {
    auto const token = json_web_token::parse(vector_named("methods").token).value();
    EXPECT_EQ(token.subject, "alice");
    EXPECT_EQ(token.client(), "sluice");
    EXPECT_EQ(token.methods, (std::vector<std::string>{"pwd", "otp"}));
    EXPECT_EQ(to_underlying(token.expires), (now_seconds + 600) * 1000);
    auto const given = json_web_token::parse(vector_named("given to our party").token).value();
    EXPECT_EQ(given.client(), "sluice");
    EXPECT_EQ(given.audiences.front(), "other");
}

// Each character of a token is six bits of something that is signed, or of the signature. All bits of
// the cheapest; of the others one of each character.
TEST(JsonWebToken, NoBitCanBeFlipped) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (auto const* name : {"RS256", "PS256", "ES256", "ES512", "EdDSA"}) {
        auto const one = vector_named(name);
        auto const keys = parse_key_set(one.keys).value();
        bool const all = one.name == "RS256";
        for (std::size_t at = 0; at < one.token.size(); ++at) {
            auto const value = digits.find(one.token[at]);
            if (value == digits.npos) continue;
            for (unsigned bit = 0; bit < 6; ++bit) {
                if (!all && bit != at % 6) continue;
                auto changed = one.token;
                changed[at] = digits[value ^ 1u << bit];
                EXPECT_NE(verdict_of(keys, changed), "ok") << name << " " << at << " " << bit;
            }
        }
    }
}

TEST(JsonWebToken, IsRefusedWhereverItIsCutOff) {
    auto const one = vector_named("ES256");
    auto const keys = parse_key_set(one.keys).value();
    for (std::size_t size = 0; size < one.token.size(); ++size)
        EXPECT_NE(verdict_of(keys, std::string_view(one.token).substr(0, size)), "ok") << size;
}

TEST(JsonWebKeys, AreBounded) {
    EXPECT_EQ(parse_key_set("").error().code, error::malformed);
    EXPECT_EQ(parse_key_set("{}").error().code, error::malformed);
    EXPECT_EQ(parse_key_set(R"({"keys":{}})").error().code, error::malformed);
    EXPECT_EQ(parse_key_set(R"({"keys":[]})").error().code, error::not_found);
    EXPECT_EQ(parse_key_set(R"({"keys":[{"kty":"oct","k":"AAAA"}]})").error().code,
              error::not_found);
    std::string many = R"({"keys":[{})";
    for (std::size_t i = 0; i < most_keys_of_set; ++i) many += ",{}";
    EXPECT_EQ(parse_key_set(many + "]}").error().code, error::too_large);
    EXPECT_EQ(parse_key_set(std::string(longest_key_set + 1, ' ')).error().code, error::too_large);
}

// Numbers that are no keys, and those that would take their time.
TEST(PublicKey, HasLimits) {
    std::string const modulus = std::string(256, '\xff');
    EXPECT_TRUE(public_key::rsa(modulus, std::string("\x01\x00\x01", 3)).has_value());
    EXPECT_TRUE(public_key::rsa(modulus.substr(129), std::string("\x01\x00\x01", 3)).has_error());
    EXPECT_TRUE(public_key::rsa(std::string(1025, '\xff'), "\x03").has_error());
    EXPECT_TRUE(public_key::rsa(modulus, "\x01").has_error());
    EXPECT_TRUE(public_key::rsa(modulus, "\x02").has_error());
    EXPECT_TRUE(public_key::rsa(modulus, std::string(5, '\xff')).has_error());
    EXPECT_TRUE(public_key::rsa(modulus, "").has_error());
    EXPECT_TRUE(
        public_key::on_curve(elliptic_curve::p256, std::string(32, 'x'), std::string(32, 'y'))
            .has_error());
    EXPECT_TRUE(public_key::on_curve(elliptic_curve::p256, std::string(31, '\0'),
                                     std::string(32, '\0')).has_error());
    EXPECT_TRUE(public_key::on_curve(elliptic_curve::ed25519, std::string(32, '\1'), "y").has_error());
}

}  // namespace
}  // namespace sluice::auth
