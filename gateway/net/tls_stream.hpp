// A byte_stream that speaks TLS over another one. An idle stream holds a small buffer only.
// Thread rule and lifetime: byte_stream's; owns the stream below.
#pragma once

#include <memory>
#include <string>

#include "gateway/core/byte_stream.hpp"
#include "gateway/net/tls_engine.hpp"

namespace sluice::gateway {

// Runs the handshake; bounded by nothing but what the caller does to `below` (with_deadline). On failure the
// stream below is closed, an alert was sent where there was one to send. `agreed`, where given, gets what the
// handshake came to.
struct tls_agreement {
    std::string application_protocol;  // by ALPN; empty: nothing
    std::string version;               // "TLSv1.3"
    std::string cipher;
};
task<result<std::unique_ptr<byte_stream>>> start_tls(std::unique_ptr<byte_stream> below, tls_engine engine,
                                                     tls_agreement* agreed = nullptr);

}  // namespace sluice::gateway
