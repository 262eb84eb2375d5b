// Helpers of the listener suites: an echo protocol, blocking clients, a certificate made on the spot.
// Waits are on conditions with a deadline that only a defect reaches.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "gateway/core/async.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/net/listener.hpp"
#include "gateway/net/tls_engine.hpp"

namespace sluice::gateway {

inline task<void> echo(byte_stream& stream, connection_origin) {
    std::vector<std::byte> buffer(16 * 1024);
    for (;;) {
        auto const count = co_await stream.read_some(buffer);
        if (count.has_error() || *count == 0) co_return;
        auto const sent = co_await write_all(stream, const_byte_span(buffer).first(*count));
        if (sent.has_error()) co_return;
    }
}

class plain_client {
public:
    explicit plain_client(std::uint16_t port) { connect(port, boost::asio::ip::address_v4::loopback()); }
    plain_client(std::uint16_t port, boost::asio::ip::address const& from) { connect(port, from); }

    void send(std::string_view text) { boost::asio::write(socket_, boost::asio::buffer(text)); }
    std::string receive(std::size_t count) {
        std::string out(count, '\0');
        boost::asio::read(socket_, boost::asio::buffer(out));
        return out;
    }
    // True when the server ended the connection; a byte from it is a failure of the test.
    bool ended() {
        char byte;
        boost::system::error_code code;
        auto const count = socket_.read_some(boost::asio::buffer(&byte, 1), code);
        return count == 0 && (code == boost::asio::error::eof || code == boost::asio::error::connection_reset);
    }
    boost::asio::ip::tcp::socket& socket() { return socket_; }

private:
    void connect(std::uint16_t port, boost::asio::ip::address const& from) {
        socket_.open(boost::asio::ip::tcp::v4());
        // Binding searches for a free port, slowly after thousands of connections.
        if (from != boost::asio::ip::address_v4::loopback()) socket_.bind({from, 0});
        socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    }

    boost::asio::io_context context_{1};
    boost::asio::ip::tcp::socket socket_{context_};
};

template <class Condition>
bool eventually(Condition condition) {
    auto const end = system_wall_clock().monotonic() + std::chrono::seconds(20);
    while (!condition()) {
        if (system_wall_clock().monotonic() > end) return false;
        std::this_thread::yield();
    }
    return true;
}

class listener_test : public ::testing::Test {
protected:
    void TearDown() override {
        if (listener_) stop(std::chrono::milliseconds(0));
    }

    listener& start(listener_options options, connection_handler handler = echo,
                    tls_identity const* identity = nullptr) {
        options.name = "test";
        listener_ = listener::open(threads_, std::move(options), identity, std::move(handler)).value();
        listener_->start();
        return *listener_;
    }
    void stop(std::chrono::milliseconds grace) {
        boost::asio::co_spawn(threads_.executor(1), listener_->stop(grace), boost::asio::use_future).get();
        listener_.reset();
    }

    io_threads threads_{2};
    std::unique_ptr<listener> listener_;
};

// A self-signed certificate for localhost and 127.0.0.1 in a folder that goes away.
class test_certificate {
public:
    test_certificate() : folder_(std::filesystem::path(::testing::TempDir()) / ("tls_" + std::to_string(::getpid()))) {
        make();
    }
    ~test_certificate() { std::filesystem::remove_all(folder_); }
    void make() {
        std::filesystem::create_directories(folder_);
        auto const command =
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=sluice "
            "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout '" + key() + "' -out '" + certificate() +
            "' 2>/dev/null";
        EXPECT_EQ(std::system(command.c_str()), 0) << "openssl is needed for this test";
    }
    std::string certificate() const { return (folder_ / "cert.pem").string(); }
    std::string key() const { return (folder_ / "key.pem").string(); }

private:
    std::filesystem::path folder_;
};

// A blocking TLS client over the engine under test's client side.
class tls_client {
public:
    tls_client(std::uint16_t port, tls_engine engine) : plain_(port), engine_(std::move(engine)) {}

    result<void> handshake() {
        for (;;) {
            auto const done = engine_.handshake();
            flush();
            if (done.has_error()) return done.error();
            if (*done) return success();
            if (!pump()) return failure{error::closed, "the server ended the connection"};
        }
    }
    void send(std::string_view text) {
        engine_.write(as_bytes(text)).value();
        flush();
    }
    // Up to `count` bytes; fewer when the server ended the connection.
    std::string receive(std::size_t count) {
        std::string out;
        std::vector<std::byte> buffer(16 * 1024);
        while (out.size() < count) {
            auto const got = engine_.read(byte_span(buffer).first(std::min(buffer.size(), count - out.size())));
            if (got.has_error()) break;
            if (*got && **got == 0) break;
            if (*got) out.append(as_chars(const_byte_span(buffer).first(**got)));
            else if (!pump()) engine_.feed_end();
        }
        return out;
    }
    void finish() {
        engine_.shutdown();
        flush();
    }
    tls_engine& engine() { return engine_; }
    plain_client& plain() { return plain_; }

private:
    void flush() {
        auto const output = engine_.take_output();
        if (!output.empty()) plain_.send(output);
    }
    bool pump() {
        std::vector<std::byte> buffer(16 * 1024);
        boost::system::error_code code;
        auto const count = plain_.socket().read_some(boost::asio::buffer(buffer.data(), buffer.size()), code);
        engine_.feed(const_byte_span(buffer).first(count));
        return !code;
    }

    plain_client plain_;
    tls_engine engine_;
};

}  // namespace sluice::gateway
