#include "protocols/http/server_connection.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "gateway/core/assert.hpp"
#include "protocols/http/head_parser.hpp"

namespace sluice::http {

server_connection::server_connection(byte_stream& stream, http_options const& options)
    : stream_(stream),
      options_(options),
      timer_(stream.executor(), [&stream] { stream.cancel(); }),
      buffer_(options.idle_buffer_bytes) {}

task<server_connection::arrival> server_connection::fill_buffer(std::size_t limit) {
    auto const room = buffer_.room(limit);
    SLUICE_ASSERT(!room.empty());
    auto const got = co_await stream_.read_some(room);
    if (got.has_error()) co_return timer_.expired() ? arrival::timed_out : arrival::failed;
    if (*got == 0) {
        peer_ended_ = true;
        co_return arrival::end;
    }
    buffer_.arrived(*got);
    co_return arrival::bytes;
}

task<accepted<std::optional<request_head>>> server_connection::next_request() {
    using outcome = std::optional<request_head>;
    if (must_close_ || requests_ == options_.requests_per_connection) co_return outcome{};
    buffer_.settle();
    bool begun = !buffer_.empty();
    timer_.arm(begun ? options_.head_deadline : options_.idle_deadline);
    // One empty line before a further request is tolerated (RFC 9112 2.2).
    bool may_skip_line = true;   // RFC 9112, 2.2
    for (std::size_t searched = 0;;) {
        if (may_skip_line && buffer_.view().starts_with("\r\n")) {
            buffer_.consume(2);
            may_skip_line = false;
            searched = 0;
        }
        auto const bytes = buffer_.view();
        if (auto const end = find_head_end(bytes, searched)) {
            timer_.disarm();
            auto head = parse_head(std::string(bytes.substr(0, *end)), options_);
            buffer_.consume(*end);
            if (!head) {
                must_close_ = true;
                co_return std::move(head).error();
            }
            ++requests_;
            begin_body(*head);
            co_return outcome{std::move(*head)};
        }
        if (auto refused = too_long(bytes, options_)) {
            timer_.disarm();
            must_close_ = true;
            co_return *std::move(refused);
        }
        searched = bytes.size();
        auto const arrived = co_await fill_buffer(options_.head_bytes + 1);
        if (arrived != arrival::bytes) {
            timer_.disarm();
            must_close_ = true;
            if (arrived == arrival::timed_out && begun)
                co_return rejection{408, "the head took too long"};
            if (arrived == arrival::end && begun) co_return rejection{400, "the head was cut"};
            co_return outcome{};
        }
        if (!begun) timer_.arm(options_.head_deadline);
        begun = true;
    }
}

void server_connection::begin_body(request_head const& head) {
    verb_ = head.verb;
    minor_version_ = head.minor_version;
    keep_alive_ = head.keep_alive;
    continue_pending_ = head.expects_continue;
    body_time_left_ = options_.body_deadline;
    body_progress_ = 0;
    body_left_ = head.framing == body_framing::sized ? head.content_length : 0;
    chunked_.reset();
    trailers_.clear();
    if (head.framing == body_framing::chunked) chunked_.emplace(options_);
}

task<result<void>> server_connection::send_continue() {
    continue_pending_ = false;
    // A client that already sends does not wait for it.
    if (!buffer_.empty()) co_return success();
    static constexpr std::string_view text = "HTTP/1.1 100 Continue\r\n\r\n";
    std::array const pieces{as_bytes(text)};
    co_return co_await write_pieces(pieces);
}

rejection server_connection::broken_body(arrival how) noexcept {
    must_close_ = true;
    if (how == arrival::timed_out) return {408, "the body stopped coming"};
    return {400, "the body was cut"};
}

task<accepted<std::size_t>> server_connection::read_body(byte_span into) {
    SLUICE_ASSERT(!into.empty());
    // Of no bytes too: botocore takes a final answer that none came before for a refusal, and loses its
    // place in the connection (the next request of the same one never gets its answer).
    if (continue_pending_) {
        auto const sent = co_await send_continue();
        if (sent.has_error()) co_return broken_body(arrival::failed);
    }
    if (body_finished()) co_return std::size_t{0};
    if (chunked_) co_return co_await read_chunked(into);
    co_return co_await read_sized(into);
}

// Only waiting counts: time that the store takes is not the sender's fault.
task<result<std::size_t>> server_connection::read_in_time(byte_span into) {
    auto const began = std::chrono::steady_clock::now();
    timer_.arm(std::min<std::chrono::nanoseconds>(body_time_left_, options_.body_stall));
    auto const got = co_await stream_.read_some(into);
    if (got.has_error()) {
        bool const expired = timer_.expired();
        timer_.disarm();
        if (expired) co_return error::deadline_exceeded;
        co_return got.error();
    }
    timer_.disarm();
    body_progress_ += *got;
    body_time_left_ -= std::chrono::steady_clock::now() - began;
    if (body_progress_ >= options_.body_progress_bytes) {
        body_progress_ = 0;
        body_time_left_ = options_.body_deadline;
    }
    body_time_left_ =
        std::max<std::chrono::nanoseconds>(body_time_left_, std::chrono::milliseconds(1));
    co_return *got;
}

task<accepted<std::size_t>> server_connection::read_sized(byte_span into) {
    auto const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), body_left_));
    if (!buffer_.empty()) {
        auto const taken = buffer_.view().substr(0, wanted);
        std::memcpy(into.data(), taken.data(), taken.size());
        auto const size = taken.size();
        buffer_.consume(size);
        body_left_ -= size;
        co_return size;
    }
    auto const got = co_await read_in_time(into.first(wanted));
    if (got.has_error())
        co_return broken_body(got.error().code == error::deadline_exceeded ? arrival::timed_out
                                                                           : arrival::failed);
    if (*got == 0) {
        peer_ended_ = true;
        co_return broken_body(arrival::end);
    }
    body_left_ -= *got;
    co_return *got;
}

