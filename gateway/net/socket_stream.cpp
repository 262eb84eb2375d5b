#include "gateway/net/socket_stream.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "gateway/core/assert.hpp"
#include "gateway/core/async.hpp"

namespace sluice::gateway {
namespace {

// As many views as the stream was given, padded with empty ones: what Asio takes without allocating.
using gathered = std::array<boost::asio::const_buffer, byte_stream::write_pieces_max>;

// A write up to this is tried at once, without a turn of the event loop: most answers fit into the
// socket's buffer. Larger ones take turns, so that one connection does not keep the thread.
constexpr std::size_t most_at_once = 128 * kibibyte;
// What one system call is offered of a larger one. (Asio's own choice is 64 KiB.)
constexpr std::size_t most_per_call = mebibyte;

bool would_block(boost::system::error_code code) {
    return code == boost::asio::error::would_block || code == boost::asio::error::try_again;
}

template <class Socket>
class socket_stream final : public byte_stream {
public:
    socket_stream(Socket socket, std::string peer) : socket_(std::move(socket)), peer_(std::move(peer)) {
        boost::system::error_code ignored;  // a peer that is already gone shows at the first read
        socket_.non_blocking(true, ignored);
    }

    boost::asio::any_io_executor executor() override { return socket_.get_executor(); }
    std::string const& peer() const noexcept override { return peer_; }

    task<result<std::size_t>> read_some(byte_span into) override {
        if (closed_) co_return error::closed;
        auto const cancellation = co_await boost::asio::this_coro::cancellation_state;
        if (is_set(cancellation)) co_return error::cancelled;
        auto const [code, count] =
            co_await socket_.async_read_some(boost::asio::buffer(into.data(), into.size()), awaiting_tuple);
        if (code == boost::asio::error::eof) co_return std::size_t{0};
        if (code) co_return failure_of(code);
        co_return count;
    }

    task<result<void>> write(std::span<const_byte_span const> pieces) override {
        SLUICE_ASSERT(pieces.size() <= write_pieces_max);
        if (closed_) co_return error::closed;
        auto const cancellation = co_await boost::asio::this_coro::cancellation_state;
        if (is_set(cancellation)) co_return error::cancelled;
        gathered buffers;
        std::size_t left = 0;
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            buffers[i] = boost::asio::buffer(pieces[i].data(), pieces[i].size());
            left += pieces[i].size();
        }
        if (left <= most_at_once) {
            SLUICE_CO_TRY(auto const sent, write_at_once(std::span(buffers).first(pieces.size())));
            left -= sent;
            if (left == 0) co_return success();
            skip(buffers, sent);
        }
        auto const condition = [](boost::system::error_code const& failed, std::size_t) {
            return failed ? std::size_t{0} : most_per_call;
        };
        auto const [code, count] =
            co_await boost::asio::async_write(socket_, buffers, condition, awaiting_tuple);
        if (code) co_return failure_of(code);
        co_return success();
    }

    task<result<void>> shutdown() override {
        if (closed_) co_return error::closed;
        boost::system::error_code code;
        socket_.shutdown(Socket::shutdown_send, code);
        if (code) co_return failure_of(code);
        co_return success();
    }

    void close() noexcept override {
        closed_ = true;
        boost::system::error_code ignored;  // the descriptor is gone in any case
        socket_.close(ignored);
    }

    void cancel() noexcept override {
        boost::system::error_code ignored;  // a socket that cannot cancel has nothing pending
        socket_.cancel(ignored);
    }

private:
    static bool is_set(boost::asio::cancellation_state const& cancellation) noexcept {
        return cancellation.cancelled() != boost::asio::cancellation_type::none;
    }

    // What the socket's buffer takes now.
    result<std::size_t> write_at_once(std::span<boost::asio::const_buffer const> buffers) {
        boost::system::error_code code;
        auto const sent = socket_.write_some(buffers, code);
        if (!code) return sent;
        if (would_block(code)) return std::size_t{0};
        return failure_of(code);
    }

    static void skip(gathered& buffers, std::size_t bytes) noexcept {
        for (auto& each : buffers) {
            auto const taken = std::min(bytes, each.size());
            each += taken;
            bytes -= taken;
        }
    }

    failure failure_of(boost::system::error_code code) const {
        if (closed_) return error::closed;
        if (code == boost::asio::error::operation_aborted) return error::cancelled;
        return {error::closed, code.message()};
    }

    Socket socket_;
    std::string peer_;
    bool closed_ = false;
};

}  // namespace

std::unique_ptr<byte_stream> make_socket_stream(boost::asio::ip::tcp::socket socket, std::string peer) {
    boost::system::error_code ignored;  // a peer that is already gone shows at the first read
    socket.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    return std::make_unique<socket_stream<boost::asio::ip::tcp::socket>>(std::move(socket), std::move(peer));
}

std::unique_ptr<byte_stream> make_socket_stream(boost::asio::local::stream_protocol::socket socket,
                                                std::string peer) {
    return std::make_unique<socket_stream<boost::asio::local::stream_protocol::socket>>(std::move(socket),
                                                                                        std::move(peer));
}

}  // namespace sluice::gateway
