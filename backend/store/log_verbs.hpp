// Records of topics: append, read, search by time, erase from the front, wait for more. Topics are
// handles from log_table; of a dropped one every verb answers not_found.
//
// Thread rule: any executor; the engine outlives the task.
#pragma once

#include <functional>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "backend/store/audit_records.hpp"
#include "backend/store/log_table.hpp"
#include "backend/store/model/log_types.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice::store {

class engine;

struct append_part {
    topic_handle topic;
    partition_index partition{};
    std::string batches;         // whole, checked before; one when it has a producer
    std::size_t audit = 0;       // which of the request's records speaks of it
    transaction_ticket ticket{}; // of a batch of a transaction
};
struct append_request {
    std::vector<append_part> parts;   // engine::append_bytes, limits.append_parts at most
    // Dropped when nothing it speaks of was appended or known as duplicate.
    std::vector<std::string> audit;
    // Called inside append_log, on its thread, once the commit's place among later ones is certain; not
    // when there is nothing to commit.
    std::function<void()> on_submitted = {};
};
// One commit. An answer per part, in order, when it is durable and published: not_found, malformed,
// invalid_argument, too_large, overloaded (limits.producers) leave the others alone; failures of
// the commit are everybody's.
task<std::vector<result<log_appended>>> append_log(engine&, append_request);

// See auth::readable_log::read. out_of_range, not_found (partition, or dropped), corrupt, io_failed.
struct read_log_request {
    topic_handle topic;
    partition_index partition{};
    log_offset from{};
    std::uint64_t bytes_most = 0;
    bool at_least_one = true;
    // committed: up to the last stable offset, with what was aborted.
    log_isolation isolation = log_isolation::uncommitted;
};
task<result<log_slice>> read_log(engine&, read_log_request);

// The first record whose timestamp is at least `at`; nullopt: all are older. unsupported, malformed:
// a batch that would hold it does not decode.
task<result<std::optional<log_time_match>>> find_log_time(engine&, topic_handle, partition_index,
                                                          unix_millis at);
// The first of the records with the greatest timestamp; nullopt: the log is empty.
task<result<std::optional<log_time_match>>> find_newest_record(engine&, topic_handle,
                                                               partition_index);

struct erase_log_request {
    topic_handle topic;
    partition_index partition{};
    log_offset before{};         // -1: the end
    audit_records audit;
    bool of_server = false;      // of a journal of a bucket, and nothing else is
};
// What lies before is not readable any more; its bytes go in the background. The new start.
// out_of_range: past the end.
task<result<log_offset>> erase_log_before(engine&, erase_log_request);

// What the partition's records take up, as stored. not_found.
task<result<std::uint64_t>> log_bytes(engine&, topic_handle, partition_index);

struct log_position {
    topic_handle topic;
    partition_index partition{};
    log_offset end{};            // as seen
};
// Until the end of one of these moved, or one is gone, or `most` went by: all of it is success.
// overloaded: limits.log_waiters; cancelled.
task<result<void>> wait_for_more(engine&, std::vector<log_position>,
                                 std::chrono::milliseconds most);

}  // namespace sluice::store
