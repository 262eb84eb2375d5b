// A byte_stream that speaks TLS over another one. An idle stream holds a small buffer only.
// Thread rule and lifetime: byte_stream's; owns the stream below.
#pragma once

#include <memory>

#include "gateway/core/byte_stream.hpp"
#include "gateway/net/tls_engine.hpp"

namespace sluice::gateway {

// Runs the handshake; bounded by nothing but what the caller does to `below` (with_deadline). On failure the
// stream below is closed, an alert was sent where there was one to send. `application_protocol`, where given,
// gets what ALPN agreed on, `protocol_version` what the handshake did ("TLSv1.3").
task<result<std::unique_ptr<byte_stream>>> start_tls(std::unique_ptr<byte_stream> below, tls_engine engine,
                                                     std::string* application_protocol = nullptr,
                                                     std::string* protocol_version = nullptr);

}  // namespace sluice::gateway
