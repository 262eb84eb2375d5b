#include "protocols/kafka/kafka_session.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <optional>

#include "gateway/core/encoding.hpp"
#include "gateway/core/event.hpp"
#include "gateway/core/log.hpp"
#include "gateway/core/task_group.hpp"
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
          login_(services.logins, facts, services.clock, services.options.longest_login),
          buffer_(services.options.resting_buffer_bytes),
          buffer_memory_(services.memory),
          answer_memory_(services.memory),
          read_timer_(stream.executor(), [&stream] { stream.cancel(); }),
          write_timer_(stream.executor(), [&stream] { stream.cancel(); }),
          login_end_(services.clock.monotonic() + services.options.login_deadline),
          // Twice: an answered one may leave the group a turn later.
          produces_(stream.executor(),
                    {2 * services.options.produces_under_way,
                     [this](std::exception_ptr escaped) { give_up(std::move(escaped)); }}),
          progress_(stream.executor()) {
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
    bool is_ready() const noexcept {
        return login_.is_proven() && login_.now() != sasl_login::state::refused;
    }

    task<std::optional<std::string_view>> next_frame();
    task<bool> fill();
    void arm_for_reading();
    struct exchange;
    task<bool> serve(std::string_view frame);
    task<bool> begin_produce(request_frame request, api_row const& row, std::size_t frame_bytes);
    task<void> finish_produce(std::uint64_t number, std::unique_ptr<exchange> produce);
    task<bool> conclude(exchange& of, result<wire_writer> const& body);
    task<bool> all_answered();
    void give_up(std::exception_ptr escaped);
    task<bool> serve_raw_token(std::string_view token);
    task<bool> answer(request_header const& header, wire_writer const& body);
    task<bool> send(std::string_view head, std::vector<record_data::piece> const& pieces);
    bool refuse(std::string_view why, request_header const& header) const;
    void prepare_caller(auth::caller& who, api_row const& row, request_header const& header) const;

    byte_stream& stream_;
    auth::connection_facts const& facts_;
    kafka_services const& services_;
    kafka_options const& options_;
    endpoint const advertised_;
    sasl_login login_;
    frame_buffer buffer_;
    memory_share buffer_memory_;
    memory_share answer_memory_;
    deadline read_timer_;
    deadline write_timer_;
    monotonic_time const login_end_;
    std::string id_;
    std::uint64_t sent_ = 0;  // of the current answer
    bool settled_ = false;    // the resting buffer was given back
    bool reading_ = false;

    // Produce requests under way, numbered from 1 as they came: up to which they have begun, have their
    // place in the journal's order, are answered.
    task_group produces_;
    event progress_;
    std::uint64_t begun_ = 0, ordered_ = 0, answered_ = 0;
    bool alive_ = true;
    std::exception_ptr escaped_;
};

// One request from its frame to its answer. A Produce speaks as a caller of its own: the next request
// changes the session's.
struct session::exchange {
    exchange(session& of, request_header given, std::string_view body, std::size_t frame_bytes,
             api_row const& served)
        : header(std::move(given)),
          row(served),
          began(of.services_.clock.monotonic()),
          memory(of.services_.memory),
          call{header,    body,         frame_bytes,       of.login_, of.advertised_,
               of.facts_, of.services_, of.answer_memory_, nullptr} {}

    request_header const header;
    api_row const& row;
    monotonic_time const began;
    memory_share memory;
    std::optional<auth::caller> who;
    api_call call;
};

task<void> session::run() {
    while (alive_) {
        auto const frame = co_await next_frame();
        if (!frame) break;
        bool const goes_on = co_await serve(*frame);
        if (!goes_on) break;
        buffer_.consume();
        if (buffer_.empty() && buffer_.capacity() > options_.kept_buffer_bytes) buffer_.rest();
        if (!buffer_memory_.resize(buffer_.is_large() ? buffer_.capacity() : 0)) break;
    }
    read_timer_.disarm();
    co_await produces_.drain();
    if (escaped_) std::rethrow_exception(escaped_);
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
            read_timer_.disarm();
            co_return **frame;
        }
        bool const more = co_await fill();
        if (!more) co_return std::nullopt;
    }
}

void session::arm_for_reading() {
    if (!is_ready()) {
        auto const left = login_end_ - services_.clock.monotonic();
        read_timer_.arm(std::max<std::chrono::nanoseconds>(left, std::chrono::milliseconds{1}));
    } else if (!buffer_.empty()) {
        read_timer_.arm(options_.frame_deadline);
    } else if (buffer_.is_large() && !settled_ && answered_ == begun_) {
        read_timer_.arm(std::min(options_.settle_after, options_.idle_deadline));
    } else {
        read_timer_.arm(options_.idle_deadline);
    }
}

