// TLS on the PostgreSQL port: asked for by SSLRequest or at once, and what must not come before it.
#include "tests/integration/gateway/listener_fixture.hpp"
#include "tests/integration/postgres/pg_world.hpp"
#include "tests/integration/postgres/raw_client.hpp"

namespace sluice::postgres {
namespace {

using gateway::make_tls_client;
using gateway::tls_client;

pg_world_options with_tls() {
    pg_world_options out;
    out.tls = true;
    return out;
}

std::string message_of(tls_client& client) {
    auto out = client.receive(frame_header_bytes);
    if (out.size() < frame_header_bytes) return "";
    return out +
           client.receive(static_cast<std::size_t>(load_big<std::int32_t>(out.data() + 1)) - 4);
}

TEST(pg_tls, begins_after_the_server_agreed) {
    pg_world world(with_tls());
    for (std::vector<std::string> const protocols : {std::vector<std::string>{}, {"postgresql"}}) {
        tls_client client(world.port(),
                          make_tls_client(world.certificate(), "127.0.0.1", protocols).value());
        client.plain().send(startup_bytes(ssl_request_code));
        EXPECT_EQ(client.plain().receive(1), "S");
        ASSERT_TRUE(client.handshake().has_value());
        client.send(startup_bytes(protocol_3_0, {"user", "root", "database", "sluice"}));
        auto const said = message_of(client);
        auto const offered = nth<authentication_sasl_message>(said).value().mechanisms;
        EXPECT_EQ(offered.at(0), "SCRAM-SHA-256-PLUS");
    }
}

TEST(pg_tls, begins_at_once_with_alpn) {
    pg_world world(with_tls());
    tls_client client(world.port(),
                      make_tls_client(world.certificate(), "127.0.0.1", {"postgresql"}).value());
    ASSERT_TRUE(client.handshake().has_value());
    EXPECT_EQ(client.engine().application_protocol(), "postgresql");
    client.send(startup_bytes(protocol_3_2, {"user", "root"}));
    EXPECT_EQ(letters_of(message_of(client)), "R");
}

TEST(pg_tls, refuses_direct_tls_without_its_alpn) {
    pg_world world(with_tls());
    tls_client none(world.port(), make_tls_client(world.certificate(), "127.0.0.1", {}).value());
    ASSERT_TRUE(none.handshake().has_value());
    EXPECT_EQ(error_field_of(message_of(none), 'C'), "08P01");
    tls_client other(world.port(),
                     make_tls_client(world.certificate(), "127.0.0.1", {"http/1.1"}).value());
    EXPECT_TRUE(other.handshake().has_error());
}

TEST(pg_tls, refuses_bytes_that_were_sent_before_it) {
    pg_world world(with_tls());
    raw_client client(world.port());
    client.send(startup_bytes(ssl_request_code) + startup_bytes(protocol_3_0, {"user", "root"}));
    auto const said = client.to_the_end();
    EXPECT_EQ(error_field_of(said, 'M'), "received unencrypted data after SSL request");
}

TEST(pg_tls, is_asked_for_once) {
    pg_world world(with_tls());
    tls_client client(world.port(), make_tls_client(world.certificate(), "127.0.0.1", {}).value());
    client.plain().send(startup_bytes(ssl_request_code));
    EXPECT_EQ(client.plain().receive(1), "S");
    ASSERT_TRUE(client.handshake().has_value());
    client.send(startup_bytes(ssl_request_code));
    EXPECT_EQ(sqlstate_of(message_of(client)), "0A000");
}

TEST(pg_tls, is_not_needed_on_this_machine) {
    auto wanted = with_tls();
    wanted.front.tls_required = true;
    pg_world world(std::move(wanted));
    raw_client client(world.port());
    EXPECT_EQ(letters_of(client.log_in()).back(), 'Z');
}

}  // namespace
}  // namespace sluice::postgres
