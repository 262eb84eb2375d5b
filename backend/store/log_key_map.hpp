// The newest offset of each key that one pass over a dirty log saw. Keys are known by 128 bits of
// their SHA-256, so that an entry has one size whatever the key, and nobody can make two keys look
// alike. It grows as keys come, up to a number of bytes, and is full then.
//
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "gateway/core/crypto.hpp"
#include "gateway/core/ids.hpp"

namespace sluice::store {

class log_key_map {
public:
    // Room for one key at least, whatever `bytes_most` is.
    explicit log_key_map(std::size_t bytes_most);

    // The later of two offsets of a key counts. False: the key is new and there is no room.
    bool put(std::string_view key, log_offset);
    // -1: not seen.
    log_offset find(std::string_view key);
    std::size_t size() const noexcept { return used_; }
    std::size_t bytes() const noexcept { return slots_.size() * sizeof(slot); }

private:
    struct slot {
        std::uint64_t high = 0, low = 0;
        std::int64_t offset = -1;        // -1: free
    };
    slot name_of(std::string_view key);
    static slot& place_of(std::vector<slot>& slots, slot const& name) noexcept;
    bool grow();

    std::size_t const slots_most_;
    hasher sha_{digest_kind::sha256};
    std::vector<slot> slots_;
    std::size_t used_ = 0;
};

}  // namespace sluice::store