// More bytes of the next frame; false: the conversation is over.
task<bool> session::fill() {
    auto const room = buffer_.room();
    if (!buffer_memory_.resize(buffer_.is_large() ? buffer_.capacity() : 0)) {
        SLUICE_LOG(log_level::warning, "kafka connection closed: limits.request_memory",
                   {"client", facts_.client_address});
        co_return false;
    }
    if (!alive_) co_return false;
    arm_for_reading();
    reading_ = true;
    auto const got = co_await stream_.read_some(room);
    reading_ = false;
    if (got.has_error()) {
        // Nothing came for a while: wait on with less memory.
        bool const may_settle =
            alive_ && read_timer_.expired() && is_ready() && buffer_.empty() && !settled_ &&
            buffer_.is_large() && answered_ == begun_;
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

void session::prepare_caller(auth::caller& who, api_row const& row,
                             request_header const& header) const {
    who.operation = title_of(row);
    who.request_id = id_ + "-" + std::to_string(header.correlation_id);
    who.client_id = header.client_id;
}

task<bool> session::serve(std::string_view frame) {
    if (login_.expects_raw_token()) co_return co_await serve_raw_token(frame);
    auto request = parse_request(frame);
    if (request.has_error()) co_return refuse("malformed header", {});
    auto const& header = request->header;
    auto const* row = find_api(header.key);
    if (row == nullptr) co_return refuse("unknown API", header);
    bool const is_produce = row->key == api_key::produce && row->serves(header.version);
    if (is_produce && is_ready() && !login_.has_ended())
        co_return co_await begin_produce(std::move(*request), *row, frame.size());
    bool const in_turn = co_await all_answered();
    if (!in_turn) co_return false;
    if (!row->serves(header.version)) {
        if (row->key != api_key::api_versions) co_return refuse("version not served", header);
        auto const body = unsupported_api_versions();
        co_return co_await answer(header, body);
    }
    bool const is_login = row->key == api_key::api_versions ||
                          row->key == api_key::sasl_handshake ||
                          row->key == api_key::sasl_authenticate;
    if (!is_ready() && !is_login) co_return refuse("request before login", header);
    if (login_.has_ended() && !is_login) co_return refuse("the login has ended", header);
    exchange one(*this, std::move(request->header), request->body, frame.size(), *row);
    if (is_ready()) {
        prepare_caller(login_.who(), *row, one.header);
        one.call.speaker = &login_.who();
    }
    auto const body = co_await handler_of(*row)(one.call);
    bool alive = co_await conclude(one, body);
    if (!answer_memory_.resize(0)) alive = false;
    co_return alive;
}

// The answer, and what is told of it. False: the conversation is over.
task<bool> session::conclude(exchange& of, result<wire_writer> const& body) {
    if (body.has_error()) co_return refuse("malformed body", of.header);
    auto const& call = of.call;
    sent_ = 0;
    bool alive = true;
    if (!call.no_answer) alive = co_await answer(of.header, *body);
    if (services_.observer != nullptr) {
        auto const took = services_.clock.monotonic() - of.began;
        services_.observer->on_request({title_of(of.row), of.header.version, call.first_error,
                                        call.frame_bytes, sent_, took, call.cause});
    }
    co_return alive && !call.close;
}

// False: the conversation is over.
task<bool> session::all_answered() {
    while (alive_ && answered_ != begun_) {
        auto const more = co_await progress_.wait();
        if (more.has_error()) co_return false;
    }
    co_return alive_;
}

// Returns when the next request may be taken.
task<bool> session::begin_produce(request_frame request, api_row const& row,
                                  std::size_t frame_bytes) {
    auto one = std::make_unique<exchange>(*this, std::move(request.header), request.body,
                                          frame_bytes, row);
    // It holds a copy of its batches; the only one under way needs no share for that.
    while (alive_ && answered_ != begun_ &&
           (begun_ - answered_ >= options_.produces_under_way || !one->memory.resize(frame_bytes))) {
        auto const more = co_await progress_.wait();
        if (more.has_error()) co_return false;
    }
    if (!alive_) co_return false;
    one->who = login_.who();
    prepare_caller(*one->who, row, one->header);
    one->call.speaker = &*one->who;
    auto const number = ++begun_;
    one->call.on_ordered = [this, number] {
        ordered_ = number;
        progress_.notify_all();
    };
    auto child = finish_produce(number, std::move(one));
    bool const started = produces_.spawn(std::move(child));
    if (!started) co_return false;
    while (alive_ && ordered_ < number) {
        auto const more = co_await progress_.wait();
        if (more.has_error()) co_return false;
    }
    co_return alive_;
}

task<void> session::finish_produce(std::uint64_t number, std::unique_ptr<exchange> produce) {
    auto const body = co_await handler_of(produce->row)(produce->call);
    ordered_ = std::max(ordered_, number);
    progress_.notify_all();
    while (alive_ && answered_ + 1 != number) {
        auto const more = co_await progress_.wait();
        if (more.has_error()) co_return;
    }
    if (!alive_) co_return;
    bool const goes_on = co_await conclude(*produce, body);
    alive_ = alive_ && goes_on;  // another one may have ended it meanwhile
    produce.reset();
    answered_ = number;
    progress_.notify_all();
    if (!alive_) stream_.cancel();
    else if (reading_) arm_for_reading();
}

void session::give_up(std::exception_ptr escaped) {
    if (!escaped_) escaped_ = std::move(escaped);
    alive_ = false;
    progress_.notify_all();
    stream_.cancel();
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
        write_timer_.arm(options_.write_deadline);
        std::span<const_byte_span const> const now(spans.data(), filled);
        auto const written = co_await stream_.write(now);
        write_timer_.disarm();
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
