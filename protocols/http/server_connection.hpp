// One HTTP/1.1 connection as a server sees it: heads, bodies as streams, answers with a length.
// Requests may be pipelined; they are answered one after the other. The caller's loop:
//
//     while (true) {
//         auto request = co_await connection.next_request();     // rejected: answer it, then
//         finish() if (!request) ... if (!*request) break;                                  // the
//         peer or time ended it
//         ... co_await connection.read_body(into) ...            // as much as is wanted
//         connection.begin_answer(head, length); co_await connection.write_body(...);
//         co_await connection.end_answer();
//     }
//     co_await connection.finish();
//
// 100 Continue goes out when the body is first asked for. A body that was not read is swallowed if
// it is short, else the connection ends after the answer. Every wait has a deadline (http_options).
// Thread rule: one coroutine, on the stream's executor. The stream and the options outlive it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gateway/core/byte_stream.hpp"
#include "gateway/core/timer.hpp"
#include "protocols/http/chunked_decoder.hpp"
#include "protocols/http/options.hpp"
#include "protocols/http/read_buffer.hpp"
#include "protocols/http/rejection.hpp"
#include "protocols/http/request.hpp"
#include "protocols/http/response.hpp"

namespace sluice::http {

class server_connection {
public:
    server_connection(byte_stream& stream, http_options const& options);

    // The next head, or nothing when there will be none. After a rejection only an answer and
    // finish().
    task<accepted<std::optional<request_head>>> next_request();

    // Body bytes of the current request into `into` (not empty); 0 at its end. Rejected: 408 when
    // they stop coming, 400 when they are cut or malformed.
    task<accepted<std::size_t>> read_body(byte_span into);
    bool body_finished() const noexcept { return body_left_ == 0 && !chunked_; }
    // Trailers of a chunked body, once it is finished.
    std::vector<std::pair<std::string, std::string>> const& trailers() const noexcept {
        return trailers_;
    }

    // The head goes out with the first bytes of the body. HEAD answers state `content_length` and
    // write none of it.
    void begin_answer(response_head const& head, std::uint64_t content_length);
    // The same for a body whose length is not known: chunked, or ended by the connection's end where
    // the client speaks HTTP/1.0.
    void begin_chunked_answer(response_head const& head);
    // The answer cannot be ended: end_answer() ends the connection, and the client sees that.
    void abandon_answer() noexcept { write_failed_ = true; }
    task<result<void>> write_body(const_byte_span bytes);
    // Success once the whole answer was written; false when the connection must end.
    task<bool> end_answer();

    // No further request is taken: the next answer says so.
    void close_after_answer() noexcept { must_close_ = true; }
    // Lets the last answer reach a peer that still sends, then closes.
    task<void> finish();

private:
    enum class arrival : std::uint8_t { bytes, end, timed_out, failed };

    void begin_body(request_head const& head);
    task<arrival> fill_buffer(std::size_t limit);
    task<result<std::size_t>> read_in_time(byte_span into);
    task<accepted<std::size_t>> read_sized(byte_span into);
    task<accepted<std::size_t>> read_chunked(byte_span into);
    rejection broken_body(arrival how) noexcept;
    task<result<void>> send_continue();
    bool can_keep_alive() const noexcept;
    task<bool> swallow_body();
    task<result<void>> write_pieces(std::span<const_byte_span const> pieces);

    byte_stream& stream_;
    http_options const& options_;
    deadline timer_;
    read_buffer buffer_;

    bool must_close_ = false;
    bool peer_ended_ = false;
    std::uint64_t requests_ = 0;

    // the current request
    method verb_ = method::other;
    unsigned minor_version_ = 1;
    bool keep_alive_ = false;
    bool continue_pending_ = false;
    std::uint64_t body_left_ = 0;  // sized
    std::chrono::nanoseconds body_time_left_{0};
    std::size_t body_progress_ = 0;  // bytes since body_time_left_ was full
    std::optional<chunked_decoder> chunked_;
    std::vector<std::pair<std::string, std::string>> trailers_;

    // the current answer
    std::string head_text_;
    std::uint64_t answer_left_ = 0;
    enum class body_length : std::uint8_t { stated, chunked, by_close };
    body_length answer_length_ = body_length::stated;
    bool answer_keeps_alive_ = false;
    bool write_failed_ = false;
};

}  // namespace sluice::http
