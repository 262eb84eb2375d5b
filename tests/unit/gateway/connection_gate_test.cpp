// Places are given out up to the limits and come back; sources are what they should be.
#include "gateway/net/connection_gate.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::gateway {
namespace {

using boost::asio::ip::make_address;

TEST(connection_gate, refuses_beyond_the_total_and_gives_places_back) {
    connection_gate gate({.connections = 2, .connections_per_source = 2});
    int releases = 0;
    gate.on_release([&] { ++releases; });
    auto first = gate.admit(make_address("10.0.0.1")).value();
    {
        auto second = gate.admit(make_address("10.0.0.2")).value();
        auto const third = gate.admit(make_address("10.0.0.3"));
        ASSERT_TRUE(third.has_error());
        EXPECT_EQ(third.error().code, error::overloaded);
        EXPECT_EQ(third.error().text, "limits.connections reached");
        EXPECT_EQ(gate.open(), 2u);
    }
    EXPECT_EQ(releases, 1);
    EXPECT_EQ(gate.open(), 1u);
    EXPECT_TRUE(gate.admit(make_address("10.0.0.3")).has_value());
    EXPECT_EQ(gate.refused(), 1u);
    EXPECT_EQ(gate.admitted(), 3u);
}

TEST(connection_gate, one_source_cannot_take_every_place) {
    connection_gate gate({.connections = 10, .connections_per_source = 2});
    std::vector<connection_gate::ticket> held;
    held.push_back(gate.admit(make_address("10.0.0.1")).value());
    held.push_back(gate.admit(make_address("10.0.0.1")).value());
    EXPECT_EQ(gate.admit(make_address("10.0.0.1")).error().text, "limits.connections_per_source reached");
    EXPECT_EQ(gate.admit(make_address("::ffff:10.0.0.1")).error().code, error::overloaded)
        << "the same host through a dual-stack socket";
    EXPECT_TRUE(gate.admit(make_address("10.0.0.2")).has_value());
    held.clear();
    EXPECT_EQ(gate.open(), 0u);
    EXPECT_TRUE(gate.admit(make_address("10.0.0.1")).has_value());
}

TEST(connection_gate, an_ipv6_source_is_its_slash_64) {
    auto const source = [](char const* text) { return connection_gate::source_of(make_address(text)); };
    EXPECT_EQ(source("2001:db8::1"), source("2001:db8::ffff:2"));
    EXPECT_NE(source("2001:db8::1"), source("2001:db8:0:1::1"));
    EXPECT_NE(source("10.0.0.1"), source("10.0.0.2"));
    EXPECT_EQ(source("10.0.0.1"), source("::ffff:10.0.0.1"));
}

TEST(connection_gate, a_moved_ticket_releases_once) {
    connection_gate gate({.connections = 1, .connections_per_source = 1});
    auto first = gate.admit(make_address("10.0.0.1")).value();
    auto second = std::move(first);
    connection_gate::ticket third;
    third = std::move(second);
    EXPECT_EQ(gate.open(), 1u);
    { auto const last = std::move(third); }
    EXPECT_EQ(gate.open(), 0u);
}

}  // namespace
}  // namespace sluice::gateway
