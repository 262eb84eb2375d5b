#include "gateway/admin/control_server.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/local/stream_protocol.hpp>
#include <cerrno>
#include <cstring>

#include "gateway/core/assert.hpp"
#include "gateway/core/async.hpp"
#include "gateway/core/task_group.hpp"
#include "gateway/core/timer.hpp"
#include "gateway/net/socket_stream.hpp"

namespace sluice::gateway {
namespace {

using local = boost::asio::local::stream_protocol;

task<result<void>> send_reply(byte_stream& stream, control_reply reply) {
    auto const frame = encode(reply);
    co_return co_await write_all(stream, as_bytes(frame));
}

class stream_sink final : public row_sink {
public:
    explicit stream_sink(byte_stream& stream) : stream_(stream) {}
    task<result<void>> row(control_fields fields) override {
        return send_reply(stream_, control_row{std::move(fields)});
    }
    bool is_open() const noexcept override { return open_; }
    void client_left() noexcept { open_ = false; }

private:
    byte_stream& stream_;
    bool open_ = true;
};

task<result<control_request>> read_request(byte_stream& stream, std::size_t message_bytes) {
    frame_decoder decoder(message_bytes);
    std::array<std::byte, 4096> buffer;
    for (;;) {
        auto const frame = decoder.next();
        if (frame.has_error()) co_return frame.error();
        if (*frame) co_return decode_request(**frame);
        auto const wanted = std::min(buffer.size(), decoder.wanted());
        auto const count = co_await stream.read_some(byte_span(buffer).first(wanted));
        if (count.has_error()) co_return count.error();
        if (*count == 0) co_return error::closed;
        decoder.feed(as_chars(const_byte_span(buffer).first(*count)));
    }
}

}  // namespace

std::string control_socket_path(int folder_descriptor) {
    return "/proc/self/fd/" + std::to_string(folder_descriptor) + "/" + std::string(control_socket_name);
}

class control_server::state {
public:
    state(boost::asio::any_io_executor executor, control_server_options options, control_handler handler,
          int folder_descriptor)
        : options_(std::move(options)),
          handler_(std::move(handler)),
          folder_descriptor_(folder_descriptor),
          acceptor_(executor),
          accepting_(executor, {.children_max = 1}),
          connections_(executor, {.children_max = options_.connections}) {}

    ~state() {
        if (acceptor_bound_) ::unlinkat(folder_descriptor_, std::string(control_socket_name).c_str(), 0);
        ::close(folder_descriptor_);
    }

    result<void> bind() {
        std::string const name(control_socket_name);
        ::unlinkat(folder_descriptor_, name.c_str(), 0);
        boost::system::error_code code;
        acceptor_.open(local(), code);
        if (!code) acceptor_.bind(local::endpoint(control_socket_path(folder_descriptor_)), code);
        acceptor_bound_ = !code;
        // Nobody can connect before listen(): the mode is right from the first moment.
        if (!code && ::fchmodat(folder_descriptor_, name.c_str(), 0600, 0) != 0)
            code.assign(errno, boost::system::system_category());
        if (!code) acceptor_.listen(static_cast<int>(options_.connections), code);
        if (code) return failure{error::io_failed, "control socket: " + code.message()};
        return {};
    }

    void start() { SLUICE_ASSERT(accepting_.spawn(accept_all())); }

    task<void> stop() {
        boost::system::error_code ignored;  // closed in any case
        acceptor_.close(ignored);
        accepting_.cancel();
        connections_.cancel();
        co_await accepting_.drain();
        co_await connections_.drain();
    }

private:
    task<void> accept_all() {
        for (;;) {
            bool const stopped = co_await is_cancelled();
            if (stopped || !acceptor_.is_open()) co_return;
            auto [code, socket] = co_await acceptor_.async_accept(awaiting_tuple);
            if (code) {
                // Whatever it is (no descriptors left, a client that went away), look again later.
                if (acceptor_.is_open()) (void)co_await wait_for(std::chrono::milliseconds(100));
                continue;
            }
            auto conversation = serve(make_socket_stream(std::move(socket), "control"));
            (void)connections_.spawn(std::move(conversation));  // over the limit: closed at once
        }
    }

    task<void> serve(std::unique_ptr<byte_stream> stream) {
        auto reading = read_request(*stream, options_.message_bytes);
        auto const request = co_await with_deadline(options_.request_deadline, std::move(reading));
        if (request.has_error()) {
            control_reply refused = control_failed{request.error().code, request.error().text};
            (void)co_await send_reply(*stream, std::move(refused));  // the client may be gone
            co_return;
        }
        stream_sink sink(*stream);
        task_group watching(stream->executor(), {.children_max = 1});
        auto watcher = watch(*stream, sink);
        SLUICE_ASSERT(watching.spawn(std::move(watcher)));
        auto const outcome = co_await handler_(*request, sink);
        control_reply last = control_done{};
        if (outcome.has_error()) last = control_failed{outcome.error().code, outcome.error().text};
        else last = control_done{*outcome};
        (void)co_await send_reply(*stream, std::move(last));  // the client may be gone
        watching.cancel();
        co_await watching.drain();
    }

    // The client has nothing more to say: what comes from it is its end.
    static task<void> watch(byte_stream& stream, stream_sink& sink) {
        std::array<std::byte, 64> ignored;
        for (;;) {
            auto const count = co_await stream.read_some(ignored);
            if (count.has_error() || *count == 0) break;
        }
        sink.client_left();
    }

    control_server_options const options_;
    control_handler const handler_;
    int const folder_descriptor_;
    bool acceptor_bound_ = false;
    local::acceptor acceptor_;
    task_group accepting_;
    task_group connections_;
};

control_server::control_server(std::unique_ptr<state> parts) : state_(std::move(parts)) {}
control_server::~control_server() = default;

result<std::unique_ptr<control_server>> control_server::open(boost::asio::any_io_executor executor,
                                                             control_server_options options,
                                                             control_handler handler) {
    auto const folder = ::open(options.folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return failure{error::io_failed, "'" + options.folder + "': " + std::strerror(errno)};
    auto parts = std::make_unique<state>(std::move(executor), std::move(options), std::move(handler), folder);
    SLUICE_CHECK(parts->bind());
    return std::unique_ptr<control_server>(new control_server(std::move(parts)));
}

void control_server::start() { state_->start(); }
task<void> control_server::stop() { return state_->stop(); }

}  // namespace sluice::gateway
