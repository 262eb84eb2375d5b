// Settings and bounds of the PostgreSQL front. Plain values, fixed when it starts.
#pragma once

#include <chrono>

#include "gateway/core/bytes.hpp"
#include "protocols/postgres/wire/messages.hpp"
#include "protocols/sql/prepared_statements.hpp"

namespace sluice::postgres {

struct pg_options {
    std::size_t startup_packet_bytes = 10'000;  // PostgreSQL's MAX_STARTUP_PACKET_LENGTH
    frame_limits frames;                        // limits.pg_message
    std::size_t login_message_bytes = 10'000;   // messages before the login is over
    std::size_t output_bytes = 64 * kibibyte;   // kept before it is sent, limits.pg_output
    sql::prepared_limits prepared;              // limits.pg_statements, limits.pg_statement_bytes
    std::size_t portals = 1000;                 // limits.pg_portals
    std::size_t sessions = 10'000;              // limits.pg_sessions, over all connections

    std::chrono::milliseconds authentication{60'000};  // limits.pg_authentication
    std::chrono::milliseconds message{60'000};         // from a message's first byte to its last
    std::chrono::milliseconds idle{0};                 // limits.pg_idle; 0: none
    std::chrono::milliseconds write{60'000};           // a client that does not read
    std::chrono::milliseconds linger{2'000};           // for the last error to arrive
    // An answer to a wrong password waits so long, so that guessing costs the guesser.
    std::chrono::milliseconds refusal_delay{20};

    bool tls_required = false;  // for clients that are not on this machine
};

}  // namespace sluice::postgres
