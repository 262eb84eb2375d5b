// TLS on a port: versions, ALPN, both directions at once, deadlines, reload, and hostile bytes.
#include <fstream>
#include <future>

#include "gateway/net/tls_stream.hpp"
#include "tests/integration/gateway/listener_fixture.hpp"

namespace sluice::gateway {
namespace {

using namespace std::chrono_literals;

class tls_listener_test : public listener_test {
protected:
    std::unique_ptr<tls_identity> identity(std::vector<std::string> protocols = {"http/1.1"}) {
        return tls_identity::load(certificate_.certificate(), certificate_.key(), std::move(protocols)).value();
    }
    tls_client connect(std::vector<std::string> protocols = {}, std::string const& host = "127.0.0.1") {
        return {listener_->port(), make_tls_client(certificate_.certificate(), host, protocols).value()};
    }
    void TearDown() override {
        listener_test::TearDown();
        identity_.reset();
    }
    listener& start_tls_port(listener_options options = {}, connection_handler handler = echo) {
        identity_ = identity();
        return start(std::move(options), std::move(handler), identity_.get());
    }

    test_certificate certificate_;
    std::unique_ptr<tls_identity> identity_;
};

TEST_F(tls_listener_test, echoes_what_is_larger_than_any_buffer) {
    start_tls_port();
    auto client = connect({"http/1.1"});
    ASSERT_TRUE(client.handshake().has_value());
    EXPECT_EQ(client.engine().protocol_version(), "TLSv1.3");
    EXPECT_EQ(client.engine().application_protocol(), "http/1.1");
    std::string text(3 * mebibyte, '\0');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 2654435761u >> 13);
    std::size_t const step = 96 * kibibyte;
    for (std::size_t at = 0; at < text.size(); at += step) {
        auto const part = std::string_view(text).substr(at, step);
        client.send(part);
        ASSERT_EQ(client.receive(part.size()), part);
    }
    client.finish();
    EXPECT_EQ(client.receive(1), "");
}

TEST_F(tls_listener_test, another_application_protocol_is_refused) {
    auto& port = start_tls_port();
    auto client = connect({"h2"});
    EXPECT_TRUE(client.handshake().has_error());
    EXPECT_TRUE(eventually([&] { return port.counters().handshakes_failed == 1; }));
}

TEST_F(tls_listener_test, the_client_checks_the_name) {
    start_tls_port();
    auto right = connect({}, "localhost");
    EXPECT_TRUE(right.handshake().has_value());
    auto wrong = connect({}, "example.org");
    EXPECT_TRUE(wrong.handshake().has_error());
}

TEST_F(tls_listener_test, plain_text_on_a_tls_port_ends_the_connection) {
    auto& port = start_tls_port();
    plain_client client(port.port());
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    boost::system::error_code code;
    char bytes[64];
    while (!code) client.socket().read_some(boost::asio::buffer(bytes), code);  // at most an alert
    EXPECT_TRUE(eventually([&] { return port.counters().handshakes_failed == 1; }));
}

TEST_F(tls_listener_test, a_silent_client_is_dropped_at_the_handshake_deadline) {
    auto& port = start_tls_port({.tls_handshake = 50ms});
    plain_client client(port.port());
    EXPECT_TRUE(client.ended());
    EXPECT_TRUE(eventually([&] { return port.counters().handshakes_failed == 1; }));
    EXPECT_TRUE(eventually([&] { return port.counters().open == 0; }));
}

TEST_F(tls_listener_test, a_graceful_stop_says_goodbye_to_resting_connections) {
    start_tls_port();
    auto client = connect();
    ASSERT_TRUE(client.handshake().has_value());
    client.send("a");
    EXPECT_EQ(client.receive(1), "a");
    auto stopping = std::async(std::launch::async, [&] { stop(1h); });
    EXPECT_EQ(client.receive(1), "");
    stopping.get();
}

TEST_F(tls_listener_test, a_reload_serves_the_new_certificate_and_survives_a_bad_one) {
    start_tls_port();
    auto const old_trust = make_tls_client(certificate_.certificate(), "localhost", {});
    ASSERT_TRUE(connect().handshake().has_value());
    certificate_.make();  // another key pair under the same names
    EXPECT_TRUE(connect().handshake().has_error()) << "the file is new, the server still shows the old one";
    ASSERT_TRUE(identity_->reload().has_value());
    EXPECT_TRUE(connect().handshake().has_value());
    std::ofstream(certificate_.key()) << "not a key";
    auto const bad = identity_->reload();
    ASSERT_TRUE(bad.has_error());
    EXPECT_NE(bad.error().text.find("tls.key"), std::string::npos);
    EXPECT_TRUE(connect().handshake().has_value());
}

TEST(tls_identity, says_which_file_is_wrong) {
    auto const missing = tls_identity::load("/nonexistent/cert.pem", "/nonexistent/key.pem", {});
    ASSERT_TRUE(missing.has_error());
    EXPECT_NE(missing.error().text.find("tls.cert '/nonexistent/cert.pem'"), std::string::npos);
}

TEST(tls_engine, random_bytes_are_an_error_and_hold_nothing) {
    test_certificate const files;
    auto const identity = tls_identity::load(files.certificate(), files.key(), {}).value();
    for (int seed = 0; seed < 200; ++seed) {
        auto engine = identity->make_engine();
        std::string bytes(300, '\0');
        auto state = static_cast<std::uint32_t>(seed * 7919 + 1);
        for (auto& byte : bytes) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
        if (seed % 2) bytes.replace(0, 3, "\x16\x03\x01");
        engine.feed(as_bytes(bytes));
        auto const outcome = engine.handshake();
        EXPECT_TRUE(outcome.has_error() || !*outcome) << seed;
    }
}

}  // namespace
}  // namespace sluice::gateway
