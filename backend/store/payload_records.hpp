// The records of the payload family (bytes: gateway/design/0005-store.md). A payload is a run of
// stored bytes with an id and a reference count. `frames`: its bytes lie in extents. `composed`:
// its extents name other payloads, each of which it holds one reference of. A head with 0
// references has an 'g' key and is taken apart in the background.
//
// Pure functions, any thread. Decoders answer `corrupt`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backend/journal/commit.hpp"
#include "backend/store/model/attributes.hpp"
#include "gateway/core/bytes.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

// Stored numbers: never renumber.
enum class payload_kind : std::uint8_t { frames = 1, composed = 2 };

struct payload_head {
    payload_kind kind = payload_kind::frames;
    std::uint8_t codec = 0;              // reserved: 0, not compressed
    std::uint8_t encryption = 0;         // reserved: 0, not encrypted
    std::uint64_t references = 1;
    std::uint64_t length = 0;
    std::uint64_t extents = 1;
};
std::string encode(payload_head const&);
result<payload_head> decode_payload_head(std::string_view);

// Frames that lie one behind the other in one segment. All but the last hold `frame_bytes`.
struct frames_extent {
    journal::location first;
    std::uint64_t frame_bytes = 0;
    std::uint64_t length = 0;

    std::uint64_t frames() const noexcept { return (length + frame_bytes - 1) / frame_bytes; }
    // Of the frame that holds byte `within` of the extent.
    journal::location frame_at(std::uint64_t within) const noexcept;
};
// A part of a composed payload.
struct part_extent {
    payload_id payload{};
    std::uint64_t payload_offset = 0;    // reserved: 0
    std::uint64_t length = 0;
    std::uint32_t number = 0;
    std::vector<object_checksum> checksums;
};

struct extent_record {
    payload_kind kind = payload_kind::frames;
    frames_extent frames;
    part_extent part;
    std::uint64_t length() const noexcept {
        return kind == payload_kind::frames ? frames.length : part.length;
    }
};
// The location stands at extent_location_position in the encoded value, for a slot.
inline constexpr std::size_t extent_location_position = 2;
std::string encode(frames_extent const&);
std::string encode(part_extent const&);
result<extent_record> decode_extent(std::string_view);

// Who owns the frames at a place: what reclaim and check ask.
struct reverse_record {
    enum class owner_kind : std::uint8_t { payload = 1, log = 2 };
    owner_kind kind = owner_kind::payload;
    payload_id payload{};                // payload
    std::uint64_t payload_offset = 0;
    dataset_id dataset{};                // log
    partition_index partition{};
    log_offset base{};
    std::uint16_t piece = 0;             // of a run that takes several frames
    std::uint64_t length = 0;            // body bytes
};
std::string encode(reverse_record const&);
result<reverse_record> decode_reverse(std::string_view);

// How far apart two full frames of the bulk lane start.
constexpr std::uint64_t bulk_stride(std::uint64_t body_bytes) noexcept {
    return 4096 + align_up(body_bytes, 4096);
}

}  // namespace sluice::store
