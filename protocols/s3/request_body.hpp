// The payload of one request: off the connection, through the framing its signature names (plain or
// aws-chunked), past every declared digest. Whoever reads to the end and gets 0 holds verified
// bytes; a failure at any point means that nothing of it may be kept. Thread rule: one coroutine,
// on the connection's executor. The connection outlives it.
#pragma once

#include <memory>
#include <optional>

#include "auth/guard/guard.hpp"
#include "protocols/http/server_connection.hpp"
#include "protocols/s3/wire/aws_chunked_decoder.hpp"
#include "protocols/s3/wire/payload_check.hpp"

namespace sluice::s3 {

class request_body {
public:
    struct plan {
        std::uint64_t length = 0;  // of the payload, decoded
        auth::payload_signing signing = auth::payload_signing::unsigned_payload;
        std::string payload_hash;                          // literal_hash
        std::optional<auth::chunk_signature_chain> chain;  // signed_chunks*
        payload_check check;
    };
    // missing_content_length; invalid_request for headers that contradict each other.
    static s3_result<plan> plan_for(s3_request const& request,
                                    auth::guard::s3_request& authenticated,
                                    bool checksum_headers_speak_of_body);

    // `clock`, if given, tells when the last byte came.
    request_body(http::server_connection& connection, plan how, wall_clock const* clock = nullptr);
    request_body(request_body const&) = delete;
    request_body& operator=(request_body const&) = delete;

    std::uint64_t length() const noexcept { return plan_.length; }
    payload_check& check() noexcept { return plan_.check; }
    // Nothing: it was not read to its end.
    std::optional<monotonic_time> ended_at() const noexcept { return ended_at_; }

    // Payload bytes into `into` (not empty); 0 once all came and every declared digest and
    // signature is right.
    task<s3_result<std::size_t>> read(byte_span into);
    // All of it; max_message_length_exceeded past `limit`.
    task<s3_result<std::string>> read_all(std::size_t limit);

private:
    task<s3_result<std::size_t>> read_plain(byte_span into);
    task<s3_result<std::size_t>> read_chunked(byte_span into);
    task<s3_result<>> read_chunked_end();
    s3_result<std::size_t> from_staging(byte_span into);
    s3_failure from_connection(http::rejection const& what) const;

    http::server_connection& connection_;
    plan plan_;
    std::optional<aws_chunked_decoder> decoder_;
    std::unique_ptr<std::byte[]> staging_;  // framing lines, and the payload that arrived with them
    std::string_view staged_;
    std::uint64_t taken_ = 0;
    bool ended_ = false;
    wall_clock const* clock_ = nullptr;
    std::optional<monotonic_time> ended_at_;
};

}  // namespace sluice::s3
