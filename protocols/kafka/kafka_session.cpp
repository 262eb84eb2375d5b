#include "protocols/kafka/kafka_session.hpp"

#include <array>

#include "gateway/core/encoding.hpp"
#include "gateway/core/log.hpp"
#include "gateway/core/timer.hpp"
#include "protocols/kafka/api/handlers.hpp"

namespace sluice::kafka {
namespace {

class session {
public:
    session(byte_stream& stream, auth::connection_facts const& facts, endpoint const& reached,
            kafka_services const& services)
        : stream_(stream),
          facts_(facts),
          services_(services),
          options_(services.options),
          advertised_(advertised_by(services.options, reached)),
          login_(services.logins, facts),
          buffer_(services.options.resting_buffer_bytes),
          buffer_memory_(services.memory),
          answer_memory_(services.memory),
          timer_(stream.executor(), [&stream] { stream.cancel(); }),
          login_end_(services.clock.monotonic() + services.options.login_deadline) {
        std::string raw(8, '\0');
        services.random.fill({reinterpret_cast<std::byte*>(raw.data()), raw.size()});
        id_ = hex_encode(raw);
    }

    task<void> run();

private:
    static endpoint advertised_by(kafka_options const& options, endpoint const& reached) {
        if (options.advertised_host.empty()) return reached;
        return {options.advertised_host, options.advertised_port};
    }
    bool is_ready() const noexcept { return login_.now() == sasl_login::state::ready; }

    task<std::optional<std::string_view>> next_frame();
    task<bool> fill();
    void arm_for_reading();
    task<bool> serve(std::string_view frame);
    task<bool> serve_raw_token(std::string_view token);
    task<bool> answer(request_header const& header, wire_writer const& body);
    task<bool> send(std::string_view head, std::vector<record_data::piece> const& pieces);
    bool refuse(std::string_view why, request_header const& header) const;
    void prepare_caller(api_row const& row, request_header const& header);

