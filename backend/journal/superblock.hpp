// The first thing read in a data folder: who the store is and whether this program may open it
// (design 0002). Two blocks, written in turn, so that one of them is whole at any moment.
//
// Thread rule: start-up only. The folder lock is taken before.
#pragma once

#include <cstdint>
#include <optional>

#include "backend/flash/device.hpp"
#include "backend/journal/segment_header.hpp"
#include "gateway/core/blocking_token.hpp"
#include "gateway/core/random.hpp"
#include "gateway/core/result.hpp"

namespace sluice::journal {

struct superblock {
    std::uint32_t format_version = 1;
    store_identity store{};
    std::uint64_t generation = 0;
    std::uint64_t compatible_features = 0;
    std::uint64_t read_only_features = 0;
    std::uint64_t incompatible_features = 0;
    std::uint32_t segment_bytes = 0;

    bool operator==(superblock const&) const = default;
};

void encode_superblock(superblock const&, byte_span block) noexcept;
std::optional<superblock> decode_superblock(const_byte_span block) noexcept;

// unsupported: a version or feature this program does not know.
result<void> check_features(superblock const&);
// Reads the superblock; creates it in a folder without one. corrupt: damaged, or segments without a
// superblock.
result<superblock> open_superblock(flash::device&, std::uint32_t segment_bytes_if_new,
                                   random_source&, blocking_token);
// Writes the next generation. For format changes.
result<void> write_superblock(flash::device&, superblock&, blocking_token);

}  // namespace sluice::journal
