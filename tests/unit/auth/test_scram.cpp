#include <gtest/gtest.h>

#include "auth/authn/scram_server.hpp"
#include "tests/unit/auth/scram_client.hpp"

namespace sluice::auth {
namespace {

blocking_token const token = blocking_token::for_this_thread();

using client = scram_client;
using outcome = scram_server::outcome;

struct exchange {
    scram_options options{.mock_secret = "mock"};
    client with;
    seeded_random random{3};
    std::string stored_password = "correct horse";

    scram_server server() {
        options.hash = with.kind;
        auto verifier =
            make_scram_verifier(with.kind, stored_password, "0123456789abcdef", 16, token);
        auto find = [verifier](std::string_view user) -> std::optional<scram_verifier> {
            if (user == "alice" || user == "a,b=c") return verifier;
            return std::nullopt;
        };
        return scram_server(options, find, random);
    }
    outcome run() {
        auto machine = server();
        auto first = machine.take(with.first());
        if (first.what != outcome::send) return first.what;
        auto last = machine.take(with.final_message(first.message));
        if (last.what == outcome::authenticated) {
            EXPECT_EQ(last.message, with.expected_server_final);
        }
        EXPECT_EQ(machine.take("again").what, outcome::malformed) << "nothing follows";
        return last.what;
    }
};

TEST(ScramServer, RightAndWrongPasswords) {
    for (auto kind : {digest_kind::sha256, digest_kind::sha512}) {
        exchange one;
        one.with.kind = kind;
        EXPECT_EQ(one.run(), outcome::authenticated);
        one.with.password = "wrong horse";
        EXPECT_EQ(one.run(), outcome::refused);
    }
}

TEST(ScramServer, UnknownUsersSeeTheSameExchange) {
    exchange one;
    one.with.user = "nobody";
    auto first = one.server().take(one.with.first());
    ASSERT_EQ(first.what, outcome::send);
    auto again = one.server().take(one.with.first());
    EXPECT_EQ(scram_attribute(first.message, 's'), scram_attribute(again.message, 's'))
        << "the salt of a name does not change";
    EXPECT_EQ(base64_decode(scram_attribute(first.message, 's'))->size(), scram_salt_bytes);
    EXPECT_EQ(scram_attribute(first.message, 'i'), "4096");
    EXPECT_EQ(one.run(), outcome::refused);
    auto known = exchange().server().take(client().first());
    EXPECT_EQ(known.message.size(), first.message.size() - 2)
        << "only the iteration count of the test differs";
}

TEST(ScramServer, EscapedNames) {
    exchange one;
    one.with.user = "a=2Cb=3Dc";
    EXPECT_EQ(one.run(), outcome::authenticated);
    one.with.user = "a=2cb";
    EXPECT_EQ(one.run(), outcome::malformed);
}

TEST(ScramServer, ANameFromOutsideWins) {
    exchange one;
    one.options.user = "alice";
    one.with.user = "";
    EXPECT_EQ(one.run(), outcome::authenticated);
    one.with.user = "nobody";
    EXPECT_EQ(one.run(), outcome::authenticated);
}

TEST(ScramServer, TheNonceIsTheServers) {
    exchange one;
    auto machine = one.server();
    auto first = machine.take(one.with.first());
    auto nonce = scram_attribute(first.message, 'r');
    EXPECT_TRUE(nonce.starts_with("clientnonce"));
    EXPECT_GE(nonce.size(), 11u + 24u);
    auto final_message = one.with.final_message(first.message);
    final_message.replace(final_message.find(nonce), nonce.size(),
                          nonce.substr(0, nonce.size() - 1) + "!");
    EXPECT_EQ(machine.take(final_message).what, outcome::refused);
}

TEST(ScramServer, ChannelBinding) {
    exchange one;
    one.with.gs2 = "y,,";
    EXPECT_EQ(one.run(), outcome::authenticated) << "we offered none";
    one.options.plus_offered = true;
    EXPECT_EQ(one.run(), outcome::refused) << "someone took the offer away";
    one.options.channel_binding = "certificate hash";
    one.with.gs2 = "p=tls-server-end-point,,";
    one.with.binding = "certificate hash";
    EXPECT_EQ(one.run(), outcome::authenticated);
    one.with.binding = "another one";
    EXPECT_EQ(one.run(), outcome::refused);
    one.with.gs2 = "n,,";
    EXPECT_EQ(one.run(), outcome::refused) << "the -PLUS mechanism binds";
    one.options.channel_binding.reset();
    one.with.gs2 = "p=tls-unique,,";
    EXPECT_EQ(one.run(), outcome::refused);
}

TEST(ScramServer, Authzid) {
    exchange one;
    one.with.gs2 = "n,a=alice,";
    EXPECT_EQ(one.run(), outcome::authenticated);
    one.with.gs2 = "n,a=root,";
    EXPECT_EQ(one.run(), outcome::refused);
}

TEST(ScramServer, MalformedMessages) {
    for (std::string bad : {"", "n", "n,", "n,,", "n,,n=a", "n,,r=x", "n,,n=a,r=", "n,,m=x,n=a,r=x",
                            "n,,n=a,r=\x01", "n,,x=a,r=x"}) {
        exchange one;
        EXPECT_EQ(one.server().take(bad).what, outcome::malformed) << bad;
    }
    for (std::string bad : {"", "c=biws", "c=biws,r=x",
                            "c=biws,r=x,p=", "c=biws,r=x,p=YQ==", "r=x,c=biws,p=YQ==", ",p=YQ=="}) {
        exchange one;
        auto machine = one.server();
        machine.take(one.with.first());
        EXPECT_EQ(machine.take(bad).what, outcome::malformed) << bad;
    }
    exchange one;
    EXPECT_EQ(one.server().take("n,,n=a,r=" + std::string(5000, 'x')).what, outcome::malformed);
}

// The proof is over the whole conversation: no step of another one fits.
TEST(ScramServer, EveryByteOfTheConversationCounts) {
    exchange one;
    auto machine = one.server();
    auto first = machine.take(one.with.first());
    auto good = one.with.final_message(first.message);
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto other = exchange();
        auto fresh = other.server();
        fresh.take(other.with.first());
        auto bad = good;
        bad[i] = bad[i] == 'A' ? 'B' : 'A';
        EXPECT_NE(fresh.take(bad).what, outcome::authenticated) << i;
    }
}

}  // namespace
}  // namespace sluice::auth
