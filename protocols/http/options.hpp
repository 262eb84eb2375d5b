// Every bound of an HTTP connection. The defaults follow what S3 itself allows (8 KiB of request
// line, 8 KiB of headers plus 2 KiB of user metadata) with room for presigned URLs and proxies.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "gateway/core/bytes.hpp"

namespace sluice::http {

struct http_options {
    std::size_t request_line_bytes = 16 * kibibyte;    // longer: 414
    std::size_t head_bytes = 64 * kibibyte;            // request line and headers; more: 431
    std::size_t header_count = 256;                    // more: 431
    std::size_t idle_buffer_bytes = 4 * kibibyte;      // what a connection without a request holds
    std::size_t body_buffer_bytes = 256 * kibibyte;    // of a chunked body, read ahead
    std::size_t chunk_line_bytes = 1 * kibibyte;       // size line of a chunk, extensions included
    std::size_t trailer_bytes = 8 * kibibyte;          // all trailer lines of a chunked body
    std::uint64_t drain_bytes = 256 * kibibyte;        // unread body swallowed to keep a connection
    std::chrono::milliseconds head_deadline{20'000};   // first byte of a head to its end
    std::chrono::milliseconds idle_deadline{120'000};  // between requests
    // Time spent waiting for each body_progress_bytes of a body (or its rest): a sender that drips
    // holds a connection, and what the store keeps for it, no longer than that.
    std::chrono::milliseconds body_deadline{60'000};
    std::size_t body_progress_bytes = 64 * kibibyte;
    std::chrono::milliseconds body_stall{20'000};      // between two arrivals of body bytes
    std::chrono::milliseconds write_deadline{60'000};  // one write that makes no progress
    std::chrono::milliseconds linger_deadline{2'000};  // after a refusal, for the answer to arrive
    std::uint64_t requests_per_connection = 1'000'000;
};

}  // namespace sluice::http
