// Taking records out of a batch that is stored, as Kafka's cleaner does (MemoryRecords.filterTo,
// KIP-354, KIP-534): what is left keeps its offsets, its codec and the batch's fields; last offset
// delta, producer and sequence stay those of the batch as it came. A batch that loses everything is
// gone. A batch that keeps a tombstone for the first time gets a delete horizon: attribute bit 6,
// and the base timestamp is the time from which its tombstones may go.
//
// Pure functions, any thread. The batches are stored ones, with their base offsets in place;
// malformed all the same when they do not parse.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "backend/store/model/log_batch.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

inline constexpr std::int16_t log_horizon_attribute = 64;
// When the batch's tombstones may go; nullopt: no pass kept one of it yet.
inline std::optional<unix_millis> delete_horizon(log_batch_header const& header) noexcept {
    if ((header.attributes & log_horizon_attribute) == 0) return std::nullopt;
    return unix_millis{header.base_timestamp};
}

// One record as the filter's rules see it. The texts live as long as the call.
struct log_record_view {
    log_offset offset{};
    unix_millis timestamp{};
    std::optional<std::string_view> key;
    bool has_value = false;
};
// Calls `each` for every record until it answers false. malformed; too_large: more than
// `decompressed_most` bytes.
result<void> walk_log_batch(std::string_view batch, std::size_t decompressed_most,
                            std::function<bool(log_record_view const&)> const& each);

struct log_filter {
    // Whether a record with a newer one of its key, or without a key, goes. Tombstones that nothing
    // replaced are the filter's own matter.
    std::function<bool(log_record_view const&)> superseded;
    unix_millis now{};
    std::int64_t tombstones_stay_ms = 0;     // from the pass that meets them first
    log_offset end{};                        // what stands here or behind stays
    std::size_t decompressed_most = log_decompressed_most;
};

// Batches one behind the other, each with its own base offset, and what is known of them.
struct filtered_batches {
    std::string bytes;
    std::uint64_t batches = 0;
    unix_millis first_timestamp{std::numeric_limits<std::int64_t>::max()};
    unix_millis last_timestamp{std::numeric_limits<std::int64_t>::min()};
    std::uint64_t records_gone = 0;
    bool changed = false;                    // it is not just what came in

    void add(filtered_batches const& behind);
};
// Puts what is left of one whole batch behind `into`.
result<void> filter_log_batch(std::string_view batch, log_filter const&, filtered_batches& into);

}  // namespace sluice::store
