#include "gateway/net/socket_stream.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "gateway/core/assert.hpp"
#include "gateway/core/async.hpp"

namespace sluice::gateway {
namespace {

// As many views as the stream was given, padded with empty ones: what Asio takes without allocating.
using gathered = std::array<boost::asio::const_buffer, byte_stream::write_pieces_max>;

template <class Socket>
class socket_stream final : public byte_stream {
public:
    socket_stream(Socket socket, std::string peer) : socket_(std::move(socket)), peer_(std::move(peer)) {}

    boost::asio::any_io_executor executor() override { return socket_.get_executor(); }
    std::string const& peer() const noexcept override { return peer_; }

    task<result<std::size_t>> read_some(byte_span into) override {
        if (closed_) co_return error::closed;
        bool const cancelled = co_await is_cancelled();
        if (cancelled) co_return error::cancelled;
        auto const [code, count] =
            co_await socket_.async_read_some(boost::asio::buffer(into.data(), into.size()), awaiting_tuple);
        if (code == boost::asio::error::eof) co_return std::size_t{0};
        if (code) co_return failure_of(code);
        co_return count;
    }

    task<result<void>> write(std::span<const_byte_span const> pieces) override {
        SLUICE_ASSERT(pieces.size() <= write_pieces_max);
        if (closed_) co_return error::closed;
        bool const cancelled = co_await is_cancelled();
        if (cancelled) co_return error::cancelled;
        gathered buffers;
        for (std::size_t i = 0; i < pieces.size(); ++i)
            buffers[i] = boost::asio::buffer(pieces[i].data(), pieces[i].size());
        auto const [code, count] = co_await boost::asio::async_write(socket_, buffers, awaiting_tuple);
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
