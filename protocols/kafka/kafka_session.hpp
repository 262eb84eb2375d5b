// One Kafka connection: frames in, SASL login, one request after the other, answers in the order of
// the requests. Nothing but ApiVersions and the login is heard before the login; what the protocol
// does not define here (an unknown API, a version out of range, a body that does not decode) ends
// the connection with a log line, as brokers do.
//
// A request is taken from the connection when the one before it was answered: clients pipeline into
// the socket's buffer, and a waiting Fetch holds what is behind it, as the protocol's order wants. Only
// Produce requests wait for their commits beside one another: the next is read once the appends of the
// one before have their place in the journal's order.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "auth/guard/guarded_acls.hpp"
#include "auth/guard/guarded_admin.hpp"
#include "auth/guard/guarded_logins.hpp"
#include "auth/guard/guarded_logs.hpp"
#include "auth/guard/guarded_transactions.hpp"
#include "gateway/core/byte_stream.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/random.hpp"
#include "gateway/core/task.hpp"
#include "protocols/kafka/kafka_options.hpp"
#include "gateway/core/memory_allowance.hpp"
#include "protocols/kafka/wire/errors.hpp"

namespace sluice::kafka {

class group_coordinator;
class transaction_coordinator;

// Told of every answered request, on the connection's thread.
struct finished_request {
    std::string_view api;  // "ListOffsets"; empty: none of ours
    int version = 0;
    error_code error = error_code::none;  // the first that the answer carries
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::chrono::nanoseconds took{0};
    std::string_view cause;  // the server's own trouble: what, and where; empty: none
};
class request_observer {
public:
    virtual ~request_observer() = default;
    virtual void on_request(finished_request const& request) noexcept = 0;
};

// What the front needs; all of it outlives every session.
struct kafka_services {
    auth::guarded_logins& logins;
    auth::guarded_logs& logs;
    auth::guarded_acls& acls;
    auth::guarded_admin& admin;
    group_coordinator& groups;
    auth::guarded_transactions& guarded_transactions;
    transaction_coordinator& transactions;
    wall_clock const& clock;
    random_source& random;
    kafka_options const& options;
    memory_allowance& memory;
    request_observer* observer = nullptr;
};

// Where clients find this server again.
struct endpoint {
    std::string host;
    std::uint16_t port = 0;
};

// Serves until the client, a deadline or a cancelled task ends it. `facts`, `reached` and
// `services` are kept alive by the caller, like the stream. `reached`: what the client connected
// to.
task<void> serve_kafka(byte_stream& stream, auth::connection_facts const& facts,
                       endpoint const& reached, kafka_services const& services);

}  // namespace sluice::kafka
