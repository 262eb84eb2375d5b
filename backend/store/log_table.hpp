// All topics and partitions of a store in memory: what every log verb looks up first. Loaded from
// the index at open, changed when the commit that makes, alters or drops a topic is published. The
// audit log is in it under its own name, read-only.
//
// Thread rule: any thread. Lifetime: owned by the engine; a topic_log lives as long as somebody
// holds it, also after it was dropped.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backend/store/index_read.hpp"
#include "backend/store/limits.hpp"
#include "backend/store/log_partition.hpp"
#include "backend/store/model/topic_info.hpp"

namespace sluice::store {

inline constexpr std::string_view audit_topic_name = "__audit";

// One topic. What it is never changes but its settings, which are replaced as a whole; a topic that
// grows gets a new one in its place, with the same partitions and those that came.
class topic_log {
public:
    struct description {
        topic_info info;
        topic_retention retention;
    };
    topic_log(description what, std::vector<std::shared_ptr<log_partition>> partitions);

    dataset_id id() const noexcept { return id_; }
    std::string const& name() const noexcept { return name_; }
    bool is_system() const noexcept { return name_.starts_with("__"); }
    std::shared_ptr<description const> describe() const;   // shared with its readers
    void redescribe(description);
    // Null: there is no such partition.
    log_partition* partition(partition_index) const noexcept;
    std::size_t partitions() const noexcept { return partitions_.size(); }
    std::vector<std::shared_ptr<log_partition>> shared_partitions() const { return partitions_; }
    bool is_dropped() const { return partitions_.front()->is_closed(); }
    void close();                            // in journal order
    void give_up_waiters(error why);

private:
    dataset_id const id_;
    std::string const name_;
    // Shared with the engine's audit_state for the audit log, with a handle that it replaced, else
    // this topic's own.
    std::vector<std::shared_ptr<log_partition>> const partitions_;
    mutable std::mutex mutex_;
    std::shared_ptr<description const> description_;
};
// Shared by the table, verbs under way and capabilities.
using topic_handle = std::shared_ptr<topic_log>;

class log_table {
public:
    // Reads every topic, the ends of its partitions and its producers. `audit`: outlives the table.
    result<void> load(index_view const&, log_partition& audit);

    topic_handle find(std::string_view name) const;   // null: none
    topic_handle find(topic_uuid const& uuid) const;
    topic_handle find(dataset_id id) const;
    // By name, after `after`, at most `most`.
    std::vector<topic_handle> list(std::string_view after, std::size_t most) const;
    std::vector<topic_handle> all() const;

    void add(topic_handle);  // also in the place of the one it grew from
    void remove(topic_handle const&);
    // Counts partitions that are about to be: false when there would be more than `most`.
    bool reserve_partitions(std::uint32_t count, std::size_t most);
    void release_partitions(std::uint32_t count);
    producer_count& producers() noexcept { return producers_; }
    void give_up_waiters(error why);

private:
    struct uuid_hash {
        std::size_t operator()(topic_uuid const& id) const noexcept;
    };
    mutable std::shared_mutex mutex_;
    std::map<std::string, topic_handle, std::less<>> by_name_;
    std::unordered_map<topic_uuid, topic_handle, uuid_hash> by_uuid_;
    std::unordered_map<std::uint64_t, topic_handle> by_id_;
    std::size_t partitions_ = 0;
    producer_count producers_{0};
};

// The partition as the index has it: state record, last run, producers.
result<partition_state> read_partition_state(index_view const&, dataset_id, partition_index,
                                             std::int32_t* leader_epoch = nullptr);

}  // namespace sluice::store
