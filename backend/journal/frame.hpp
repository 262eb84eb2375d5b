// The frame: the unit of everything written into a segment (byte layout: design 0002, Frame). A
// frame is only good at its own place: the header crc is seeded with store, incarnation and offset,
// so bytes of an earlier use of the same segment, or of another place, never look right. Pure
// functions over bytes; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "backend/journal/segment_table.hpp"
#include "gateway/core/bytes.hpp"
#include "gateway/core/ids.hpp"

namespace sluice::journal {

enum class frame_type : std::uint8_t { payload = 1, mutations = 2, commit = 3, durable_mark = 4 };

inline constexpr std::size_t frame_head_bytes = 64;
inline constexpr std::size_t chunk_bytes = 64 * kibibyte;  // of a body, each with its own crc
inline constexpr std::size_t maximum_chunks = 16;
inline constexpr std::size_t body_bytes_limit = maximum_chunks * chunk_bytes;
inline constexpr std::size_t frame_alignment = 8;          // of frames in the commit lane
inline constexpr std::uint64_t first_frame_offset = 8192;  // behind the two segment headers
inline constexpr std::size_t bulk_body_offset = 4096;

using chunk_crcs = std::array<std::uint32_t, maximum_chunks>;

struct frame_header {
    frame_type type = frame_type::payload;
    bool last_of_group = false;
    lsn at{};
    lsn durable{};
    std::uint32_t body_length = 0;
    std::uint32_t predecessor = 0;  // header crc of the frame before it in its lane
    std::uint64_t owner = 0;
    std::uint64_t owner_offset = 0;
    std::uint64_t body_offset = 0;  // from the start of the frame
    chunk_crcs crcs{};

    std::size_t chunks() const noexcept { return (body_length + chunk_bytes - 1) / chunk_bytes; }
    std::size_t encoded_bytes() const noexcept { return frame_head_bytes + 4 * chunks(); }
    bool operator==(frame_header const&) const = default;
};

// Where the next frame can start behind a frame at `offset`.
std::uint64_t end_of_frame(lane, std::uint64_t offset, frame_header const&) noexcept;
// Body offset in the commit lane for a body of this length.
std::size_t commit_lane_body_offset(std::size_t body_length) noexcept;
// Bytes of a whole frame in the commit lane, up to where the next may start.
std::size_t commit_lane_frame_bytes(std::size_t body_length) noexcept;

// The seeds of one store's header crcs.
class frame_seeds {
public:
    frame_seeds() = default;
    // `with_incarnation` is false only for the seeded bug `drop_incarnation`.
    explicit frame_seeds(std::array<std::byte, 16> const& store_id,
                         bool with_incarnation = true) noexcept;
    std::uint32_t at(std::uint64_t incarnation, std::uint64_t offset) const noexcept;

private:
    std::uint32_t store_ = 0;
    bool with_incarnation_ = true;
};

// crc32c of each 64 KiB of `body` (at most body_bytes_limit) into the first entries.
void checksum_chunks(const_byte_span body, chunk_crcs& into) noexcept;
bool chunks_match(const_byte_span body, frame_header const&) noexcept;

// Writes header.encoded_bytes() bytes to `out`; returns the header crc.
std::uint32_t encode_frame_header(frame_header const&, std::uint32_t seed, std::byte* out) noexcept;

struct decoded_header {
    frame_header header;
    std::uint32_t crc = 0;
};
// nullopt unless `bytes` starts with a header that is right for this seed and lane.
std::optional<decoded_header> decode_frame_header(const_byte_span bytes, std::uint32_t seed,
                                                  lane) noexcept;

}  // namespace sluice::journal
