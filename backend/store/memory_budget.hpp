// One number for the store's memory, split over the caches and buffers that live from it. Plain
// values.
#pragma once

#include <cstddef>

#include "gateway/core/bytes.hpp"

namespace sluice::store {

struct memory_split {
    std::size_t block_cache_bytes = 0;     // index blocks
    std::size_t memtable_bytes = 0;        // index writes not yet in files
    std::size_t payload_cache_bytes = 0;   // hot payloads
    std::size_t buffer_bytes = 0;          // bulk frames under way
};

// A quarter each: cached index blocks, index writes not yet in files, hot payloads, buffers of
// streams; never less than what the engine needs to work at all (24 MiB in sum). 0 counts as that
// least.
memory_split split_memory(std::size_t total_bytes) noexcept;

}  // namespace sluice::store
