#include "backend/journal/commit.hpp"

namespace sluice::journal {

std::uint64_t encode(location at) noexcept {
    return std::uint64_t{to_underlying(at.segment)} << 32 | at.offset;
}

location decode_location(std::uint64_t encoded) noexcept {
    return {segment_id{static_cast<std::uint32_t>(encoded >> 32)},
            static_cast<std::uint32_t>(encoded)};
}

}  // namespace sluice::journal
