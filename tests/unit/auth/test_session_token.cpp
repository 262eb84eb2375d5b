#include <gtest/gtest.h>

#include "auth/keys/session_token.hpp"
#include "gateway/core/encoding.hpp"

namespace sluice::auth {
namespace {

temporary_credential sample() {
    temporary_credential out;
    out.access_key_id = "STABCDEF";
    out.secret = "the secret";
    out.who = principal_id{5000};
    out.asker = principal_id{6000};
    out.issued = unix_millis{1'700'000'000'000};
    out.expires = unix_millis{1'700'000'900'000};
    out.session_name = "nightly";
    out.policy = "{}";
    return out;
}

token_sealer sealer_of(char key) { return token_sealer::make(std::string(32, key)).value(); }

TEST(SessionToken, RoundTrips) {
    seeded_random random(1);
    auto const token = sealer_of('a').seal(random, sample());
    EXPECT_EQ(sealer_of('a').open("STABCDEF", token).value(), sample());
    EXPECT_EQ(token.find("nightly"), std::string::npos);
    EXPECT_NE(sealer_of('a').seal(random, sample()), token);
}

TEST(SessionToken, RemembersTheProviderThatBroughtIt) {
    seeded_random random(1);
    auto federated = sample();
    federated.provider = "arn:aws:iam::000000000000:oidc-provider/issuer.example";
    auto const token = sealer_of('a').seal(random, federated);
    EXPECT_EQ(sealer_of('a').open("STABCDEF", token).value(), federated);
}

TEST(SessionToken, IsForOneKeyIdAndOneKeyFile) {
    seeded_random random(2);
    auto const token = sealer_of('a').seal(random, sample());
    EXPECT_EQ(sealer_of('a').open("STABCDEG", token).error().code, error::corrupt);
    EXPECT_EQ(sealer_of('b').open("STABCDEF", token).error().code, error::corrupt);
    EXPECT_EQ(token_sealer::make("short").error().code, error::invalid_argument);
}

// Unauthenticated encryption is how other servers let flipped bits through (CVE-2026-39944).
TEST(SessionToken, NoBitCanBeFlipped) {
    seeded_random random(3);
    auto const seal = sealer_of('a');
    auto const bytes = base64_decode(seal.seal(random, sample())).value();
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        auto changed = bytes;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
        EXPECT_TRUE(seal.open("STABCDEF", base64_encode(changed)).has_error()) << bit;
    }
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_TRUE(seal.open("STABCDEF", base64_encode(bytes.substr(0, size))).has_error());
    EXPECT_TRUE(seal.open("STABCDEF", "not base64!").has_error());
    EXPECT_TRUE(seal.open("STABCDEF", std::string(longest_session_token + 1, 'A')).has_error());
}

}  // namespace
}  // namespace sluice::auth
