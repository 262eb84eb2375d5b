#include "gateway/net/listener.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <list>
#include <mutex>

#include "gateway/core/async.hpp"
#include "gateway/core/event.hpp"
#include "gateway/core/task_group.hpp"
#include "gateway/core/timer.hpp"
#include "gateway/net/drainable_stream.hpp"
#include "gateway/net/socket_stream.hpp"
#include "gateway/net/tls_engine.hpp"
#include "gateway/net/tls_stream.hpp"
#include "gateway/net/upgradable_stream.hpp"

namespace sluice::gateway {
namespace {

using boost::asio::ip::tcp;

// Connections whose place is free again while their task is on its way out.
constexpr std::size_t ending_connections = 1024;

bool out_of_resources(boost::system::error_code code) {
    namespace errc = boost::system::errc;
    return code == errc::too_many_files_open || code == errc::too_many_files_open_in_system ||
           code == errc::no_buffer_space || code == errc::not_enough_memory;
}

std::string text_of(tcp::endpoint const& peer) {
    auto const address = peer.address().to_string();
    auto const port = std::to_string(peer.port());
    return peer.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

// The connections that a drain has to reach. A stream is taken out before it dies, on its own executor,
// which is also where begin_drain runs: the flag `gone` needs no lock.
class drain_list {
public:
    struct entry {
        drainable_stream* stream;
        bool gone = false;
    };

    // Keeps one stream in the list.
    class membership {
    public:
        membership(drain_list& list, drainable_stream& stream) : list_(list) {
            std::lock_guard const lock(list_.mutex_);
            where_ = list_.entries_.insert(list_.entries_.end(),
                                           std::make_shared<entry>(entry{&stream}));
            if (list_.draining_) stream.begin_drain();
        }
        membership(membership const&) = delete;
        membership& operator=(membership const&) = delete;
        ~membership() {
            (*where_)->gone = true;
            std::lock_guard const lock(list_.mutex_);
            list_.entries_.erase(where_);
        }

    private:
        drain_list& list_;
        std::list<std::shared_ptr<entry>>::iterator where_;
    };

    void drain() {
        std::lock_guard const lock(mutex_);
        draining_ = true;
        for (auto const& each : entries_) {
            auto const executor = each->stream->executor();
            boost::asio::post(executor, [each] {  // shared with the list: the connection may end first
                if (!each->gone) each->stream->begin_drain();
            });
        }
    }

private:
    std::mutex mutex_;
    std::list<std::shared_ptr<entry>> entries_;
    bool draining_ = false;
};

}  // namespace

class listener::state {
public:
    state(io_threads& threads, listener_options options, tls_identity const* identity,
          connection_handler handler, upgradable_handler upgradable)
        : threads_(threads),
          options_(std::move(options)),
          identity_(identity),
          handler_(std::move(handler)),
          upgradable_(std::move(upgradable)),
          gate_(options_.gate),
          acceptor_(threads.executor(0)),
          room_(acceptor_.get_executor()),
          accepting_(acceptor_.get_executor(), {.children_max = 1}),
          connections_(acceptor_.get_executor(),
                       {.children_max = options_.gate.connections + ending_connections,
                        .on_exception = [this](std::exception_ptr) { ++escaped_exceptions_; }}) {
        gate_.on_release([this] { room_again(); });
    }

    result<void> bind(tcp::endpoint const& at) {
        boost::system::error_code code;
        acceptor_.open(at.protocol(), code);
        if (!code) acceptor_.set_option(tcp::acceptor::reuse_address(true), code);
        // Connections inherit it.
        if (!code && options_.socket_receive_bytes != 0)
            acceptor_.set_option(
                tcp::acceptor::receive_buffer_size(static_cast<int>(options_.socket_receive_bytes)), code);
        if (!code) acceptor_.bind(at, code);
        if (!code) acceptor_.listen(options_.backlog, code);
        if (!code) port_ = acceptor_.local_endpoint(code).port();
        if (!code) return {};
        auto const text = options_.name + " port " + text_of(at) + ": " + code.message();
        return failure{code == boost::asio::error::address_in_use ? error::already_exists : error::io_failed,
                       text};
    }

    void start() { SLUICE_ASSERT(accepting_.spawn(accept_all())); }

    task<void> stop(std::chrono::milliseconds grace) {
        auto const here = co_await boost::asio::this_coro::executor;
        boost::asio::post(acceptor_.get_executor(), [this] {
            boost::system::error_code ignored;  // closed in any case
            acceptor_.close(ignored);
        });
        accepting_.cancel();
        co_await accepting_.drain();
        streams_.drain();
        deadline end_of_grace(here, [this] { connections_.cancel(); });
        end_of_grace.arm(grace);
        co_await connections_.drain();
        // Whatever was posted to the acceptor's executor has run when this has.
        co_await boost::asio::post(acceptor_.get_executor(), boost::asio::use_awaitable);
    }

    void cancel_connections() { connections_.cancel(); }
    std::uint16_t port() const noexcept { return port_; }
    std::string const& name() const noexcept { return options_.name; }

    listener_counters counters() const {
        return {.accepted = gate_.admitted(),
                .refused = gate_.refused(),
                .handshakes_failed = handshakes_failed_,
                .accept_errors = accept_errors_,
                .escaped_exceptions = escaped_exceptions_,
                .open = gate_.open()};
    }

private:
    task<void> accept_all() {
        for (;;) {
            bool const stopped = co_await is_cancelled();
            if (stopped || !acceptor_.is_open()) co_return;
            auto [code, socket] = co_await acceptor_.async_accept(threads_.next(), awaiting_tuple);
            if (!code) {
                take(std::move(socket));
                continue;
            }
            if (code == boost::asio::error::operation_aborted) continue;
            ++accept_errors_;
            if (out_of_resources(code)) co_await wait_for_room();
        }
    }

