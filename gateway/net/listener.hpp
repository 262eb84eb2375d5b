// One port: accepts, bounds what comes before authentication, runs TLS, and hands each connection to its
// protocol as a byte_stream on one of the I/O threads.
//
// Off loopback a listener without a certificate is refused unless its options say that plaintext is meant.
// When the process or the machine is out of descriptors or memory, accepting rests until a connection of this
// port ends or accept_pause went by. Over a limit, a connection is closed as soon as it is accepted.
//
// Thread rule: open from any thread; start once; stop from one task. Lifetime: the io_threads, the identity and
// whatever the handler refers to outlive it; stop() must have returned before the destructor.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "gateway/core/byte_stream.hpp"
#include "gateway/core/transport_security.hpp"
#include "gateway/net/connection_gate.hpp"
#include "gateway/net/io_threads.hpp"

namespace sluice::gateway {

class tls_identity;

// What a protocol learns about a connection besides its bytes.
struct connection_origin {
    std::string client_address;  // without port
    bool encrypted = false;
    std::string server_address;  // that the client reached us at, without port
    std::uint16_t server_port = 0;
    std::string tls_version, tls_cipher;  // empty: not encrypted, or by the protocol itself later
};

// Runs one connection to its end, on the stream's executor; the stream outlives the task. Not a capturing
// coroutine: a plain function that makes one.
using connection_handler = std::function<task<void>(byte_stream&, connection_origin)>;

// The same for a protocol that begins in plaintext and turns to TLS itself: `security` works on the stream.
// Where it must (off loopback), the session refuses to go on without.
using upgradable_handler = std::function<task<void>(byte_stream&, transport_security&, connection_origin)>;

struct listener_options {
    std::string name;       // for logs and metrics: "s3"
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  // 0: any free one
    bool plaintext_off_loopback = false;                       // insecure
    int backlog = 1024;                                        // limits.accept_backlog
    // Of each connection in the kernel, which doubles it; 0: as the kernel sees fit (limits.socket_receive).
    std::size_t socket_receive_bytes = 0;
    connection_gate_options gate;
    std::chrono::milliseconds tls_handshake{10'000};           // limits.tls_handshake
    std::chrono::milliseconds accept_pause{250};
};

struct listener_counters {
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;             // over a limit
    std::uint64_t handshakes_failed = 0;
    std::uint64_t accept_errors = 0;
    std::uint64_t escaped_exceptions = 0;  // connections ended by an exception: a defect of ours
    std::size_t open = 0;
};

class listener {
public:
    // Binds and listens, but accepts nothing yet. `identity` null: plaintext. invalid_argument: plaintext off
    // loopback; already_exists: the port is taken; io_failed.
    static result<std::unique_ptr<listener>> open(io_threads& threads, listener_options options,
                                                  tls_identity const* identity, connection_handler handler);
    static result<std::unique_ptr<listener>> open_upgradable(io_threads& threads, listener_options options,
                                                             tls_identity const* identity,
                                                             upgradable_handler handler);
    ~listener();

    std::uint16_t port() const noexcept;
    std::string const& name() const noexcept;
    void start();
    // Refuses new connections, lets running requests finish for `grace`, then cancels the rest. Returns when no
    // connection is left.
    task<void> stop(std::chrono::milliseconds grace);
    // Ends the grace of a stop() that is under way.
    void cancel_connections();
    listener_counters counters() const;

private:
    class state;
    static result<std::unique_ptr<listener>> open_any(io_threads& threads, listener_options options,
                                                      tls_identity const* identity, connection_handler handler,
                                                      upgradable_handler upgradable);
    explicit listener(std::unique_ptr<state> parts);
    std::unique_ptr<state> state_;
};

}  // namespace sluice::gateway
