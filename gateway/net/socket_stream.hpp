// A byte_stream over a connected socket. TCP_NODELAY is set: sessions write whole answers.
// Thread rule and lifetime: byte_stream's; the stream lives on the socket's executor.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <memory>
#include <string>

#include "gateway/core/byte_stream.hpp"

namespace sluice::gateway {

std::unique_ptr<byte_stream> make_socket_stream(boost::asio::ip::tcp::socket socket, std::string peer);
std::unique_ptr<byte_stream> make_socket_stream(boost::asio::local::stream_protocol::socket socket,
                                                std::string peer);

}  // namespace sluice::gateway