    // Until a connection ended or the pause is over: accepting again at once would fail again and spin.
    task<void> wait_for_room() {
        waiting_for_room_ = true;
        auto const until = system_wall_clock().monotonic() + options_.accept_pause;
        (void)co_await room_.wait_until(until);  // every outcome means: look again
        waiting_for_room_ = false;
    }

    void room_again() {
        if (!waiting_for_room_) return;
        boost::asio::post(acceptor_.get_executor(), [this] { room_.notify_all(); });
    }

    void take(tcp::socket socket) {
        boost::system::error_code code;
        auto const peer = socket.remote_endpoint(code);
        if (code) return;  // gone already
        auto place = gate_.admit(peer.address());
        if (place.has_error()) return;  // counted by the gate; the socket closes here
        auto const here = socket.local_endpoint(code);
        if (code) return;
        auto const on = socket.get_executor();
        auto connection = serve(std::move(socket), std::move(*place), peer, here);
        // Refused only while stopping: the gate admits no more than the group holds.
        (void)connections_.spawn(on, std::move(connection));
    }

    // `place` is given back after the socket closed: parameters die last.
    task<void> serve(tcp::socket socket, [[maybe_unused]] connection_gate::ticket place,
                     tcp::endpoint peer, tcp::endpoint here) {
        auto stream = make_socket_stream(std::move(socket), text_of(peer));
        if (upgradable_) {
            co_await serve_upgradable(std::move(stream), peer.address().to_string());
            co_return;
        }
        tls_agreement agreed;
        if (identity_) {
            auto handshake = start_tls(std::move(stream), identity_->make_engine(), &agreed);
            auto secured = co_await with_deadline(options_.tls_handshake, std::move(handshake));
            if (secured.has_error()) {
                ++handshakes_failed_;
                co_return;
            }
            stream = std::move(*secured);
        }
        drainable_stream drainable(std::move(stream));
        drain_list::membership const listed(streams_, drainable);
        // Named: g++ 12 copies a braced temporary of an awaited expression byte by byte.
        connection_origin origin{peer.address().to_string(), identity_ != nullptr,
                                 here.address().to_string(), here.port(),
                                 std::move(agreed.version), std::move(agreed.cipher)};
        co_await handler_(drainable, std::move(origin));
    }

    task<void> serve_upgradable(std::unique_ptr<byte_stream> plain, std::string client_address) {
        auto made = std::make_unique<upgradable_stream>(std::move(plain), identity_, options_.tls_handshake,
                                                        [this] { ++handshakes_failed_; });
        auto& security = *made;
        drainable_stream drainable(std::move(made));
        drain_list::membership const listed(streams_, drainable);
        connection_origin origin{std::move(client_address), false};
        co_await upgradable_(drainable, security, std::move(origin));
    }

    io_threads& threads_;
    listener_options const options_;
    tls_identity const* const identity_;
    connection_handler const handler_;
    upgradable_handler const upgradable_;  // instead of handler_
    connection_gate gate_;
    tcp::acceptor acceptor_;
    event room_;
    task_group accepting_;
    task_group connections_;
    drain_list streams_;
    std::uint16_t port_ = 0;
    std::atomic<bool> waiting_for_room_ = false;
    std::atomic<std::uint64_t> handshakes_failed_ = 0, accept_errors_ = 0, escaped_exceptions_ = 0;
};

listener::listener(std::unique_ptr<state> parts) : state_(std::move(parts)) {}
listener::~listener() = default;

result<std::unique_ptr<listener>> listener::open(io_threads& threads, listener_options options,
                                                 tls_identity const* identity, connection_handler handler) {
    return open_any(threads, std::move(options), identity, std::move(handler), {});
}

result<std::unique_ptr<listener>> listener::open_upgradable(io_threads& threads, listener_options options,
                                                            tls_identity const* identity,
                                                            upgradable_handler handler) {
    return open_any(threads, std::move(options), identity, {}, std::move(handler));
}

result<std::unique_ptr<listener>> listener::open_any(io_threads& threads, listener_options options,
                                                     tls_identity const* identity, connection_handler handler,
                                                     upgradable_handler upgradable) {
    boost::system::error_code code;
    auto const address = boost::asio::ip::make_address(options.address, code);
    if (code) return failure{error::invalid_argument, "'" + options.address + "' is not an IP address"};
    if (!identity && !address.is_loopback() && !options.plaintext_off_loopback)
        return failure{error::invalid_argument,
                       "listening on " + options.address + " without TLS would send passwords and data in "
                       "the clear: set tls.cert and tls.key, or SLUICE_INSECURE=1 to accept that"};
    tcp::endpoint const at(address, options.port);
    auto parts = std::make_unique<state>(threads, std::move(options), identity, std::move(handler),
                                         std::move(upgradable));
    SLUICE_CHECK(parts->bind(at));
    return std::unique_ptr<listener>(new listener(std::move(parts)));
}

std::uint16_t listener::port() const noexcept { return state_->port(); }
std::string const& listener::name() const noexcept { return state_->name(); }
void listener::start() { state_->start(); }
task<void> listener::stop(std::chrono::milliseconds grace) { return state_->stop(grace); }
void listener::cancel_connections() { state_->cancel_connections(); }
listener_counters listener::counters() const { return state_->counters(); }

}  // namespace sluice::gateway
