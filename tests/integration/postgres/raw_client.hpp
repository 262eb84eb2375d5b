// A blocking client that speaks bytes: what real clients never do, and how far they get with it.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "gateway/core/encoding.hpp"
#include "protocols/postgres/wire/startup_packet.hpp"
#include "tests/unit/auth/guard_world.hpp"
#include "tests/unit/postgres/wire_script.hpp"

namespace sluice::postgres {

inline std::string startup_bytes(std::uint32_t code, std::vector<std::string> const& words = {},
                                 std::string_view rest = "") {
    std::string body;
    byte_writer writer(body);
    writer.big(code);
    for (auto const& word : words) as_text::write(writer, word);
    if (!words.empty()) writer.little('\0');
    writer.raw(rest);
    std::string out;
    byte_writer(out).big(static_cast<std::uint32_t>(body.size() + 4)).raw(body);
    return out;
}

class raw_client {
public:
    explicit raw_client(std::uint16_t port) {
        socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    }

    void send(std::string_view bytes) { boost::asio::write(socket_, boost::asio::buffer(bytes)); }
    std::string receive(std::size_t count) {
        std::string out(count, '\0');
        boost::system::error_code code;
        out.resize(boost::asio::read(socket_, boost::asio::buffer(out), code));
        return out;
    }
    // One whole message; empty once the server ended.
    std::string message() {
        auto out = receive(frame_header_bytes);
        if (out.size() < frame_header_bytes) return "";
        auto const length = static_cast<std::size_t>(load_big<std::int32_t>(out.data() + 1));
        return out + receive(length - 4);
    }
    // Up to and with the next message of that letter, or the end.
    std::string up_to(char letter) {
        std::string out;
        while (true) {
            auto const next = message();
            out += next;
            if (next.empty() || next[0] == letter) return out;
        }
    }
    std::string to_the_end() { return up_to('\0'); }
    void end_sending() { socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send); }
    boost::asio::ip::tcp::socket& socket() { return socket_; }

    // Startup and SCRAM; everything up to the first ReadyForQuery, or to the refusal.
    std::string log_in(std::string const& password = auth::root_password,
                       std::vector<std::string> const& more = {},
                       std::uint32_t version = protocol_3_0);

private:
    boost::asio::io_context context_{1};
    boost::asio::ip::tcp::socket socket_{context_};
};

}  // namespace sluice::postgres