task<accepted<std::size_t>> server_connection::read_chunked(byte_span into) {
    while (true) {
        // The decoder hands out at most what it is shown, so show it no more than fits.
        while (!buffer_.empty() && !chunked_->finished()) {
            auto const step = chunked_->decode(buffer_.view().substr(0, into.size()));
            if (!step) {
                must_close_ = true;
                co_return step.error();
            }
            auto const size = step->payload.size();
            if (size != 0) std::memcpy(into.data(), step->payload.data(), size);
            buffer_.consume(step->consumed);
            if (size != 0) co_return size;
        }
        if (chunked_->finished()) {
            trailers_ = chunked_->trailers();
            chunked_.reset();
            co_return std::size_t{0};
        }
        auto const got = co_await read_in_time(buffer_.room(options_.body_buffer_bytes));
        if (got.has_error())
            co_return broken_body(got.error().code == error::deadline_exceeded ? arrival::timed_out
                                                                               : arrival::failed);
        if (*got == 0) {
            peer_ended_ = true;
            co_return broken_body(arrival::end);
        }
        buffer_.arrived(*got);
    }
}

bool server_connection::can_keep_alive() const noexcept {
    if (must_close_ || !keep_alive_ || peer_ended_ || requests_ == options_.requests_per_connection)
        return false;
    // Whether a client that was not told to continue sends its body is anybody's guess.
    if (continue_pending_) return false;
    if (body_finished()) return true;
    return body_left_ <= options_.drain_bytes;
}

void server_connection::begin_answer(response_head const& head, std::uint64_t content_length) {
    answer_keeps_alive_ = can_keep_alive();
    head_text_ = serialized(head, content_length, answer_keeps_alive_, minor_version_);
    auto const bodyless = verb_ == method::head || bodyless_status(head.status);
    answer_left_ = bodyless ? 0 : content_length;
    answer_length_ = body_length::stated;
    write_failed_ = false;
}

void server_connection::begin_chunked_answer(response_head const& head) {
    answer_length_ = minor_version_ == 0 ? body_length::by_close : body_length::chunked;
    answer_keeps_alive_ = can_keep_alive() && answer_length_ == body_length::chunked;
    head_text_ = serialized(head, std::nullopt, answer_keeps_alive_, minor_version_);
    answer_left_ = 0;
    write_failed_ = false;
}

task<result<void>> server_connection::write_pieces(std::span<const_byte_span const> pieces) {
    timer_.arm(options_.write_deadline);
    auto const written = co_await stream_.write(pieces);
    timer_.disarm();
    if (written.has_error()) {
        must_close_ = true;
        write_failed_ = true;
    }
    co_return written;
}

task<result<void>> server_connection::write_body(const_byte_span bytes) {
    if (verb_ == method::head) co_return success();
    if (bytes.empty()) co_return success();
    bool const chunked = answer_length_ == body_length::chunked;
    if (answer_length_ == body_length::stated) {
        SLUICE_ASSERT(bytes.size() <= answer_left_);
        answer_left_ -= bytes.size();
    }
    auto const size_line = chunked ? fmt::format("{:x}\r\n", bytes.size()) : std::string();
    // Pieces that are empty write nothing.
    std::array const all{as_bytes(head_text_), as_bytes(size_line), bytes,
                         as_bytes(std::string_view(chunked ? "\r\n" : ""))};
    std::array<const_byte_span, all.size()> pieces;
    std::size_t count = 0;
    for (auto const& piece : all)
        if (!piece.empty()) pieces[count++] = piece;
    auto const written = co_await write_pieces(std::span(pieces).first(count));
    head_text_.clear();
    co_return written;
}

task<bool> server_connection::end_answer() {
    if (answer_length_ == body_length::chunked && !write_failed_) {
        head_text_ += "0\r\n\r\n";
        answer_length_ = body_length::stated;
    }
    if (!head_text_.empty() && !write_failed_) {
        std::array const pieces{as_bytes(head_text_)};
        co_await write_pieces(pieces);
        head_text_.clear();
    }
    // An answer that ended short can only be told by ending the connection.
    if (write_failed_ || answer_left_ != 0) {
        must_close_ = true;
        stream_.close();
        co_return false;
    }
    if (!answer_keeps_alive_) must_close_ = true;
    if (must_close_ || body_finished()) co_return !must_close_;
    co_return co_await swallow_body();
}

task<bool> server_connection::swallow_body() {
    std::array<std::byte, 16 * kibibyte> scratch;
    for (std::uint64_t swallowed = 0; !body_finished();) {
        auto const got = co_await read_body(scratch);
        if (!got) co_return false;
        swallowed += *got;
        if (swallowed > options_.drain_bytes) {
            must_close_ = true;
            co_return false;
        }
    }
    co_return true;
}

task<void> server_connection::finish() {
    // Closing at once with bytes unread would reset the connection and take the answer with it.
    if (!peer_ended_ && !write_failed_ && must_close_) {
        auto const said = co_await stream_.shutdown();
        std::array<std::byte, 16 * kibibyte> scratch;
        timer_.arm(options_.linger_deadline);
        for (std::uint64_t swallowed = 0; said && swallowed <= 16 * options_.drain_bytes;) {
            auto const got = co_await stream_.read_some(scratch);
            if (got.has_error() || *got == 0) break;
            swallowed += *got;
        }
        timer_.disarm();
    }
    stream_.close();
}

}  // namespace sluice::http
