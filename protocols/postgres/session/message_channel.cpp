#include "protocols/postgres/session/message_channel.hpp"

#include <algorithm>
#include <array>

#include "protocols/postgres/wire/startup_packet.hpp"

namespace sluice::postgres {
namespace {

constexpr std::size_t least_input = 4 * kibibyte;
// Kept by an idle connection; what a large message took is given back.
constexpr std::size_t most_kept = 16 * kibibyte;
// What is still read of a client after its last error, so that closing does not discard the error.
constexpr std::size_t most_lingering = 256 * kibibyte;

}  // namespace

message_channel::message_channel(byte_stream& stream, pg_options const& options,
                                 memory_allowance& memory)
    : stream_(stream),
      options_(options),
      limits_(options.frames),
      input_memory_(memory),
      reading_(stream.executor(), [&stream] { stream.cancel(); }),
      writing_(stream.executor(), [&stream] { stream.close(); }) {}

// Room for at least one more byte of a message of `bytes`: doubles with what is there. False: the
// connections hold as much as they may.
bool message_channel::make_room(std::size_t bytes) {
    if (used_ == filled_) {
        used_ = filled_ = 0;
        if (input_.size() > most_kept && bytes <= most_kept) {
            input_ = {};
            if (!input_memory_.resize(0)) return false;
        }
    }
    if (used_ > 0 && (filled_ == input_.size() || used_ + bytes > input_.size())) {
        input_.erase(0, used_);
        filled_ -= used_;
        used_ = 0;
    }
    if (filled_ < input_.size()) return true;
    auto const doubled = std::clamp(filled_ * 2, least_input, std::max(bytes, most_kept));
    auto const wanted = std::max(doubled, filled_ + 1);
    if (wanted > most_kept && !input_memory_.resize(wanted)) return false;
    input_.resize(wanted);
    return true;
}

// Until `bytes` unread ones are there. false: the client ended before the first of them; closed: in
// the middle.
task<result<bool>> message_channel::fill(std::size_t bytes, std::chrono::milliseconds idle) {
    bool const in_message = used_ < filled_;
    auto limit = in_message ? options_.message : idle;
    bool begun = in_message;
    if (unread().size() < bytes && limit.count() > 0) reading_.arm(limit);
    while (unread().size() < bytes) {
        if (!make_room(bytes)) {
            reading_.disarm();
            co_return failure{error::overloaded, "limits.request_memory"};
        }
        auto const into = std::as_writable_bytes(std::span(input_)).subspan(filled_);
        auto const count = co_await stream_.read_some(into);
        if (count.has_error()) {
            // Told to stop waiting: the other direction still works.
            if (reading_.expired() && count.error().code == error::cancelled)
                co_return failure{error::deadline_exceeded, begun ? "message" : ""};
            alive_ = false;
            co_return count.error();
        }
        if (*count == 0) {
            alive_ = alive_ && !begun;
            if (begun) co_return failure{error::closed, "the client left in the middle"};
            co_return false;
        }
        filled_ += *count;
        bytes_in_ += *count;
        if (!begun) reading_.arm(options_.message);
        begun = true;
    }
    reading_.disarm();
    co_return true;
}

task<result<std::optional<std::string_view>>> message_channel::next_startup_packet() {
    // The caller's deadline for the whole login holds here.
    std::chrono::milliseconds const unlimited{0};
    auto const begun = co_await fill(1, unlimited);
    if (begun.has_error()) co_return begun.error();
    if (!*begun) co_return std::optional<std::string_view>{};
    if (unread()[0] == tls_handshake_byte) co_return std::optional(unread().substr(0, 1));
    auto const header = co_await fill(4, unlimited);
    if (header.has_error()) co_return header.error();
    auto const length = read_startup_length(unread(), options_.startup_packet_bytes);
    if (length.has_error()) co_return length.error();
    auto const whole = co_await fill(*length, unlimited);
    if (whole.has_error()) co_return whole.error();
    auto const packet = unread().substr(4, *length - 4);
    used_ += *length;
    co_return std::optional(packet);
}

std::string message_channel::take_unread() {
    std::string out(unread());
    used_ = filled_ = 0;
    return out;
}

std::optional<frame> message_channel::next_at_once() {
    if (unread().size() < frame_header_bytes) return std::nullopt;
    auto const header = read_frame_header(unread(), limits_);
    if (header.has_error()) return std::nullopt;
    auto const bytes = frame_header_bytes + header->body_bytes;
    if (unread().size() < bytes) return std::nullopt;
    frame const out{header->letter, unread().substr(frame_header_bytes, header->body_bytes)};
    used_ += bytes;
    return out;
}

task<result<std::optional<frame>>> message_channel::next(std::chrono::milliseconds idle) {
    auto const begun = co_await fill(frame_header_bytes, idle);
    if (begun.has_error()) co_return begun.error();
    if (!*begun) co_return std::optional<frame>{};
    auto const header = read_frame_header(unread(), limits_);
    if (header.has_error()) co_return header.error();
    auto const whole = co_await fill(frame_header_bytes + header->body_bytes, idle);
    if (whole.has_error()) co_return whole.error();
    frame const out{header->letter, unread().substr(frame_header_bytes, header->body_bytes)};
    used_ += frame_header_bytes + header->body_bytes;
    co_return std::optional(out);
}

task<void> message_channel::send() {
    if (!alive_ || out_.empty()) {
        out_.clear();
        co_return;
    }
    writing_.arm(options_.write);
    std::array<const_byte_span, 1> const pieces{as_bytes(out_)};
    auto const sent = co_await stream_.write(pieces);
    writing_.disarm();
    bytes_out_ += out_.size();
    if (sent.has_error()) alive_ = false;
    out_.clear();
}

task<void> message_channel::flush() {
    co_await send();
    if (out_.capacity() > most_kept) out_ = {};
}

task<void> message_channel::flush_if_full() {
    if (is_full()) co_await send();
}

task<void> message_channel::finish() {
    co_await flush();
    if (!alive_) co_return;
    auto const said = co_await stream_.shutdown();
    if (said.has_error()) co_return;
    reading_.arm(options_.linger);
    std::array<std::byte, 4 * kibibyte> unused;
    for (std::size_t taken = 0; taken < most_lingering;) {
        auto const count = co_await stream_.read_some(unused);
        if (count.has_error() || *count == 0) break;
        taken += *count;
    }
    reading_.disarm();
}

}  // namespace sluice::postgres
