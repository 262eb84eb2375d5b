// The begin of a connection as a machine: one packet in, what to do out. It knows the order in
// which encryption may be asked for, which protocol versions are served, and what a startup packet
// must say (PostgreSQL manual, "Message Flow: Start-up"; NegotiateProtocolVersion for newer minors
// and unknown _pq_ options). Sans-io: who reads, writes and shakes hands is the session.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/postgres/wire/front_errors.hpp"
#include "protocols/postgres/wire/startup_packet.hpp"

namespace sluice::postgres {

// What a client asked for, checked and taken apart.
struct session_wish {
    std::uint32_t version = protocol_3_0;  // the one spoken from here on
    std::string user, database;
    // Settings in the order of the packet, those of "options" where it stood.
    std::vector<std::pair<std::string, std::string>> settings;
    bool negotiate = false;  // NegotiateProtocolVersion has to say what is spoken
    std::vector<std::string> unknown_options;

    std::string const* setting(std::string_view name) const noexcept;
};

struct startup_step {
    enum class kind : std::uint8_t {
        answer_no,   // 'N': no encryption of that kind, go on in the clear
        answer_tls,  // 'S', then the handshake
        direct_tls,  // the handshake has begun: what was read belongs to it
        cancel,      // no answer; the connection ends
        proceed,     // to the login
        refuse
    } what = kind::refuse;
    cancel_request to_cancel;
    session_wish wish;
    sql::sql_error error;
};

class startup {
public:
    explicit startup(bool tls_offered) noexcept : tls_offered_(tls_offered) {}

    // A packet without its length, or the first byte of a direct handshake. `more`: bytes came
    // after it that nobody asked for.
    startup_step take(std::string_view packet, bool more);
    // The handshake is done; `application_protocol` is what ALPN agreed on. An error: a direct one
    // that agreed on nothing of ours.
    sql::sql_result<void> tls_active(std::string_view application_protocol);

private:
    startup_step take_request(startup_request const& request) const;

    bool tls_offered_;
    bool tls_ = false, direct_ = false;
    bool asked_ssl_ = false, asked_gss_ = false;
};

// "-c name=value --name=value" of the parameter "options": words end at white space that no
// backslash precedes (PostgreSQL manual, libpq "options").
sql::sql_result<std::vector<std::pair<std::string, std::string>>> parse_server_arguments(
    std::string_view text);

}  // namespace sluice::postgres
