#include "backend/journal/frame.hpp"

#include <cstring>

#include "backend/flash/device.hpp"
#include "gateway/core/assert.hpp"
#include "gateway/core/checksum.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::journal {
namespace {

constexpr std::uint8_t last_of_group_flag = 1;

namespace at_byte {
constexpr std::size_t crc = 0, type = 4, flags = 5, chunks = 6, lsn = 8, durable = 16,
                      body_length = 24, predecessor = 28, owner = 32, owner_offset = 40,
                      body_offset = 48, zero = 56, crcs = frame_head_bytes;
}

bool is_body_offset_right(lane where, frame_header const& header) noexcept {
    if (where == lane::bulk) return header.body_offset == bulk_body_offset;
    return header.body_offset == commit_lane_body_offset(header.body_length);
}

}  // namespace

std::size_t commit_lane_body_offset(std::size_t body_length) noexcept {
    auto const chunks = (body_length + chunk_bytes - 1) / chunk_bytes;
    return align_up(frame_head_bytes + 4 * chunks, frame_alignment);
}

std::size_t commit_lane_frame_bytes(std::size_t body_length) noexcept {
    return align_up(commit_lane_body_offset(body_length) + body_length, frame_alignment);
}

std::uint64_t end_of_frame(lane where, std::uint64_t offset, frame_header const& header) noexcept {
    auto const end = offset + header.body_offset + header.body_length;
    bool const to_block = where == lane::bulk || header.last_of_group;
    return align_up(end, to_block ? flash::block_bytes : frame_alignment);
}

frame_seeds::frame_seeds(std::array<std::byte, 16> const& store_id, bool with_incarnation) noexcept
    : store_(crc32c(store_id)),
      with_incarnation_(with_incarnation) {}

std::uint32_t frame_seeds::at(std::uint64_t incarnation, std::uint64_t offset) const noexcept {
    char place[16];
    store_little(place, with_incarnation_ ? incarnation : std::uint64_t{0});
    store_little(place + 8, offset);
    return crc32c(as_bytes({place, sizeof place}), store_);
}

void checksum_chunks(const_byte_span body, chunk_crcs& into) noexcept {
    SLUICE_ASSERT(body.size() <= body_bytes_limit);
    for (std::size_t chunk = 0; chunk * chunk_bytes < body.size(); ++chunk) {
        auto const from = chunk * chunk_bytes;
        into[chunk] = crc32c(body.subspan(from, std::min(chunk_bytes, body.size() - from)));
    }
}

bool chunks_match(const_byte_span body, frame_header const& header) noexcept {
    chunk_crcs found{};
    checksum_chunks(body, found);
    return std::memcmp(found.data(), header.crcs.data(), 4 * header.chunks()) == 0;
}

std::uint32_t encode_frame_header(frame_header const& header, std::uint32_t seed,
                                  std::byte* out) noexcept {
    auto* to = reinterpret_cast<char*>(out);
    store_little(to + at_byte::type, to_underlying(header.type));
    store_little(to + at_byte::flags, header.last_of_group ? last_of_group_flag : std::uint8_t{0});
    store_little(to + at_byte::chunks, static_cast<std::uint16_t>(header.chunks()));
    store_little(to + at_byte::lsn, to_underlying(header.at));
    store_little(to + at_byte::durable, to_underlying(header.durable));
    store_little(to + at_byte::body_length, header.body_length);
    store_little(to + at_byte::predecessor, header.predecessor);
    store_little(to + at_byte::owner, header.owner);
    store_little(to + at_byte::owner_offset, header.owner_offset);
    store_little(to + at_byte::body_offset, header.body_offset);
    store_little(to + at_byte::zero, std::uint64_t{0});
    for (std::size_t chunk = 0; chunk < header.chunks(); ++chunk)
        store_little(to + at_byte::crcs + 4 * chunk, header.crcs[chunk]);
    auto const crc = crc32c({out + at_byte::type, header.encoded_bytes() - at_byte::type}, seed);
    store_little(to + at_byte::crc, crc);
    return crc;
}

std::optional<decoded_header> decode_frame_header(const_byte_span bytes, std::uint32_t seed,
                                                  lane where) noexcept {
    if (bytes.size() < frame_head_bytes) return std::nullopt;
    auto const* from = reinterpret_cast<char const*>(bytes.data());
    decoded_header decoded;
    auto& header = decoded.header;
    header.body_length = load_little<std::uint32_t>(from + at_byte::body_length);
    if (header.body_length > body_bytes_limit) return std::nullopt;
    if (load_little<std::uint16_t>(from + at_byte::chunks) != header.chunks()) return std::nullopt;
    if (bytes.size() < header.encoded_bytes()) return std::nullopt;
    decoded.crc = load_little<std::uint32_t>(from + at_byte::crc);
    auto const covered = bytes.subspan(at_byte::type, header.encoded_bytes() - at_byte::type);
    if (crc32c(covered, seed) != decoded.crc) return std::nullopt;

    auto const type = load_little<std::uint8_t>(from + at_byte::type);
    auto const flags = load_little<std::uint8_t>(from + at_byte::flags);
    if (type < to_underlying(frame_type::payload) || type > to_underlying(frame_type::durable_mark))
        return std::nullopt;
    if ((flags & ~last_of_group_flag) != 0) return std::nullopt;
    header.type = static_cast<frame_type>(type);
    header.last_of_group = (flags & last_of_group_flag) != 0;
    header.at = lsn{load_little<std::uint64_t>(from + at_byte::lsn)};
    header.durable = lsn{load_little<std::uint64_t>(from + at_byte::durable)};
    header.predecessor = load_little<std::uint32_t>(from + at_byte::predecessor);
    header.owner = load_little<std::uint64_t>(from + at_byte::owner);
    header.owner_offset = load_little<std::uint64_t>(from + at_byte::owner_offset);
    header.body_offset = load_little<std::uint64_t>(from + at_byte::body_offset);
    if (!is_body_offset_right(where, header)) return std::nullopt;
    for (std::size_t chunk = 0; chunk < header.chunks(); ++chunk)
        header.crcs[chunk] = load_little<std::uint32_t>(from + at_byte::crcs + 4 * chunk);
    return decoded;
}

}  // namespace sluice::journal
