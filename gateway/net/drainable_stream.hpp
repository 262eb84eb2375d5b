// A byte_stream that can be told to take no further request. Told while the conversation rests (nothing
// arrived since the last answer), reading ends as if the peer had nothing more to say, which every session
// already handles; told in the middle of a request, that happens after its answer. This keeps a graceful
// stop from waiting for clients that hold connections open.
//
// Thread rule: byte_stream's; begin_drain() on the stream's executor too. Owns the stream below.
#pragma once

#include <memory>

#include "gateway/core/byte_stream.hpp"

namespace sluice::gateway {

class drainable_stream final : public byte_stream {
public:
    explicit drainable_stream(std::unique_ptr<byte_stream> below) : below_(std::move(below)) {}

    void begin_drain() noexcept;

    boost::asio::any_io_executor executor() override { return below_->executor(); }
    std::string const& peer() const noexcept override { return below_->peer(); }
    task<result<std::size_t>> read_some(byte_span into) override;
    task<result<void>> write(std::span<const_byte_span const> pieces) override;
    task<result<void>> shutdown() override { return below_->shutdown(); }
    void close() noexcept override { below_->close(); }
    void cancel() noexcept override { below_->cancel(); }

private:
    std::unique_ptr<byte_stream> below_;
    bool resting_ = true;  // no byte came since the last write ended
    bool reading_ = false;
    bool draining_ = false;
    bool ended_by_drain_ = false;  // the pending read was cancelled by begin_drain
};

}  // namespace sluice::gateway
