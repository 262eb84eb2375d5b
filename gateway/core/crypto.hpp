// Digests and what is built from them: streaming hashers, HMAC, PBKDF2, comparison in constant time.
// Keys stay in the caller's memory; working state is wiped.
//
//     hasher sha{digest_kind::sha256};
//     sha.update(part);
//     auto const digest = sha.finish();              // and starts afresh
//
// Thread rule: a hasher or hmac belongs to one thread at a time; the functions may run anywhere.
// Out of memory in the library ends the process (SLUICE_ASSERT): there is no other failure.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/core/blocking_token.hpp"
#include "gateway/core/bytes.hpp"

struct evp_md_ctx_st;

namespace sluice {

enum class digest_kind : std::uint8_t { md5, sha1, sha256, sha512 };

constexpr std::size_t digest_bytes(digest_kind kind) noexcept {
    switch (kind) {
        case digest_kind::md5: return 16;
        case digest_kind::sha1: return 20;
        case digest_kind::sha256: return 32;
        case digest_kind::sha512: return 64;
    }
    return 0;
}

// The result of a hash: up to 64 bytes, by value.
class digest {
public:
    digest() noexcept = default;  // empty
    // The first `size` bytes that the caller writes through data().
    explicit digest(std::size_t size) noexcept : size_(static_cast<std::uint8_t>(size)) {}

    std::size_t size() const noexcept { return size_; }
    std::byte* data() noexcept { return bytes_.data(); }
    const_byte_span bytes() const noexcept { return {bytes_.data(), size_}; }
    std::string_view chars() const noexcept { return as_chars(bytes()); }
    std::string hex() const;

    // Not in constant time: for checksums. Secrets use constant_time_equal.
    friend bool operator==(digest const& left, digest const& right) noexcept {
        return left.chars() == right.chars();
    }

private:
    std::array<std::byte, 64> bytes_{};
    std::uint8_t size_ = 0;
};

class hasher {
public:
    explicit hasher(digest_kind kind);
    hasher(hasher const& other);  // continues from the same state
    hasher& operator=(hasher const& other);
    hasher(hasher&&) noexcept;
    hasher& operator=(hasher&&) noexcept;
    ~hasher();

    digest_kind kind() const noexcept { return kind_; }
    hasher& update(const_byte_span bytes);
    hasher& update(std::string_view chars) { return update(as_bytes(chars)); }
    digest finish();  // and begins a new message
    void reset();

private:
    struct free_context {
        void operator()(evp_md_ctx_st* context) const noexcept;
    };
    digest_kind kind_;
    std::unique_ptr<evp_md_ctx_st, free_context> context_;
};

digest hash(digest_kind kind, const_byte_span bytes);
inline digest hash(digest_kind kind, std::string_view chars) { return hash(kind, as_bytes(chars)); }

// RFC 2104; a key of any length. One object authenticates many messages without hashing the key again.
class hmac {
public:
    hmac(digest_kind kind, const_byte_span key);
    hmac(digest_kind kind, std::string_view key) : hmac(kind, as_bytes(key)) {}

    hmac& update(const_byte_span bytes);
    hmac& update(std::string_view chars) { return update(as_bytes(chars)); }
    digest finish();  // and begins a new message

private:
    hasher inner_start_, outer_start_;  // after the padded key
    hasher running_;
};

digest hmac_of(digest_kind kind, const_byte_span key, const_byte_span message);
inline digest hmac_of(digest_kind kind, std::string_view key, std::string_view message) {
    return hmac_of(kind, as_bytes(key), as_bytes(message));
}

// RFC 8018, one block: as many bytes as the digest has (SCRAM's Hi). iterations >= 1. Milliseconds of work.
digest pbkdf2(digest_kind kind, std::string_view password, std::string_view salt,
              std::uint32_t iterations, blocking_token);

// Takes the same time wherever the contents differ; different lengths are unequal at once.
bool constant_time_equal(const_byte_span left, const_byte_span right) noexcept;
inline bool constant_time_equal(std::string_view left, std::string_view right) noexcept {
    return constant_time_equal(as_bytes(left), as_bytes(right));
}

// Overwrites a secret before its memory is given back; never optimised away.
void wipe(byte_span secret) noexcept;
void wipe(std::string& secret) noexcept;  // and clears it

}  // namespace sluice
