// Frames of the Kafka protocol: int32 length, header, body (protocol guide, "Protocol"; KIP-482 for
// the flexible headers). frame_buffer collects one connection's bytes and cuts frames; its memory
// follows the bytes that came, never the length that a client claims. Sans-io; not thread-safe.
//
//   request   key i16, version i16, correlation i32, client id string (i16 length, also when
//             flexible), flexible: tagged fields
//   response  correlation i32, flexible: tagged fields; never those for ApiVersions (KIP-511)
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/core/bytes.hpp"
#include "gateway/core/result.hpp"
#include "protocols/kafka/wire/api_rows.hpp"

namespace sluice::kafka {

inline constexpr std::size_t frame_prefix_bytes = 4;

class frame_buffer {
public:
    // `resting`: what it keeps while nothing is under way.
    explicit frame_buffer(std::size_t resting) noexcept : resting_(resting) {}

    // Where the next bytes go; not empty. Invalidates views.
    byte_span room();
    void arrived(std::size_t bytes) noexcept { end_ += bytes; }

    // The first frame without its length if it is whole; nullopt: more bytes are needed.
    // too_large: longer than `most`; malformed: a negative length.
    result<std::optional<std::string_view>> next(std::size_t most) noexcept;
    // The frame that next() showed is dealt with. Invalidates it.
    void consume() noexcept;

    bool empty() const noexcept { return begin_ == end_; }
    std::size_t capacity() const noexcept { return capacity_; }
    bool is_large() const noexcept { return capacity_ > resting_; }
    // Gives back what exceeds the resting size; only while empty().
    void rest() noexcept;

private:
    void grow(std::size_t capacity);

    std::size_t const resting_;
    std::unique_ptr<char[]> bytes_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0, end_ = 0;
    std::size_t wanted_ = 0;  // bytes of the first frame with its length, once known
};

struct request_header {
    std::int16_t key = 0;
    std::int16_t version = 0;
    std::int32_t correlation_id = 0;
    std::string client_id;  // empty: none
};
struct request_frame {
    request_header header;
    std::string_view body;  // into the frame
};

// Reads the header as the API's row says. An API without a row, and a version that its row does not
// have, give an empty body. malformed.
result<request_frame> parse_request(std::string_view frame);

// Length and header of an answer whose body has `body_bytes`.
std::string response_head(request_header const& request, std::size_t body_bytes);

}  // namespace sluice::kafka
