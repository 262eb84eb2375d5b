// One PostgreSQL connection from its first byte to its last: encryption and startup, login,
// the session's greeting, then the conversation. Also what a CancelRequest needs, which is a
// connection of its own.
#pragma once

#include <functional>

#include "auth/guard/guard.hpp"
#include "gateway/core/byte_stream.hpp"
#include "gateway/core/memory_allowance.hpp"
#include "gateway/core/random.hpp"
#include "gateway/core/task.hpp"
#include "gateway/core/transport_security.hpp"
#include "protocols/postgres/pg_observer.hpp"
#include "protocols/postgres/pg_options.hpp"
#include "protocols/postgres/session/session_registry.hpp"
#include "protocols/sql/sql_service.hpp"

namespace sluice::postgres {

// What the front needs; all of it outlives every session.
struct pg_services {
    auth::guard& guard;
    sql::sql_service& sql;
    session_registry& sessions;
    wall_clock const& clock;
    pg_options const& options;
    memory_allowance& memory;  // large messages of all connections
    session_observer* observer = nullptr;
    // The server is stopping: idle sessions end with 57P01. Any thread; may be empty.
    std::function<bool()> stopping;
};

// Serves until the client, a deadline or a cancelled task ends it. Stream, security and services
// are kept alive by the caller. `facts` are those of the plain connection.
task<void> serve_postgres(byte_stream& stream, transport_security& security,
                          auth::connection_facts facts, pg_services const& services);

}  // namespace sluice::postgres
