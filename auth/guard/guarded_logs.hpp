// Topics, their records and consumer groups behind the door. Resource kinds: dataset (a topic by
// name, the partition as its part), group (by group id), cluster. Writes carry their audit record
// in the same commit; reads are decided and counted; refusals are recorded before the answer. A
// topic that the caller may not describe is permission_denied whether or not it exists. Thread
// rule: any executor; one object for the whole server.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/guard/caller.hpp"
#include "auth/guard/refusal.hpp"
#include "auth/policy/actions.hpp"
#include "backend/store/model/log_types.hpp"
#include "backend/store/model/topic_info.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice::auth {

class guard_core;

// The right to read one topic's records, decided and counted when it was opened. One coroutine at a
// time; the guard outlives it. After the topic was dropped every call answers not_found.
class readable_log {
public:
    class implementation;
    explicit readable_log(std::unique_ptr<implementation>);
    readable_log(readable_log&&) noexcept;
    readable_log& operator=(readable_log&&) noexcept;
    ~readable_log();

    store::topic_info const& topic() const noexcept;
    // Never waits. not_found: no such partition.
    result<store::log_bounds> bounds(partition_index partition) const;
    // Whole batches from the one that holds `from` on, until `bytes_most` are reached. The first
    // batch is always given when `at_least_one`, whatever its size. Empty at the end of the log.
    // committed: only up to the last stable offset, with what was aborted. out_of_range: before the
    // start or past the end; corrupt, io_failed.
    task<result<store::log_slice>> read(
        partition_index partition, log_offset from, std::uint64_t bytes_most, bool at_least_one,
        store::log_isolation isolation = store::log_isolation::uncommitted);
    // The first record whose timestamp is at least `at`; nullopt: all are older.
    task<result<std::optional<store::log_time_match>>> find_time(partition_index partition,
                                                                 unix_millis at);
    // The record with the greatest timestamp (KIP-734); nullopt: the log is empty.
    task<result<std::optional<store::log_time_match>>> find_newest(partition_index partition);

private:
    friend class guarded_logs;
    std::unique_ptr<implementation> implementation_;
};

class guarded_logs {
public:
    explicit guarded_logs(guard_core& core) noexcept : core_(core) {}

    // ---- topics -------------------------------------------------------------------------------
    struct create_request {
        std::string name;
        std::uint32_t partitions = 1;
        std::map<std::string, std::string> settings;
        store::topic_retention retention;
        bool validate_only = false;
    };
    // Verb create. already_exists; too_large: limits.partitions.
    task<guarded<store::topic_info>> create(caller const& who, create_request request);
    // Verb drop. What it held is erased in the background, across restarts.
    task<guarded<store::topic_info>> drop(caller const& who, std::string name);
    struct changed_settings {
        std::map<std::string, std::string> settings;
        store::topic_retention retention;
    };
    // What the settings become. Asked while nobody else can change the topic, so that of two changes
    // at once the later sees the earlier; what it refuses is answered as it is.
    using settings_change = std::function<result<changed_settings>(store::topic_info const& now)>;
    // Verb alter. All or nothing.
    task<guarded<store::topic_info>> change_settings(caller const& who, std::string name,
                                                     settings_change change,
                                                     bool validate_only = false);
    // Verb alter: how many partitions there are from now on. invalid_argument: not more than there
    // were; too_large: limits.partitions.
    task<guarded<store::topic_info>> add_partitions(caller const& who, std::string name,
                                                    std::uint32_t partitions,
                                                    bool validate_only = false);
    // Verb describe.
    task<guarded<store::topic_info>> find(caller const& who, std::string name);
    task<guarded<store::topic_info>> find(caller const& who, store::topic_uuid uuid);
    // Those that the caller may describe, by name, after `after`; at most `most`.
    task<guarded<std::vector<store::topic_info>>> list(caller const& who, std::string after,
                                                       std::size_t most);
    // Decision only (recorded if denied), for requests that name what they do not touch.
    task<guarded<void>> permit_topic(caller const& who, action verb, std::string name);
    task<guarded<void>> permit_group(caller const& who, action verb, std::string group);
    task<guarded<void>> permit_cluster(caller const& who, action verb);
    // What the decision would be, for answers that carry authorised operations or leave out what
    // the caller may not see; nothing was asked for, so nothing is recorded. `operation`: the
    // protocol's name of what is asked about; empty: of what the caller is doing.
    bool may_topic(caller const& who, action verb, std::string const& name,
                   std::string_view operation = {}) const;
    bool may_group(caller const& who, action verb, std::string const& group) const;
    bool may_cluster(caller const& who, action verb, std::string_view operation = {}) const;