    byte_stream& stream_;
    auth::connection_facts const& facts_;
    kafka_services const& services_;
    kafka_options const& options_;
    endpoint const advertised_;
    sasl_login login_;
    frame_buffer buffer_;
    memory_share buffer_memory_;
    memory_share answer_memory_;
    deadline timer_;
    monotonic_time const login_end_;
    std::string id_;
    std::uint64_t sent_ = 0;  // of the current answer
    bool settled_ = false;    // the resting buffer was given back
};

task<void> session::run() {
    for (;;) {
        auto const frame = co_await next_frame();
        if (!frame) break;
        bool const goes_on = co_await serve(*frame);
        if (!goes_on) break;
        buffer_.consume();
        if (buffer_.empty() && buffer_.capacity() > options_.kept_buffer_bytes) buffer_.rest();
        if (!buffer_memory_.resize(buffer_.is_large() ? buffer_.capacity() : 0)) break;
    }
    timer_.disarm();
    auto const ended = co_await stream_.shutdown();
    if (ended.has_error()) co_return;  // the peer was faster
}

task<std::optional<std::string_view>> session::next_frame() {
    settled_ = false;
    for (;;) {
        auto const most = is_ready() ? options_.frame_bytes : options_.frame_bytes_before_login;
        auto const frame = buffer_.next(most);
        if (frame.has_error()) {
            SLUICE_LOG(log_level::info, "kafka connection closed: bad frame",
                       {"client", facts_.client_address}, {"why", frame.error().text});
            co_return std::nullopt;
        }
        if (*frame) {
            timer_.disarm();
            co_return **frame;
        }
        bool const more = co_await fill();
        if (!more) co_return std::nullopt;
    }
}

void session::arm_for_reading() {
    if (!is_ready()) {
        auto const left = login_end_ - services_.clock.monotonic();
        timer_.arm(std::max<std::chrono::nanoseconds>(left, std::chrono::milliseconds{1}));
    } else if (!buffer_.empty()) {
        timer_.arm(options_.frame_deadline);
    } else if (buffer_.is_large() && !settled_) {
        timer_.arm(std::min(options_.settle_after, options_.idle_deadline));
    } else {
        timer_.arm(options_.idle_deadline);
    }
}

// More bytes of the next frame; false: the conversation is over.
task<bool> session::fill() {
    auto const room = buffer_.room();
    if (!buffer_memory_.resize(buffer_.is_large() ? buffer_.capacity() : 0)) {
        SLUICE_LOG(log_level::warning, "kafka connection closed: limits.kafka_memory",
                   {"client", facts_.client_address});
        co_return false;
    }
    arm_for_reading();
    auto const got = co_await stream_.read_some(room);
    if (got.has_error()) {
        // Nothing came for a while: wait on with less memory.
        bool const may_settle =
            timer_.expired() && is_ready() && buffer_.empty() && !settled_ && buffer_.is_large();
        if (!may_settle) co_return false;
        settled_ = true;
        buffer_.rest();
        co_return buffer_memory_.resize(0);
    }
    buffer_.arrived(*got);
    co_return *got > 0;
}

bool session::refuse(std::string_view why, request_header const& header) const {
    SLUICE_LOG(log_level::info, "kafka connection closed", {"why", why},
               {"client", facts_.client_address}, {"client_id", header.client_id},
               {"api_key", header.key}, {"api_version", header.version});
    return false;
}

void session::prepare_caller(api_row const& row, request_header const& header) {
    auto& who = login_.who();
    who.operation = title_of(row);
    who.request_id = id_ + "-" + std::to_string(header.correlation_id);
    who.client_id = header.client_id;
}

task<bool> session::serve(std::string_view frame) {
    if (login_.expects_raw_token()) co_return co_await serve_raw_token(frame);
    auto const began = services_.clock.monotonic();
    auto const request = parse_request(frame);
    if (request.has_error()) co_return refuse("malformed header", {});
    auto const& header = request->header;
    auto const* row = find_api(header.key);
    if (row == nullptr) co_return refuse("unknown API", header);
    if (!row->serves(header.version)) {
        if (row->key != api_key::api_versions) co_return refuse("version not served", header);
        auto const body = unsupported_api_versions();
        co_return co_await answer(header, body);
    }
    bool const is_login = row->key == api_key::api_versions ||
                          row->key == api_key::sasl_handshake ||
                          row->key == api_key::sasl_authenticate;
    if (!is_ready() && !is_login) co_return refuse("request before login", header);
    if (is_ready()) prepare_caller(*row, header);
    api_call call{header,      request->body, frame.size(), login_,
                  advertised_, facts_,        services_,    answer_memory_};
    auto const body = co_await handler_of(*row)(call);
    if (body.has_error()) co_return refuse("malformed body", header);
    sent_ = 0;
    bool alive = true;
    if (!call.no_answer) alive = co_await answer(header, *body);
    if (!answer_memory_.resize(0)) alive = false;
    if (services_.observer != nullptr) {
        auto const took = services_.clock.monotonic() - began;
        services_.observer->on_request(
            {title_of(*row), header.version, call.first_error, frame.size(), sent_, took, call.cause});
    }
    co_return alive && !call.close;
}

task<bool> session::serve_raw_token(std::string_view token) {
    auto const reply = co_await login_.take(token);
    if (reply.error != error_code::none) {
        auto const waited = co_await wait_for(options_.refusal_delay);
        if (waited.has_error()) co_return false;  // stopping: sooner is as good
        co_return false;
    }
    std::string head;
    byte_writer(head).big(static_cast<std::int32_t>(reply.token.size())).raw(reply.token);
    std::vector<record_data::piece> const nothing;
    co_return co_await send(head, nothing);
}

task<bool> session::answer(request_header const& header, wire_writer const& body) {
    auto const head = response_head(header, body.size());
    auto const pieces = body.pieces();
    co_return co_await send(head, pieces);
}

task<bool> session::send(std::string_view head, std::vector<record_data::piece> const& pieces) {
    std::array<const_byte_span, byte_stream::write_pieces_max> spans;
    spans[0] = as_bytes(head);
    sent_ = head.size();
    std::size_t filled = 1, at = 0;
    do {
        for (; at < pieces.size() && filled < spans.size(); ++at) {
            if (pieces[at].bytes.empty()) continue;
            spans[filled++] = as_bytes(pieces[at].bytes);
            sent_ += pieces[at].bytes.size();
        }
        if (filled == 0) break;
        timer_.arm(options_.write_deadline);
        std::span<const_byte_span const> const now(spans.data(), filled);
        auto const written = co_await stream_.write(now);
        timer_.disarm();
        if (written.has_error()) co_return false;
        filled = 0;
    } while (at < pieces.size());
    co_return true;
}

}  // namespace

task<void> serve_kafka(byte_stream& stream, auth::connection_facts const& facts,
                       endpoint const& reached, kafka_services const& services) {
    session one(stream, facts, reached, services);
    co_await one.run();
}

}  // namespace sluice::kafka
