// One commit on its way into the journal: all of it becomes durable and visible, or none.
// Built by one thread, then owned by the journal until its completion ran.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backend/kv/mutation_batch.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::journal {

// Where a frame starts. Encoded as 8 bytes in records (segment BE, offset BE); 0/0 is "nowhere".
struct location {
    segment_id segment{};
    std::uint32_t offset = 0;
    auto operator<=>(location const&) const = default;
};
std::uint64_t encode(location) noexcept;  // the 8 bytes as stored by store_big
location decode_location(std::uint64_t) noexcept;

// Payload that rides along in the commit group: one frame, at most frame_body_limit (1 MiB).
struct inline_payload {
    std::uint64_t owner = 0;  // payload id (or log dataset id), named in the frame
    std::uint64_t owner_offset = 0;
    std::string bytes;
};

struct commit {
    kv::mutation_batch mutations;
    std::vector<inline_payload> payloads;

    // One encoded audit record per decision this commit carries; the group's records become one log
    // batch through the journal's group_closer (empty: none).
    std::vector<std::string> audit_records;

    // A large transaction: chunks written before by journal::append_chunk, applied before
    // `mutations`.
    std::vector<location> chunks;

    // Runs exactly once, in journal order, under the ordering lock, when `at` is assigned and
    // before anything is written: advances in-memory ends and fills `custom` slots. Must not block
    // or call the journal.
    std::function<void(commit&, lsn at)> on_ordered;

    // Runs exactly once on a journal thread: the LSN after the commit is durable, applied and
    // published; outcome_unknown or read_only when the device failed; no_space when refused at
    // admission. Must not block.
    std::function<void(result<lsn>)> on_done;
};

}  // namespace sluice::journal
