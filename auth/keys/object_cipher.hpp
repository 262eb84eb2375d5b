// The bytes of encrypted objects: one object has one random data key, and each of its stored
// payloads (the object, or every part of a multipart upload) is sealed under a key of its own,
// derived from the data key, the payload's random salt and its part number.
//
//   payload  header, then chunks; no bytes at all for no bytes
//   header   u8 version 1, salt[31]
//   chunk n  AES-256-GCM ciphertext of 64 KiB (the last may be shorter, never empty), tag[16]
//            nonce u32 0, u64 n big-endian; associated data u64 n big-endian, u8 1 for the last, else 0
//   key      HKDF-SHA-256(data key, salt = header, info = "sluice payload 1" u32 part number, 0: none)
//
// So no chunk can be changed, dropped, swapped, cut off or moved to another payload or part: all
// that is `corrupt`. A salt is drawn for every payload, so nonces need no randomness. Pure but for
// the random source. Thread rule: one thread at a time; keys are wiped.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "gateway/core/aead.hpp"
#include "gateway/core/bytes.hpp"
#include "gateway/core/random.hpp"
#include "gateway/core/result.hpp"

namespace sluice::auth {

inline constexpr std::size_t cipher_chunk_bytes = 64 * kibibyte;
inline constexpr std::size_t cipher_header_bytes = 32;
inline constexpr std::size_t sealed_chunk_bytes = cipher_chunk_bytes + aes_256_gcm::tag_bytes;

// 32 secret bytes, wiped when they go.
class secret_key {
public:
    secret_key() = default;
    // `bytes` has 32.
    explicit secret_key(const_byte_span bytes) noexcept;
    secret_key(secret_key const&) = default;
    secret_key& operator=(secret_key const&) = default;
    ~secret_key();
    static secret_key make(random_source& random);

    const_byte_span bytes() const noexcept { return bytes_; }

private:
    std::array<std::byte, aes_256_gcm::key_bytes> bytes_{};
};

// RFC 5869 with SHA-256, the first 32 bytes.
secret_key hkdf_sha256(const_byte_span secret, std::string_view salt, std::string_view info);

// What a payload of `plain` bytes takes up.
std::uint64_t sealed_size(std::uint64_t plain) noexcept;
// The reverse; corrupt for a size that no payload has.
result<std::uint64_t> plain_size(std::uint64_t sealed);

// Seals one payload as it streams in. Holds two chunks of plain bytes and one sealed one; what is
// declared to be small takes no more than it needs.
class payload_sealer {
public:
    payload_sealer(secret_key const& data_key, std::uint32_t part_number, random_source& random,
                   std::optional<std::uint64_t> expected);
    payload_sealer(payload_sealer&&) noexcept;
    payload_sealer& operator=(payload_sealer&&) noexcept;
    ~payload_sealer();

    // Sealed bytes that are to be stored now; empty: none. Valid until the next call. To be asked
    // for before room().
    const_byte_span ready();
    // Where the next plain bytes go, at least one; then say how many came.
    byte_span room();
    void filled(std::size_t bytes) noexcept;
    std::uint64_t length() const noexcept { return length_; }  // plain bytes so far
    // The end of the payload: what is still to be stored. Once, when ready() has nothing.
    const_byte_span finish();

private:
    struct piece {
        std::unique_ptr<std::byte[]> bytes;
        std::size_t capacity = 0;
        std::size_t size = 0;
    };
    const_byte_span seal_front(bool last);
    void grow(piece& which, std::size_t capacity);

    aes_256_gcm_row cipher_;
    std::array<std::byte, cipher_header_bytes> header_;
    piece front_, back_;  // bytes go into `back_` only when `front_` is a full chunk
    std::unique_ptr<std::byte[]> sealed_;
    std::size_t sealed_capacity_ = 0;
    std::uint64_t chunk_ = 0;
    std::uint64_t length_ = 0;
};

// One stored payload of an object, in order.
struct sealed_part {
    std::uint32_t number = 0;  // 0: not of a multipart upload
    std::uint64_t size = 0;    // stored bytes
};

// Opens a range of an object's plain bytes. What is stored of the object is its payloads, one behind
// the other: of that it names what it needs, and turns it into the range.
class range_opener {
public:
    struct stored_range {
        std::uint64_t offset = 0;
        std::uint64_t length = 0;
    };
    // corrupt: sizes that no payload has. out_of_range: the range is not within the object.
    // `length` is not 0.
    static result<range_opener> make(secret_key const& data_key, std::vector<sealed_part> parts,
                                     std::uint64_t offset, std::uint64_t length);

    // The header to give to take_header() before anything else; nothing: it is part of body().
    std::optional<stored_range> header() const noexcept { return header_; }
    result<void> take_header(const_byte_span header);
    stored_range body() const noexcept { return body_; }

    // The most plain bytes that open() makes of so many stored ones.
    static std::size_t most_of(std::size_t stored) noexcept { return stored + cipher_chunk_bytes; }
    // The next stored bytes of body(), any number; the plain bytes they complete go to the front of
    // `out`, which has room for most_of() them. Their number.
    result<std::size_t> open(const_byte_span stored, byte_span out);
    std::uint64_t remaining() const noexcept { return remaining_; }  // plain bytes to come

private:
    explicit range_opener(secret_key const& data_key) : data_key_(data_key) {}
    std::size_t next_bytes() const noexcept;  // of what comes next: a header or a chunk
    result<void> begin_part(const_byte_span header);
    result<std::size_t> open_piece(const_byte_span piece, byte_span out);
    result<std::size_t> open_chunk(const_byte_span chunk, byte_span out);

    secret_key data_key_;
    std::vector<sealed_part> parts_;
    std::size_t part_ = 0;          // being read
    std::uint64_t part_plain_ = 0;  // its plain bytes
    std::uint64_t chunk_ = 0;       // next, in it
    std::size_t skip_ = 0;          // plain bytes of the next chunk that come before the range
    std::uint64_t remaining_ = 0;
    std::optional<stored_range> header_;
    stored_range body_;
    std::optional<aes_256_gcm_row> cipher_;  // of the part; none: its header comes next
    std::vector<std::byte> carried_;         // of a header or chunk that is not complete
    std::vector<std::byte> scratch_;
};

}  // namespace sluice::auth
