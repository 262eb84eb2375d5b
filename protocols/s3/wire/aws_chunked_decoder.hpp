// The aws-chunked content encoding (S3 API reference, "Transferring Payload in Multiple Chunks"),
// sans-io:
//
//     hex-size[;chunk-signature=64 hex]\r\n payload \r\n ... 0[;chunk-signature=...]\r\n
//     [trailer-name:value\r\n ...] [x-amz-trailer-signature:64 hex\r\n] \r\n
//
// A trailer's line may also end in \n alone; the line of the signature may then be set apart by an
// empty one.
//
// Bytes in, views of the payload out; a long payload may also be read past the decoder
// (payload_left, took). Checks sizes, the declared total, line lengths, and the signature chain
// when there is one. After an error the decoder stays there. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/authn/sigv4_chunks.hpp"
#include "protocols/s3/wire/s3_error.hpp"

namespace sluice::s3 {

struct aws_chunked_options {
    std::uint64_t decoded_length = 0;  // x-amz-decoded-content-length
    bool trailer_expected = false;     // the payload kind says that a trailer follows
    std::size_t line_bytes = 1024;
    std::size_t trailer_bytes = 8 * 1024;
    std::uint64_t smallest_chunk = 8 * 1024;  // of all but the last
};

class aws_chunked_decoder {
public:
    // `chain`: null for unsigned chunks; outlives the decoder.
    aws_chunked_decoder(aws_chunked_options const& options, auth::chunk_signature_chain* chain);

    struct step {
        std::size_t consumed = 0;
        std::string_view payload;  // within the consumed bytes, may be empty
    };
    s3_result<step> decode(std::string_view input);

    // Payload of the current chunk still to come. That many bytes may go to took() instead of
    // decode().
    std::uint64_t payload_left() const noexcept {
        return state_ == state::payload ? payload_left_ : 0;
    }
    void took(std::string_view payload);

    bool finished() const noexcept { return state_ == state::done; }
    // Lower-case names, trimmed values, without the signature.
    std::vector<std::pair<std::string, std::string>> const& trailers() const noexcept {
        return trailers_;
    }

private:
    enum class state : std::uint8_t { size_line, payload, payload_end, trailer_line, done };

    s3_result<bool> take_line(std::string_view& input, std::size_t limit);
    s3_result<> begin_chunk();
    s3_result<> end_chunk();
    s3_result<> end_trailer_line();
    s3_result<> end_body();

    aws_chunked_options options_;
    auth::chunk_signature_chain* chain_;
    state state_ = state::size_line;
    std::uint64_t total_ = 0;
    std::uint64_t chunk_size_ = 0;
    std::uint64_t payload_left_ = 0;
    bool any_chunk_ = false;
    std::string chunk_signature_;
    std::string line_;
    bool line_is_bare_ = false;     // ended in LF alone
    bool trailer_is_bare_ = false;  // the line before
    std::size_t trailer_bytes_ = 0;
    std::vector<std::pair<std::string, std::string>> trailers_;
    std::string trailer_signature_;
};

}  // namespace sluice::s3
