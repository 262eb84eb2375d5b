#include "backend/store/memory_budget.hpp"

#include <algorithm>

namespace sluice::store {

memory_split split_memory(std::size_t total_bytes) noexcept {
    memory_split split;
    split.block_cache_bytes = std::max(total_bytes / 4, 4 * mebibyte);
    split.memtable_bytes = std::max(total_bytes / 4, 8 * mebibyte);
    split.payload_cache_bytes = std::max(total_bytes / 4, 4 * mebibyte);
    split.buffer_bytes = std::max(total_bytes / 4, 8 * mebibyte);
    return split;
}

}  // namespace sluice::store
