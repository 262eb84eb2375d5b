// Messages over a byte_stream: whole frames in, a bounded output buffer out. Input grows with the
// bytes that arrive, never with what a header claims, and past a little only within an allowance that
// all connections share; output is sent by flush(), or by
// flush_if_full() once options.output_bytes are kept, which is what slows a producer down to the
// pace of its reader. Any failure of the stream is latched: alive() says so, later writes vanish.
// Thread rule and lifetime: the stream's; one coroutine at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/core/byte_stream.hpp"
#include "gateway/core/memory_allowance.hpp"
#include "gateway/core/timer.hpp"
#include "protocols/postgres/pg_options.hpp"
#include "protocols/postgres/wire/messages.hpp"

namespace sluice::postgres {

class message_channel {
public:
    message_channel(byte_stream& stream, pg_options const& options, memory_allowance& memory);

    // ---- startup: packets without a letter
    // The packet without its length, valid until the next read; nullopt: the client left. A packet
    // of one byte is the begin of a direct TLS handshake. malformed: its length.
    task<result<std::optional<std::string_view>>> next_startup_packet();
    // Bytes that came and were not asked for, taken out.
    std::string take_unread();
    bool has_unread() const noexcept { return used_ < filled_; }
    // One byte instead of a message.
    void put_raw(char answer) { out_ += answer; }

    // ---- messages
    // Valid until the next read; nullopt: the client left. unsupported, malformed, too_large: by
    // its header; overloaded: limits.request_memory; deadline_exceeded: `idle` passed (text empty), or options.message (text says so).
    task<result<std::optional<frame>>> next(std::chrono::milliseconds idle);
    // A whole message that is there already; nullopt: next() has to be awaited.
    std::optional<frame> next_at_once();
    // Smaller limits until the login is over.
    void limit_frames(frame_limits limits) noexcept { limits_ = limits; }

    template <class Message>
    void put(Message const& message) {
        append_message(out_, message);
    }
    std::string& out() noexcept { return out_; }
    task<void> flush();
    bool is_full() const noexcept { return out_.size() >= options_.output_bytes; }
    task<void> flush_if_full();
    // Sends what is kept, says goodbye and waits for the client to take it, up to options.linger.
    task<void> finish();

    bool alive() const noexcept { return alive_; }
    std::uint64_t bytes_in() const noexcept { return bytes_in_; }
    std::uint64_t bytes_out() const noexcept { return bytes_out_; }

private:
    std::string_view unread() const noexcept { return {input_.data() + used_, filled_ - used_}; }
    task<result<bool>> fill(std::size_t bytes, std::chrono::milliseconds idle);
    bool make_room(std::size_t bytes);
    task<void> send();

    byte_stream& stream_;
    pg_options const& options_;
    frame_limits limits_;
    memory_share input_memory_;
    std::string input_;  // [used_, filled_) came and is not taken yet
    std::size_t used_ = 0, filled_ = 0;
    std::string out_;
    deadline reading_, writing_;
    bool alive_ = true;
    std::uint64_t bytes_in_ = 0, bytes_out_ = 0;
};

}  // namespace sluice::postgres
