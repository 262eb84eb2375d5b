// A connection that starts in plaintext and may become TLS: the byte_stream and the
// transport_security of one socket. Plaintext bytes that were read before start() and are not part
// of the handshake are the session's to refuse (CVE-2021-23214).
// Thread rule and lifetime: byte_stream's; owns the stream below; `identity` outlives it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "gateway/core/byte_stream.hpp"
#include "gateway/core/transport_security.hpp"
#include "gateway/net/tls_engine.hpp"

namespace sluice::gateway {

class upgradable_stream final : public byte_stream, public transport_security {
public:
    // `identity` null: TLS is not offered. `on_failure` is told of each failed handshake.
    upgradable_stream(std::unique_ptr<byte_stream> plain, tls_identity const* identity,
                      std::chrono::milliseconds handshake_limit, std::function<void()> on_failure);
    ~upgradable_stream() override;

    boost::asio::any_io_executor executor() override { return plain_->executor(); }
    std::string const& peer() const noexcept override { return plain_->peer(); }
    task<result<std::size_t>> read_some(byte_span into) override;
    task<result<void>> write(std::span<const_byte_span const> pieces) override;
    task<result<void>> shutdown() override;
    void close() noexcept override { current().close(); }
    void cancel() noexcept override { current().cancel(); }

    bool offered() const noexcept override { return identity_ != nullptr; }
    bool active() const noexcept override { return secured_ != nullptr; }
    task<result<void>> start(std::string already_read) override;
    std::string application_protocol() const override { return application_protocol_; }
    std::string server_end_point() const override { return server_end_point_; }

private:
    byte_stream& current() noexcept { return secured_ ? *secured_ : *plain_; }

    std::unique_ptr<byte_stream> plain_;
    std::unique_ptr<byte_stream> secured_;  // TLS over plain_
    tls_identity const* identity_;
    std::chrono::milliseconds handshake_limit_;
    std::function<void()> on_failure_;
    std::string application_protocol_, server_end_point_;
};

}  // namespace sluice::gateway
