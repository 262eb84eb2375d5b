// TLS without a socket: encrypted bytes in, plain bytes out, and the other way round (sans-io, over
// OpenSSL). One server side conversation, TLS 1.2 or later, no renegotiation.
//
// Thread rule: one thread at a time. Lifetime: keeps what it needs of its identity alive.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/blocking_token.hpp"
#include "gateway/core/bytes.hpp"
#include "gateway/core/result.hpp"

namespace sluice::gateway {

class tls_engine {
public:
    struct state;
    explicit tls_engine(std::unique_ptr<state>);
    tls_engine(tls_engine&&) noexcept;
    tls_engine& operator=(tls_engine&&) noexcept;
    ~tls_engine();

    // Bytes from the peer. The engine holds what it cannot use yet.
    void feed(const_byte_span encrypted);
    // The peer will send nothing more.
    void feed_end() noexcept;
    // What must go to the peer before anything else is waited for; taken once.
    std::string take_output();
    bool has_output() const noexcept;

    // true: done; false: feed more. malformed: not TLS, or nothing in common; output may hold an alert.
    result<bool> handshake();
    // Bytes written into `into`; 0 once the peer ended politely; nullopt: feed more. closed: cut off
    // without the end mark of TLS.
    result<std::optional<std::size_t>> read(byte_span into);
    // Encrypts all of it into the output.
    result<void> write(const_byte_span plain);
    // Puts the end mark into the output.
    void shutdown();

    // What ALPN agreed on; empty: nothing.
    std::string application_protocol() const;
    std::string protocol_version() const;
    std::string cipher_name() const;  // OpenSSL's: "ECDHE-RSA-AES128-GCM-SHA256"; empty: none yet
    // Hash of our own certificate for channel binding (RFC 5929, tls-server-end-point): SHA-256, or the
    // hash of its signature where that is stronger. Also before the handshake.
    std::string server_end_point() const;

private:
    std::unique_ptr<state> state_;
};

// A certificate with its key and what is spoken inside. Thread rule: any thread.
class tls_identity {
public:
    struct parts;

    // invalid_argument names the file and what is wrong with it (unreadable, no certificate, key does not fit).
    // `application_protocols` for ALPN, best first; empty: the extension is ignored.
    static result<std::unique_ptr<tls_identity>> load(std::string certificate_path, std::string key_path,
                                                      std::vector<std::string> application_protocols);
    ~tls_identity();

    // Reads both files again; on failure the old ones stay. Running connections keep theirs.
    result<void> reload();
    tls_engine make_engine() const;

    explicit tls_identity(std::unique_ptr<parts>);  // for load

private:
    std::unique_ptr<parts> parts_;
};

// The other side, for tests and tools: trusts the certificates in `trusted_path` (empty: trusts nobody,
// every handshake fails) and checks that the peer is `host`.
result<tls_engine> make_tls_client(std::string const& trusted_path, std::string const& host,
                                   std::vector<std::string> const& application_protocols);
// The same, trusting what the system trusts (SSL_CERT_FILE and SSL_CERT_DIR in its place). Reads files.
result<tls_engine> make_tls_client_of_system(std::string const& host, blocking_token token);

}  // namespace sluice::gateway
