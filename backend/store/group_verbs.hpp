// Consumer groups: committed offsets and the coordinator's state, which is opaque here. Offsets
// belong to a topic, not to its name: those of a dropped topic are not seen again. Changes return
// when they are published; of two at once the later in the journal counts.
//
// Thread rule: any executor; the engine outlives the task.
#pragma once

#include <string>
#include <vector>

#include "backend/store/audit_records.hpp"
#include "backend/store/log_table.hpp"
#include "backend/store/model/log_types.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice::store {

class engine;

// The record of a committed offset (0007). corrupt.
std::string encode_group_offset(committed_offset const&);
result<committed_offset> decode_group_offset(std::string_view);

struct commit_offsets_request {
    std::string group;
    struct item {
        topic_handle topic;
        committed_offset offset;             // its topic's name does not matter
    };
    std::vector<item> offsets;
    audit_records audit;                     // in the first commit
};
// An answer per offset: not_found (partition, or dropped), too_large
// (limits.offset_metadata_bytes). Failures of the commit are everybody's; many offsets take several
// commits.
task<std::vector<result<void>>> commit_offsets(engine&, commit_offsets_request);
// Of topics that exist, by topic and partition.
task<result<std::vector<committed_offset>>> committed_offsets(engine&, std::string group);

struct forget_offsets_request {
    std::string group;
    struct item {
        topic_handle topic;
        partition_index partition{};
    };
    std::vector<item> offsets;
    audit_records audit;
};
// One commit; success also for what was never committed. too_large: more of them than one takes.
task<result<void>> forget_offsets(engine&, forget_offsets_request);

struct saved_group {
    std::string group;
    std::string state;
};
// too_large: limits.group_state_bytes, limits.group_id_bytes.
task<result<void>> save_group(engine&, saved_group);
// With its offsets. Success also when there is none.
task<result<void>> remove_group(engine&, std::string group, audit_records audit = {});
// By name, after `after`; at most `most` and about 4 MiB.
task<result<std::vector<saved_group>>> saved_groups(engine&, std::string after, std::size_t most);

}  // namespace sluice::store
