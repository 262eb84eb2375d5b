// The unix socket in the data folder through which the command line tool reaches the server. Mode 0600: who
// can open it is whoever owns the data. One request per connection; a client that goes away ends its command.
//
// Thread rule: everything on the executor given. Lifetime: the handler outlives it; stop() must have
// returned before the destructor.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "gateway/admin/control_codec.hpp"
#include "gateway/core/byte_stream.hpp"
#include "gateway/core/task.hpp"

namespace sluice::gateway {

inline constexpr std::string_view control_socket_name = "control.sock";

// A sockaddr_un holds 107 bytes and data folders may be deeper: the name goes through the folder's
// descriptor, which stays open while the path is used.
std::string control_socket_path(int folder_descriptor);

// Where a command's rows go.
class row_sink {
public:
    virtual ~row_sink() = default;
    virtual task<result<void>> row(control_fields fields) = 0;
    // False once the client is gone: a command that waits for more looks here.
    virtual bool is_open() const noexcept = 0;
};

// Carries out one request: its closing text, or the failure to report. A plain function that makes a coroutine.
using control_handler = std::function<task<result<std::string>>(control_request const&, row_sink&)>;

struct control_server_options {
    std::string folder;                                 // the data folder
    std::size_t connections = 16;                       // limits.control_connections
    std::size_t message_bytes = 1024 * 1024;            // limits.control_message
    std::chrono::milliseconds request_deadline{10'000};  // from the connection to its whole request
};

class control_server {
public:
    // The caller owns the folder's lock: a socket left behind by a dead server is replaced.
    static result<std::unique_ptr<control_server>> open(boost::asio::any_io_executor executor,
                                                        control_server_options options, control_handler handler);
    ~control_server();  // removes the socket

    void start();
    task<void> stop();

private:
    class state;
    explicit control_server(std::unique_ptr<state> parts);
    std::unique_ptr<state> state_;
};

}  // namespace sluice::gateway
