// How a protocol that begins in plaintext turns its connection to TLS in the middle (PostgreSQL's
// SSLRequest). It comes beside the connection's byte_stream and changes what that stream carries.
// Thread rule: byte_stream's; start() while nothing waits on the stream. Lifetime: the stream's.
#pragma once

#include <string>

#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice {

class transport_security {
public:
    virtual ~transport_security() = default;

    virtual bool offered() const noexcept = 0;  // a certificate is there
    virtual bool active() const noexcept = 0;
    // The handshake, as the server, in bounded time. `already_read`: its first bytes where the
    // session took them from the stream. After a failure the stream is closed.
    virtual task<result<void>> start(std::string already_read) = 0;

    // Of an active one. What ALPN agreed on; empty: nothing.
    virtual std::string application_protocol() const = 0;
    // Channel binding data of tls-server-end-point (RFC 5929, section 4).
    virtual std::string server_end_point() const = 0;
};

}  // namespace sluice
