#include "gateway/net/tls_stream.hpp"

#include <algorithm>
#include <vector>

#include "gateway/core/async.hpp"
#include "gateway/core/event.hpp"

namespace sluice::gateway {
namespace {

// Input buffers follow the traffic: small while a connection idles, large while it uploads.
constexpr std::size_t least_read = 4 * kibibyte;
constexpr std::size_t most_read = 64 * kibibyte;
// Plain bytes encrypted before they are sent: bounds what a large write holds twice.
constexpr std::size_t most_encrypted = 256 * kibibyte;

class tls_stream final : public byte_stream {
public:
    tls_stream(std::unique_ptr<byte_stream> below, tls_engine engine)
        : below_(std::move(below)), engine_(std::move(engine)), flushed_(below_->executor()) {}

    boost::asio::any_io_executor executor() override { return below_->executor(); }
    std::string const& peer() const noexcept override { return below_->peer(); }
    void close() noexcept override { below_->close(); }
    void cancel() noexcept override { below_->cancel(); }

    tls_agreement agreement() const {
        return {engine_.application_protocol(), engine_.protocol_version(), engine_.cipher_name()};
    }

    task<result<void>> handshake() {
        for (;;) {
            auto const done = engine_.handshake();
            auto const sent = co_await flush();  // the alert of a failed handshake too
            if (done.has_error()) co_return done.error();
            if (sent.has_error()) co_return sent.error();
            if (*done) co_return success();
            auto const fed = co_await feed_some();
            if (fed.has_error()) co_return fed.error();
        }
    }

    task<result<std::size_t>> read_some(byte_span into) override {
        for (;;) {
            auto const count = engine_.read(into);
            if (engine_.has_output()) {
                auto const sent = co_await flush();
                if (sent.has_error()) co_return sent.error();
            }
            if (count.has_error()) co_return count.error();
            if (*count) co_return **count;
            auto const fed = co_await feed_some();
            if (fed.has_error()) co_return fed.error();
        }
    }

    task<result<void>> write(std::span<const_byte_span const> pieces) override {
        std::size_t pending = 0;
        for (auto piece : pieces) {
            while (!piece.empty()) {
                auto const part = piece.first(std::min(piece.size(), most_encrypted - pending));
                auto const encrypted = engine_.write(part);
                if (encrypted.has_error()) co_return encrypted.error();
                piece = piece.subspan(part.size());
                pending += part.size();
                if (pending < most_encrypted) continue;
                auto const sent = co_await flush();
                if (sent.has_error()) co_return sent.error();
                pending = 0;
            }
        }
        co_return co_await flush();
    }

    task<result<void>> shutdown() override {
        engine_.shutdown();
        auto const sent = co_await flush();
        if (sent.has_error()) co_return sent.error();
        co_return co_await below_->shutdown();
    }

private:
    // More encrypted bytes into the engine, or the end.
    task<result<void>> feed_some() {
        std::vector<std::byte> buffer(next_read_);
        auto const count = co_await below_->read_some(buffer);
        if (count.has_error()) co_return count.error();
        if (*count == 0) engine_.feed_end();
        engine_.feed(const_byte_span(buffer).first(*count));
        if (*count == buffer.size()) next_read_ = std::min(most_read, next_read_ * 4);
        else if (*count < next_read_ / 4) next_read_ = least_read;
        co_return success();
    }

    // Returns when all output up to now is sent. The reader (alerts, key updates) and the writer may both
    // come here: one of them writes, the other waits.
    task<result<void>> flush() {
        while (flushing_) {
            auto const woken = co_await flushed_.wait();
            if (woken.has_error()) co_return woken.error();
        }
        if (!engine_.has_output()) co_return success();
        flushing_ = true;
        auto const output = engine_.take_output();
        auto const sent = co_await write_all(*below_, as_bytes(output));
        flushing_ = false;
        flushed_.notify_all();
        if (sent.has_error()) below_->close();  // half a record went out: nothing after it would make sense
        co_return sent;
    }

    std::unique_ptr<byte_stream> below_;
    tls_engine engine_;
    event flushed_;
    bool flushing_ = false;
    std::size_t next_read_ = least_read;
};

}  // namespace

task<result<std::unique_ptr<byte_stream>>> start_tls(std::unique_ptr<byte_stream> below, tls_engine engine,
                                                     tls_agreement* agreed) {
    auto stream = std::make_unique<tls_stream>(std::move(below), std::move(engine));
    auto const done = co_await stream->handshake();
    if (done.has_error()) {
        stream->close();
        co_return done.error();
    }
    if (agreed) *agreed = stream->agreement();
    co_return std::unique_ptr<byte_stream>(std::move(stream));
}

}  // namespace sluice::gateway
