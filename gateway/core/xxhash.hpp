// The xxHash family: fast checksums without secrets, never for anything that must resist an
// attacker. Results are in the canonical form: big-endian, 8 bytes or, for xxh128, 16.
// Source: the xxHash specification (xxhash_spec.md, version 0.2.0).
//
// Thread rule: an xxhash_hasher belongs to one thread at a time; movable, not copyable.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "gateway/core/bytes.hpp"

namespace sluice {

enum class xxhash_kind : std::uint8_t { xxh64, xxh3, xxh128 };

class xxhash_hasher {
public:
    explicit xxhash_hasher(xxhash_kind kind);
    xxhash_hasher(xxhash_hasher&&) noexcept;
    xxhash_hasher& operator=(xxhash_hasher&&) noexcept;
    ~xxhash_hasher();

    void update(const_byte_span bytes);
    // Of everything so far; more may follow.
    std::string value() const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace sluice
