#include "gateway/net/upgradable_stream.hpp"

#include "gateway/core/assert.hpp"
#include "gateway/core/timer.hpp"
#include "gateway/net/tls_stream.hpp"

namespace sluice::gateway {
namespace {

// The plaintext stream as the TLS stream sees it: owned elsewhere, so that close and cancel reach it
// also while the handshake runs.
class borrowed_stream final : public byte_stream {
public:
    explicit borrowed_stream(byte_stream& below) : below_(below) {}

    boost::asio::any_io_executor executor() override { return below_.executor(); }
    std::string const& peer() const noexcept override { return below_.peer(); }
    task<result<std::size_t>> read_some(byte_span into) override { return below_.read_some(into); }
    task<result<void>> write(std::span<const_byte_span const> pieces) override {
        return below_.write(pieces);
    }
    task<result<void>> shutdown() override { return below_.shutdown(); }
    void close() noexcept override { below_.close(); }
    void cancel() noexcept override { below_.cancel(); }

private:
    byte_stream& below_;
};

}  // namespace

upgradable_stream::upgradable_stream(std::unique_ptr<byte_stream> plain,
                                     tls_identity const* identity,
                                     std::chrono::milliseconds handshake_limit,
                                     std::function<void()> on_failure)
    : plain_(std::move(plain)),
      identity_(identity),
      handshake_limit_(handshake_limit),
      on_failure_(std::move(on_failure)) {}

upgradable_stream::~upgradable_stream() = default;

task<result<std::size_t>> upgradable_stream::read_some(byte_span into) {
    return current().read_some(into);
}

task<result<void>> upgradable_stream::write(std::span<const_byte_span const> pieces) {
    return current().write(pieces);
}

task<result<void>> upgradable_stream::shutdown() { return current().shutdown(); }

task<result<void>> upgradable_stream::start(std::string already_read) {
    SLUICE_ASSERT(identity_ != nullptr && secured_ == nullptr);
    auto engine = identity_->make_engine();
    server_end_point_ = engine.server_end_point();
    engine.feed(as_bytes(already_read));
    tls_agreement agreed;
    auto handshake = start_tls(std::make_unique<borrowed_stream>(*plain_), std::move(engine),
                               &agreed);
    auto secured = co_await with_deadline(handshake_limit_, std::move(handshake));
    if (secured.has_error()) {
        plain_->close();
        if (on_failure_) on_failure_();
        co_return secured.error();
    }
    secured_ = std::move(*secured);
    application_protocol_ = std::move(agreed.application_protocol);
    co_return success();
}

}  // namespace sluice::gateway
