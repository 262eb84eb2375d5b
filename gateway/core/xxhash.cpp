#include "gateway/core/xxhash.hpp"

// The library as part of this file: nothing to link, and its loops see this build's flags.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace sluice {

struct xxhash_hasher::state {
    xxhash_kind kind;
    union {
        XXH64_state_t of_64;
        XXH3_state_t of_3;  // and of 128 bits
    };
};

xxhash_hasher::xxhash_hasher(xxhash_kind kind) : state_(std::make_unique<state>()) {
    state_->kind = kind;
    switch (kind) {
        case xxhash_kind::xxh64: XXH64_reset(&state_->of_64, 0); return;
        case xxhash_kind::xxh3: XXH3_64bits_reset(&state_->of_3); return;
        case xxhash_kind::xxh128: XXH3_128bits_reset(&state_->of_3); return;
    }
}
xxhash_hasher::xxhash_hasher(xxhash_hasher&&) noexcept = default;
xxhash_hasher& xxhash_hasher::operator=(xxhash_hasher&&) noexcept = default;
xxhash_hasher::~xxhash_hasher() = default;

void xxhash_hasher::update(const_byte_span bytes) {
    switch (state_->kind) {
        case xxhash_kind::xxh64: XXH64_update(&state_->of_64, bytes.data(), bytes.size()); return;
        case xxhash_kind::xxh3:
            XXH3_64bits_update(&state_->of_3, bytes.data(), bytes.size());
            return;
        case xxhash_kind::xxh128:
            XXH3_128bits_update(&state_->of_3, bytes.data(), bytes.size());
            return;
    }
}

std::string xxhash_hasher::value() const {
    if (state_->kind == xxhash_kind::xxh128) {
        XXH128_canonical_t canonical;
        XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&state_->of_3));
        return {reinterpret_cast<char const*>(canonical.digest), sizeof canonical.digest};
    }
    auto const hash = state_->kind == xxhash_kind::xxh64 ? XXH64_digest(&state_->of_64)
                                                         : XXH3_64bits_digest(&state_->of_3);
    XXH64_canonical_t canonical;
    XXH64_canonicalFromHash(&canonical, hash);
    return {reinterpret_cast<char const*>(canonical.digest), sizeof canonical.digest};
}

}  // namespace sluice
