// The signature chain of an aws-chunked body: every chunk's signature covers the one before it, the
// first is seeded by the request's. The decoder of the framing (protocols/s3) feeds the data
// through update() and gives each chunk's declared signature to finish_chunk(); the last chunk is
// the empty one, then comes the trailer. Once anything mismatches the chain stays broken. Sans-io;
// one body, one thread at a time. For bodies with unsigned chunks there is no chain.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gateway/core/bytes.hpp"

namespace sluice::auth {

class chunk_signature_chain {
public:
    struct seed {
        std::string signing_key;  // 32 raw bytes
        std::string timestamp;
        std::string scope;
        std::string signature;  // the request's, hex
    };
    explicit chunk_signature_chain(seed from);
    chunk_signature_chain(chunk_signature_chain&&) noexcept;
    chunk_signature_chain& operator=(chunk_signature_chain&&) noexcept;
    ~chunk_signature_chain();

    void update(const_byte_span chunk_data);
    // False: the data since the last chunk is not what was signed. `signature` is the
    // chunk-signature, hex.
    [[nodiscard]] bool finish_chunk(std::string_view signature);
    // After the empty chunk. `trailer`: the trailing headers without x-amz-trailer-signature, each
    // as "lower-case-name:trimmed value\n", in the order sent.
    [[nodiscard]] bool finish_trailer(std::string_view trailer, std::string_view signature);

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace sluice::auth
