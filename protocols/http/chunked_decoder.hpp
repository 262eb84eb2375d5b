// The chunked transfer encoding (RFC 9112 7.1), sans-io: bytes in, views of the payload out.
// Strict: CRLF only, sizes of at most 16 hex digits without sign or space, line lengths bounded.
// Extensions are skipped, trailers are read and kept for whoever asks. Not thread-safe; views point
// into the bytes passed to `decode`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/http/options.hpp"
#include "protocols/http/rejection.hpp"

namespace sluice::http {

class chunked_decoder {
public:
    explicit chunked_decoder(http_options const& limits) noexcept
        : line_limit_(limits.chunk_line_bytes), trailer_limit_(limits.trailer_bytes) {}

    struct step {
        std::size_t consumed = 0;  // leading input bytes that are done with once `payload` is
        std::string_view payload;  // lies within the consumed bytes; may be empty
    };
    // Takes as much as one payload view allows. Call again with the rest while it consumes; bytes
    // of an unfinished line are consumed and kept here.
    accepted<step> decode(std::string_view input);

    // The last chunk and the trailers were read; bytes after `consumed` belong to the next request.
    bool finished() const noexcept { return state_ == state::done; }
    std::vector<std::pair<std::string, std::string>> const& trailers() const noexcept {
        return trailers_;
    }

private:
    enum class state : std::uint8_t { size_line, payload, payload_end, trailer_line, done };

    // Moves bytes up to LF into line_; true when a whole line (without CRLF) is there.
    accepted<bool> take_line(std::string_view& input, std::size_t limit);
    accepted<void> begin_chunk();
    accepted<void> end_trailer_line();

    std::size_t line_limit_;
    std::size_t trailer_limit_;
    state state_ = state::size_line;
    std::uint64_t payload_left_ = 0;
    std::size_t trailer_bytes_ = 0;
    std::string line_;
    std::vector<std::pair<std::string, std::string>> trailers_;
};

}  // namespace sluice::http
