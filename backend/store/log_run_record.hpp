// The record of one run: batches of one partition that lie in one payload frame, in order. Its key
// names the first offset; the frame names the dataset as owner and that offset. Bytes:
// gateway/design/0005-store.md.
//
// Pure functions, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backend/journal/commit.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

struct log_run_record {
    lsn changed{};
    journal::location at;
    std::uint64_t length = 0;            // bytes in the frame
    std::uint64_t offsets = 0;           // how many offsets it covers: the next run starts there
    std::uint64_t batches = 1;
    unix_millis first_timestamp{};       // smallest and largest of its batches
    unix_millis last_timestamp{};
};
// Where the location stands in the encoded value, for a slot.
inline constexpr std::size_t log_run_location_position = 9;
// The number by which a frame names its log: apart from every payload id by its highest bit. It
// identifies, it is never taken apart: 42 bits of the dataset, 21 of the partition.
constexpr std::uint64_t log_frame_owner(dataset_id dataset, partition_index partition) noexcept {
    return std::uint64_t{1} << 63 |
           (to_underlying(dataset) & ((std::uint64_t{1} << 42) - 1)) << 21 |
           (static_cast<std::uint64_t>(to_underlying(partition)) & ((std::uint64_t{1} << 21) - 1));
}

std::string encode(log_run_record const&);
// corrupt
result<log_run_record> decode_log_run(std::string_view);

}  // namespace sluice::store