    // ---- records ------------------------------------------------------------------------------
    // Verb append, decided once per topic. One commit for all parts that may be written (several
    // when they are larger than limits.append_bytes); an answer per part, in order, when it is
    // durable and published. `on_submitted` is called on the caller's thread once later appends come
    // behind this one; not when nothing is appended.
    task<std::vector<guarded<store::log_appended>>> append(
        caller const& who, std::vector<store::log_append_part> parts,
        std::function<void()> on_submitted = {});
    // Verb read_log.
    task<guarded<readable_log>> open(caller const& who, std::string name);
    // Verb delete: what lies before `before` (-1: the end) is gone. The new start.
    task<guarded<log_offset>> erase_before(caller const& who, std::string name,
                                           partition_index partition, log_offset before);

    // Verb describe on the cluster: what a partition's records take up, as stored. not_found.
    task<guarded<std::uint64_t>> log_bytes(caller const& who, std::string name,
                                           partition_index partition);

    struct position {
        dataset_id topic{};
        partition_index partition{};
        log_offset end{};  // as seen
    };
    // Until the end of one of these moved, or one was dropped, or `most` went by: all of it is
    // success. overloaded: limits.log_waiters; cancelled.
    task<result<void>> wait_for_more(std::vector<position> known, std::chrono::milliseconds most);

    // ---- journals of buckets (store::journal_name) ----------------------------------------------
    // Only the server itself reads, empties and drops them (open, erase_before, drop; objects as
    // writable_object::finish says); who may read `__audit` may read them as well.
    struct journal {
        std::string name;
        store::log_bounds bounds;
    };
    // From memory, for the server's own bookkeeping: nothing is decided or recorded.
    std::vector<journal> journals() const;
    // Makes the bucket's journal unless it is there, in which case nothing is decided or recorded.
    // Verb alter on the bucket. too_large: limits.partitions.
    task<guarded<void>> keep_journal(caller const& who, std::string bucket);

    // ---- producers and groups -----------------------------------------------------------------
    // A producer id that was never given out, durably. Verb append on the cluster is not needed:
    // any topic's append right is enough for an idempotent producer (KIP-679).
    task<guarded<std::int64_t>> new_producer_id(caller const& who);

    // Verb commit_offset on the group and read_log on each topic: an answer per offset.
    task<std::vector<guarded<void>>> commit_offsets(caller const& who, std::string group,
                                                    std::vector<store::committed_offset> offsets);
    // Verb describe on the group.
    task<guarded<std::vector<store::committed_offset>>> committed_offsets(caller const& who,
                                                                          std::string group);
    struct group_partition {
        std::string topic;
        partition_index partition{};
    };
    // Verb drop on the group and read_log on each topic: an answer per offset, success also where
    // none was committed. not_found: the topic or partition.
    task<std::vector<guarded<void>>> forget_offsets(caller const& who, std::string group,
                                                    std::vector<group_partition> of);
    // Verb drop on the group: its state and its offsets. The coordinator closed it before.
    task<guarded<void>> drop_group(caller const& who, std::string group);
    // The coordinator's durable state of a group, opaque here. The coordinator acts for itself;
    // whoever asked was decided by permit_group before.
    task<result<void>> save_group(std::string group, std::string state);
    task<result<void>> remove_group(std::string group);  // with its offsets
    struct saved_group {
        std::string group;
        std::string state;
    };
    task<result<std::vector<saved_group>>> saved_groups(std::string after, std::size_t most);

private:
    guard_core& core_;
};

}  // namespace sluice::auth
