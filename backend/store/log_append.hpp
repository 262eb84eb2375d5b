// Putting batches into a commit as one run of a log. The run's base offset is not known before the
// commit has its place in the journal: prepare_run leaves room for it, place_run fills it in.
// Producers call place_run from the commit's on_ordered with what log_partition::assign gave them
// there, the audit log from the group closer.
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "backend/journal/commit.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

struct prepared_run {
    std::size_t payload = 0;             // index in commit::payloads
    std::size_t run_key_offset = 0;      // positions of the base offset in the mutations
    std::size_t reverse_offset = 0;
    std::int32_t offsets = 0;
};

// `batches`: one or more whole batches, checked before, at most journal::inline_payload_limit bytes
// together; their base offsets are replaced. malformed: they are not whole batches.
result<prepared_run> prepare_run(journal::commit&, dataset_id, partition_index,
                                 std::string batches);
void place_run(journal::commit&, prepared_run const&, log_offset base);

}  // namespace sluice::store
