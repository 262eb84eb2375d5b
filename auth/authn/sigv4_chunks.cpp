#include "auth/authn/sigv4_chunks.hpp"

#include "auth/authn/sigv4.hpp"
#include "gateway/core/crypto.hpp"

namespace sluice::auth {

struct chunk_signature_chain::state {
    explicit state(seed given) : from(std::move(given)), previous(from.signature) {}

    // The next link, over `head` and `rest`, compared with what the client declared.
    bool advance(std::string_view algorithm, std::string const& rest, std::string_view declared) {
        if (broken) return false;
        auto text = std::string(algorithm) + "\n" + from.timestamp + "\n" + from.scope + "\n" +
                    previous + "\n" + rest;
        auto expected = signature_of(from.signing_key, text);
        broken = !constant_time_equal(expected, declared);
        previous = std::move(expected);
        return !broken;
    }

    seed from;
    std::string previous;
    hasher data{digest_kind::sha256};
    bool broken = false;
};

chunk_signature_chain::chunk_signature_chain(seed from)
    : state_(std::make_unique<state>(std::move(from))) {}
chunk_signature_chain::chunk_signature_chain(chunk_signature_chain&&) noexcept = default;
chunk_signature_chain& chunk_signature_chain::operator=(chunk_signature_chain&&) noexcept = default;
chunk_signature_chain::~chunk_signature_chain() {
    if (state_) wipe(state_->from.signing_key);
}

void chunk_signature_chain::update(const_byte_span chunk_data) { state_->data.update(chunk_data); }

bool chunk_signature_chain::finish_chunk(std::string_view signature) {
    static auto const of_nothing = hash(digest_kind::sha256, std::string_view()).hex();
    auto rest = of_nothing + "\n" + state_->data.finish().hex();
    return state_->advance("AWS4-HMAC-SHA256-PAYLOAD", rest, signature);
}

bool chunk_signature_chain::finish_trailer(std::string_view trailer, std::string_view signature) {
    return state_->advance("AWS4-HMAC-SHA256-TRAILER", hash(digest_kind::sha256, trailer).hex(),
                           signature);
}

}  // namespace sluice::auth
