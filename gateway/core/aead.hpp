// AES-256-GCM: seals bytes so that they can neither be read nor changed without the key. A nonce must never
// be used twice with one key: make_nonce() draws 96 random bits, good for 2^32 messages per key.
//
// Thread rule: seal and open are const and may run on many threads. The key is wiped on destruction.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "gateway/core/bytes.hpp"
#include "gateway/core/random.hpp"
#include "gateway/core/result.hpp"

namespace sluice {

class aes_256_gcm {
public:
    static constexpr std::size_t key_bytes = 32;
    static constexpr std::size_t nonce_bytes = 12;
    static constexpr std::size_t tag_bytes = 16;
    using nonce = std::array<std::byte, nonce_bytes>;

    // invalid_argument unless `key` has key_bytes.
    static result<aes_256_gcm> make(const_byte_span key);
    aes_256_gcm(aes_256_gcm const&) = default;
    aes_256_gcm& operator=(aes_256_gcm const&) = default;
    ~aes_256_gcm();

    static nonce make_nonce(random_source& random);

    // Writes the ciphertext and then the tag: sealed.size() == plain.size() + tag_bytes. `associated` is
    // authenticated, not stored. The spans do not overlap, or begin at the same byte.
    void seal(nonce const& once, const_byte_span associated, const_byte_span plain, byte_span sealed) const;
    // The reverse; corrupt when key, nonce, associated bytes or content are not those that were sealed,
    // and `plain` is then zeroed. plain.size() + tag_bytes == sealed.size().
    result<void> open(nonce const& once, const_byte_span associated, const_byte_span sealed,
                      byte_span plain) const;

    // For small secrets: nonce, ciphertext and tag in one string.
    std::string seal_with_nonce(random_source& random, std::string_view associated,
                                std::string_view plain) const;
    result<std::string> open_with_nonce(std::string_view associated, std::string_view sealed) const;

private:
    explicit aes_256_gcm(const_byte_span key) noexcept;
    std::array<std::byte, key_bytes> key_;
};

}  // namespace sluice
