// Hot payload bytes in memory: whole small payloads, and 64 KiB windows of large ones that are read
// in small pieces. Entries never become wrong, because payload ids are never reused and payloads
// never change; who holds an entry's bytes keeps them when it is evicted. Sharded, least recently
// used out first.
//
// Thread rule: any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "backend/store/model/chunk.hpp"
#include "gateway/core/ids.hpp"

namespace sluice::store {

class payload_cache {
public:
    struct key {
        payload_id payload{};
        std::uint64_t offset = 0;
        bool operator==(key const&) const = default;
    };

    // `bytes_max` over all shards, counting what an entry costs besides its bytes.
    payload_cache(std::size_t bytes_max, std::size_t shards = 16);

    // Empty: not there.
    chunk find(key const&);
    // Bytes larger than an eighth of a shard are not kept.
    void put(key const&, chunk bytes);

    std::size_t bytes() const;
    void clear();

private:
    struct entry {
        key name;
        chunk bytes;
    };
    struct key_hash {
        std::size_t operator()(key const& one) const noexcept {
            return static_cast<std::size_t>((to_underlying(one.payload) * 0x9E3779B97F4A7C15u) ^
                                            (one.offset * 0xC2B2AE3D27D4EB4Fu));
        }
    };
    struct shard {
        mutable std::mutex mutex;
        std::list<entry> by_use;   // most recent first
        std::unordered_map<key, std::list<entry>::iterator, key_hash> entries;
        std::size_t bytes = 0;
    };
    static constexpr std::size_t entry_overhead = 160;

    shard& shard_of(key const& name) const noexcept {
        return shards_[(key_hash{}(name) >> 32) % shard_count_];
    }

    std::size_t const shard_count_;
    std::size_t const shard_bytes_max_;
    std::unique_ptr<shard[]> shards_;
};

}  // namespace sluice::store
