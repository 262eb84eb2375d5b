// The header of one incarnation of a segment, stored twice in its first two blocks (byte layout:
// design 0002). In the commit lane it also links the chain: it names where the lane went on from.
// Pure functions; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "backend/journal/segment_table.hpp"
#include "gateway/core/bytes.hpp"
#include "gateway/core/ids.hpp"

namespace sluice::journal {

using store_identity = std::array<std::byte, 16>;

inline constexpr std::size_t segment_header_bytes = 8192;  // both copies

struct segment_header {
    segment_id id{};
    store_identity store{};
    std::uint64_t incarnation = 0;
    lane where = lane::none;
    std::uint64_t epoch = 0;    // commit lane
    std::uint64_t ordinal = 0;  // counts the lane's segments
    lsn first{};            // commit: of the first frame to come; bulk: assigned last when opened
    segment_id previous{};  // commit lane, 0: none
    std::uint32_t previous_end = 0;
    std::uint64_t previous_incarnation = 0;
    std::uint32_t previous_frame_crc = 0;

    bool operator==(segment_header const&) const = default;
};

// Fills both blocks; `out` has segment_header_bytes.
void encode_segment_header(segment_header const&, byte_span out) noexcept;

struct decoded_segment_header {
    std::optional<segment_header>
        header;             // of the first good copy that names this store and segment
    bool is_blank = false;  // both blocks are zero: never used
};
decoded_segment_header decode_segment_header(const_byte_span blocks, segment_id expected,
                                             store_identity const&) noexcept;

}  // namespace sluice::journal
