// Putting batches into a commit as one run of a log. The run's base offset is not known before the
// commit has its place in the journal: prepare_run leaves room for it, place_run fills it in.
// Producers call place_run from the commit's on_ordered with what log_partition::admit gave them
// there: their bytes stay as they came. The audit log calls it from the group closer, and
// place_batches too, so that what it stores names its offsets.
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backend/journal/commit.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

// What the headers of batches say.
struct batches_shape {
    std::uint64_t bytes = 0;
    std::uint64_t offsets = 0;
    std::uint64_t batches = 0;
    unix_millis first_timestamp{};       // smallest and largest
    unix_millis last_timestamp{};
    std::int64_t producer = -1;          // of the first batch; -1: none
    std::int16_t producer_epoch = -1;
    std::int32_t first_sequence = -1;
    std::int32_t last_sequence = -1;
    bool transactional = false;          // the first batch is of a transaction
};
// malformed: not whole batches, or none.
result<batches_shape> measure_batches(std::string_view batches);

struct prepared_run {
    dataset_id dataset{};
    partition_index partition{};
    batches_shape shape;
    std::size_t payload = 0;             // index in commit::payloads of the first of its frames
    std::size_t frames = 0;
    std::size_t newest_position = 0;     // in the mutations
    std::vector<std::size_t> base_positions;

    std::int64_t offsets() const noexcept { return static_cast<std::int64_t>(shape.offsets); }
};

// `batches`: one or more whole batches, checked before; cut into frames of log_piece_bytes.
prepared_run prepare_run(journal::commit&, dataset_id, partition_index, batches_shape const&,
                         std::string batches);
// Writes the run's mutations once more, into mutations that were emptied; the payloads stay.
void write_run(journal::commit&, prepared_run&);
void place_run(journal::commit&, prepared_run const&, log_offset base, unix_millis newest_so_far);
// Only for runs of one frame.
void place_batches(journal::commit&, prepared_run const&, log_offset base);

}  // namespace sluice::store
