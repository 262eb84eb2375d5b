#include "gateway/cli/control_client.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include "gateway/admin/control_server.hpp"

namespace sluice::gateway {
namespace {

class folder_handle {
public:
    explicit folder_handle(std::string const& folder)
        : descriptor_(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}
    folder_handle(folder_handle const&) = delete;
    folder_handle& operator=(folder_handle const&) = delete;
    ~folder_handle() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    int get() const noexcept { return descriptor_; }

private:
    int descriptor_;
};

using local = boost::asio::local::stream_protocol;

failure lost(std::string const& folder, boost::system::error_code status) {
    return {error::closed, "the server of '" + folder + "' does not answer: " + status.message()};
}

// Reads until a whole frame is there.
result<std::string> read_frame(local::socket& socket, frame_decoder& decoder, std::string const& folder) {
    for (;;) {
        SLUICE_TRY(auto frame, decoder.next());
        if (frame) return std::move(*frame);
        std::array<char, 16 * 1024> buffer;
        boost::system::error_code status;
        auto const count = socket.read_some(boost::asio::buffer(buffer), status);
        if (status) return lost(folder, status);
        decoder.feed({buffer.data(), count});
    }
}

}  // namespace

result<std::string> call_server(std::string const& folder, control_request const& request,
                                std::function<void(control_fields const&)> const& on_row,
                                std::size_t message_bytes_limit, blocking_token) {
    folder_handle const handle(folder);
    if (handle.get() < 0) return failure{error::closed, "'" + folder + "' is not a data folder"};
    boost::asio::io_context context(1);
    local::socket socket(context);
    boost::system::error_code status;
    socket.connect(local::endpoint(control_socket_path(handle.get())), status);
    if (status) return lost(folder, status);
    boost::asio::write(socket, boost::asio::buffer(encode(request)), status);
    if (status) return lost(folder, status);
    frame_decoder decoder(message_bytes_limit);
    for (;;) {
        SLUICE_TRY(auto const frame, read_frame(socket, decoder, folder));
        SLUICE_TRY(auto const reply, decode_reply(frame));
        if (auto const* row = std::get_if<control_row>(&reply)) {
            on_row(row->fields);
        } else if (auto const* done = std::get_if<control_done>(&reply)) {
            return done->text;
        } else {
            auto const& failed = std::get<control_failed>(reply);
            return failure{failed.code, failed.text};
        }
    }
}

}  // namespace sluice::gateway
