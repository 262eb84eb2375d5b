// The record of one run: batches of one partition that were appended together, in order. Its key
// names the first offset; its frames name the log as owner and that offset. A run of more than one
// frame has a piece record for each further one, directly behind its own. Bytes:
// gateway/design/0007-logs.md.
//
// Pure functions, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backend/journal/commit.hpp"
#include "gateway/core/bytes.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

// Bytes of a run in each of its frames but the last: what a frame may hold.
inline constexpr std::uint64_t log_piece_bytes = mebibyte;

struct log_run_record {
    lsn changed{};
    journal::location at;                // of its first frame
    // Largest timestamp of this run and of all before it, also of those that are erased by now: it
    // never falls from run to run, so a timestamp is found by bisection.
    unix_millis newest_so_far{};
    std::uint64_t length = 0;            // bytes of its batches, in all frames
    std::uint64_t offsets = 0;           // how many offsets it covers: the next run starts there
    std::uint64_t batches = 1;
    unix_millis first_timestamp{};       // smallest and largest of its batches
    unix_millis last_timestamp{};
    // Its batches say where they are, with gaps between them: written by the cleaner. Otherwise they
    // are as they came, and stand behind each other from the base on.
    bool numbered = false;

    std::uint64_t pieces() const noexcept {
        return length == 0 ? 1 : (length + log_piece_bytes - 1) / log_piece_bytes;
    }
    std::uint64_t piece_length(std::uint64_t piece) const noexcept {
        return piece + 1 < pieces() ? log_piece_bytes : length - piece * log_piece_bytes;
    }
};
struct log_piece_record {
    lsn changed{};
    journal::location at;
    std::uint64_t length = 0;
};
// Where the location stands in both encoded values, for a slot, and the newest timestamp.
inline constexpr std::size_t log_run_location_position = 9;
inline constexpr std::size_t log_run_newest_position = 17;
// The number by which a frame names its log: apart from every payload id by its highest bit. It
// identifies, it is never taken apart: 42 bits of the dataset, 21 of the partition.
constexpr std::uint64_t log_frame_owner(dataset_id dataset, partition_index partition) noexcept {
    return std::uint64_t{1} << 63 |
           (to_underlying(dataset) & ((std::uint64_t{1} << 42) - 1)) << 21 |
           (static_cast<std::uint64_t>(to_underlying(partition)) & ((std::uint64_t{1} << 21) - 1));
}
// And by which it names its place in the log: the run's base offset, the piece in the upper bits.
constexpr std::uint64_t log_frame_offset(log_offset base, std::uint64_t piece) noexcept {
    return static_cast<std::uint64_t>(to_underlying(base)) + (piece << 48);
}

std::string encode(log_run_record const&);
std::string encode(log_piece_record const&);
// corrupt
result<log_run_record> decode_log_run(std::string_view);
result<log_piece_record> decode_log_piece(std::string_view);

}  // namespace sluice::store
