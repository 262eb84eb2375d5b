// Which large pieces of frames were written or read lately: those of them that are read are kept in the operating
// system's memory. A fixed table: a piece pushes out the one whose slot it shares, so what is read over and over stays
// and a scan over everything leaves little behind. The answer only decides where bytes are kept, so it may be wrong.
//
// Thread rule: any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "backend/journal/commit.hpp"
#include "gateway/core/bytes.hpp"

namespace sluice::journal {

class recent_reads {
public:
    // Smaller ones have the store's own cache.
    static constexpr std::size_t least_bytes = 128 * kibibyte;

    // 0 slots: nothing is ever remembered.
    explicit recent_reads(std::size_t slots) : marks_(slots) {}

    // Whether the piece of a frame that begins at `body_offset` was remembered; from now on it is.
    bool remember(location frame, std::uint64_t incarnation, std::size_t body_offset) noexcept {
        if (marks_.empty()) return false;
        // Frames are further apart than they have pieces.
        auto mixed = (encode(frame) + body_offset / least_bytes) ^ (incarnation << 32);
        mixed *= 0x9E3779B97F4A7C15u;
        mixed ^= mixed >> 32;
        mixed *= 0xD6E8FEB86659FD93u;
        auto const mark = static_cast<std::uint32_t>(mixed) | 1;   // 0: an empty slot
        auto& slot = marks_[(mixed >> 32) % marks_.size()];
        return slot.exchange(mark, std::memory_order_relaxed) == mark;
    }

private:
    std::vector<std::atomic<std::uint32_t>> marks_;
};

}  // namespace sluice::journal
