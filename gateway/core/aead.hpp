// AES-256-GCM: seals bytes so that they can neither be read nor changed without the key. A nonce must never
// be used twice with one key: make_nonce() draws 96 random bits, good for 2^32 messages per key.
//
// Thread rule: seal and open are const and may run on many threads. The key is wiped on destruction.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/core/bytes.hpp"
#include "gateway/core/random.hpp"
#include "gateway/core/result.hpp"

struct evp_cipher_ctx_st;

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

// The same for a long row of messages under one key: its schedule is computed once, and no message
// allocates. Seals only or opens only. One thread at a time; the schedule is wiped on destruction.
class aes_256_gcm_row {
public:
    enum class way : std::uint8_t { seals, opens };
    // `key` has aes_256_gcm::key_bytes.
    aes_256_gcm_row(const_byte_span key, way which);
    aes_256_gcm_row(aes_256_gcm_row&&) noexcept;
    aes_256_gcm_row& operator=(aes_256_gcm_row&&) noexcept;
    ~aes_256_gcm_row();

    // As those of aes_256_gcm.
    void seal(aes_256_gcm::nonce const& once, const_byte_span associated, const_byte_span plain,
              byte_span sealed);
    result<void> open(aes_256_gcm::nonce const& once, const_byte_span associated,
                      const_byte_span sealed, byte_span plain);

private:
    struct free_context {
        void operator()(evp_cipher_ctx_st* context) const noexcept;
    };
    way which_;
    std::unique_ptr<evp_cipher_ctx_st, free_context> context_;
};

}  // namespace sluice
