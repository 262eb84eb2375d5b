#include "backend/journal/segment_header.hpp"

#include <algorithm>
#include <cstring>

#include "backend/flash/device.hpp"
#include "gateway/core/assert.hpp"
#include "gateway/core/checksum.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::journal {
namespace {

constexpr char magic[] = "SLUICSEG";
constexpr std::size_t magic_bytes = sizeof magic - 1;

namespace at_byte {
constexpr std::size_t magic = 0, crc = 8, id = 12, store = 16, incarnation = 32, lane = 40,
                      epoch = 48, ordinal = 56, first = 64, previous = 72, previous_end = 76,
                      previous_incarnation = 80, previous_frame_crc = 88;
}

std::optional<segment_header> decode_block(const_byte_span block) noexcept {
    auto const* from = reinterpret_cast<char const*>(block.data());
    if (std::memcmp(from, magic, magic_bytes) != 0) return std::nullopt;
    if (crc32c(block.subspan(at_byte::id)) != load_little<std::uint32_t>(from + at_byte::crc))
        return std::nullopt;
    auto const where = load_little<std::uint8_t>(from + at_byte::lane);
    if (where > to_underlying(lane::bulk)) return std::nullopt;
    segment_header header;
    header.id = segment_id{load_little<std::uint32_t>(from + at_byte::id)};
    std::memcpy(header.store.data(), from + at_byte::store, header.store.size());
    header.incarnation = load_little<std::uint64_t>(from + at_byte::incarnation);
    header.where = static_cast<lane>(where);
    header.epoch = load_little<std::uint64_t>(from + at_byte::epoch);
    header.ordinal = load_little<std::uint64_t>(from + at_byte::ordinal);
    header.first = lsn{load_little<std::uint64_t>(from + at_byte::first)};
    header.previous = segment_id{load_little<std::uint32_t>(from + at_byte::previous)};
    header.previous_end = load_little<std::uint32_t>(from + at_byte::previous_end);
    header.previous_incarnation = load_little<std::uint64_t>(from + at_byte::previous_incarnation);
    header.previous_frame_crc = load_little<std::uint32_t>(from + at_byte::previous_frame_crc);
    return header;
}

}  // namespace

void encode_segment_header(segment_header const& header, byte_span out) noexcept {
    SLUICE_ASSERT(out.size() == segment_header_bytes);
    auto* to = reinterpret_cast<char*>(out.data());
    std::memset(to, 0, out.size());
    std::memcpy(to + at_byte::magic, magic, magic_bytes);
    store_little(to + at_byte::id, to_underlying(header.id));
    std::memcpy(to + at_byte::store, header.store.data(), header.store.size());
    store_little(to + at_byte::incarnation, header.incarnation);
    store_little(to + at_byte::lane, to_underlying(header.where));
    store_little(to + at_byte::epoch, header.epoch);
    store_little(to + at_byte::ordinal, header.ordinal);
    store_little(to + at_byte::first, to_underlying(header.first));
    store_little(to + at_byte::previous, to_underlying(header.previous));
    store_little(to + at_byte::previous_end, header.previous_end);
    store_little(to + at_byte::previous_incarnation, header.previous_incarnation);
    store_little(to + at_byte::previous_frame_crc, header.previous_frame_crc);
    auto const covered = out.subspan(at_byte::id, flash::block_bytes - at_byte::id);
    store_little(to + at_byte::crc, crc32c(covered));
    std::memcpy(to + flash::block_bytes, to, flash::block_bytes);
}

decoded_segment_header decode_segment_header(const_byte_span blocks, segment_id expected,
                                             store_identity const& store) noexcept {
    SLUICE_ASSERT(blocks.size() == segment_header_bytes);
    decoded_segment_header decoded;
    decoded.is_blank = std::all_of(blocks.begin(), blocks.end(),
                                   [](std::byte byte) { return byte == std::byte{0}; });
    for (std::size_t copy = 0; copy < 2 && !decoded.header; ++copy) {
        auto header = decode_block(blocks.subspan(copy * flash::block_bytes, flash::block_bytes));
        if (header && header->id == expected && header->store == store) decoded.header = header;
    }
    return decoded;
}

}  // namespace sluice::journal
