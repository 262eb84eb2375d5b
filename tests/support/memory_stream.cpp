#include "tests/support/memory_stream.hpp"

#include <algorithm>
#include <array>

#include "gateway/core/event.hpp"

namespace sluice::test {

// One direction.
struct memory_pipe {
    explicit memory_pipe(boost::asio::any_io_executor on) : executor(on), changed(on) {}

    boost::asio::any_io_executor executor;
    event changed;
    std::string bytes;
    bool ended = false;   // the writer will write no more
    bool broken = false;  // the reader will read no more
};

memory_stream::memory_stream(std::shared_ptr<memory_pipe> in, std::shared_ptr<memory_pipe> out,
                             memory_stream_options options, std::string peer)
    : in_(std::move(in)), out_(std::move(out)), options_(options), peer_(std::move(peer)) {}

std::pair<std::unique_ptr<memory_stream>, std::unique_ptr<memory_stream>> memory_stream::make_pair(
    boost::asio::any_io_executor executor, memory_stream_options options) {
    auto const forth = std::make_shared<memory_pipe>(executor);
    auto const back = std::make_shared<memory_pipe>(executor);
    std::unique_ptr<memory_stream> left{new memory_stream(back, forth, options, "memory:right")};
    std::unique_ptr<memory_stream> right{new memory_stream(forth, back, options, "memory:left")};
    return {std::move(left), std::move(right)};
}

memory_stream::~memory_stream() { close(); }

boost::asio::any_io_executor memory_stream::executor() { return in_->executor; }

std::string const& memory_stream::peer() const noexcept { return peer_; }

task<result<std::size_t>> memory_stream::read_some(byte_span into) {
    auto const cancels = cancels_;
    for (;;) {
        if (closed_) co_return error::closed;
        if (cancels != cancels_) co_return error::cancelled;
        if (!in_->bytes.empty()) {
            auto const count = std::min({into.size(), in_->bytes.size(), options_.read_chunk_bytes});
            std::copy_n(as_bytes(in_->bytes).begin(), count, into.begin());
            in_->bytes.erase(0, count);
            in_->changed.notify_all();
            co_return count;
        }
        if (in_->ended) co_return std::size_t{0};
        SLUICE_CO_CHECK(co_await in_->changed.wait());
    }
}

task<result<void>> memory_stream::write(std::span<const_byte_span const> pieces) {
    auto const cancels = cancels_;
    for (auto piece : pieces) {
        while (!piece.empty()) {
            if (closed_ || out_->ended || out_->broken) co_return error::closed;
            if (cancels != cancels_) co_return error::cancelled;
            auto const room = options_.buffer_bytes - std::min(options_.buffer_bytes, out_->bytes.size());
            if (room == 0) {
                SLUICE_CO_CHECK(co_await out_->changed.wait());
                continue;
            }
            auto const count = std::min(piece.size(), room);
            out_->bytes += as_chars(piece.first(count));
            piece = piece.subspan(count);
            out_->changed.notify_all();
        }
    }
    co_return success();
}

task<result<void>> memory_stream::shutdown() {
    if (closed_) co_return error::closed;
    out_->ended = true;
    out_->changed.notify_all();
    co_return success();
}

void memory_stream::close() noexcept {
    closed_ = true;
    out_->ended = true;
    in_->broken = true;
    in_->changed.notify_all();
    out_->changed.notify_all();
}

void memory_stream::cancel() noexcept {
    ++cancels_;
    in_->changed.notify_all();
    out_->changed.notify_all();
}

task<result<std::string>> read_to_end(byte_stream& from) {
    std::string all;
    std::array<char, 4096> chunk;
    for (;;) {
        auto const got = co_await from.read_some(std::as_writable_bytes(std::span{chunk}));
        if (got.has_error()) co_return got.error();
        if (*got == 0) co_return all;
        all.append(chunk.data(), *got);
    }
}

}  // namespace sluice::test
