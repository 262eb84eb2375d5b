// What the store must have after a cut: per bucket, key and upload the states that are still
// possible. An acknowledged change leaves one; a change whose answer was lost leaves the state
// before and the one after. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "backend/store/model/object_stat.hpp"
#include "tests/fault/power_cut/audit_model.hpp"

namespace sluice::fault {

// Bytes are bytes_of(number, length) of each piece, one behind the other.
struct piece {
    std::uint64_t number = 0;
    std::uint64_t length = 0;
    bool operator==(piece const&) const = default;
};
struct content {
    std::vector<piece> pieces;
    std::string etag;      // follows from a number, which no other content has
    std::uint64_t size() const;
    std::string bytes() const;
    bool operator==(content const&) const = default;
};

// The possible states of one thing that is there or not.
template <class T>
class fate {
public:
    bool is_certain() const { return possible_.size() == 1; }
    // Only when certain. nullopt: it is not there.
    std::optional<T> const& now() const { return possible_.front(); }
    std::vector<std::optional<T>> const& all() const { return possible_; }
    bool may_be(std::optional<T> const& state) const {
        for (auto const& one : possible_) {
            if (one == state) return true;
        }
        return false;
    }
    void is(std::optional<T> state) {
        possible_.clear();
        possible_.push_back(std::move(state));
    }
    void may_become(std::optional<T> state) { possible_.push_back(std::move(state)); }

private:
    std::vector<std::optional<T>> possible_{std::nullopt};
};

struct upload_model {
    std::string bucket;
    std::string key;
    fate<bool> open;                               // true while it can be completed
    std::map<std::uint32_t, fate<piece>> parts;
    std::optional<content> completing;             // its lost completion would have made this
};

struct bucket_model {
    fate<bool> exists;
    fate<std::string> settings;      // nullopt: never set; only those that stay get any
    std::map<std::string, fate<content>> objects;
};

// -- logs

// `count` records whose keys are the batch's number; nobody else has it.
struct log_batch_model {
    std::uint64_t number = 0;
    int count = 0;
    std::uint64_t length = 0;        // of each value
    bool operator==(log_batch_model const&) const = default;
};
struct log_partition_model {
    std::map<std::int64_t, log_batch_model> acked;   // by base offset, those that may be read
    std::vector<log_batch_model> lost;               // each is there once, or not at all
    std::int64_t start = 0;
    std::set<std::int64_t> starts;                   // lost erasures: it may be one of these
    bool retains = false;                            // the start may move by itself
    std::int64_t end() const {
        return acked.empty() ? start : acked.rbegin()->first + acked.rbegin()->second.count;
    }
};
// An idempotent producer of one partition. Nobody sends for it while it waits for an answer.
struct log_producer_model {
    std::int64_t id = 0;
    std::string topic;
    int partition = 0;
    std::int32_t next_sequence = 0;
    std::optional<log_batch_model> last;             // sent with the sequence before next_sequence
    std::int32_t last_sequence = 0;
    std::optional<std::int64_t> last_base;           // of its first answer
    bool unanswered = false;                         // the power went: it is sent again
};
// A transaction of a producer, which has an epoch of its own.
struct transaction_model {
    std::vector<std::pair<int, std::uint64_t>> batches;   // partition and number, as sent
    bool has_offset = false;
    bool asked_to_commit = false;
    std::optional<bool> committed;                        // nullopt: the power went
};
struct transactor_model {
    std::map<std::int64_t, transaction_model> all;        // by epoch, from 0 on
    std::optional<std::int64_t> offset;                   // of its group: the last epoch that moved it
};
struct topic_model {
    fate<bool> exists;
    fate<std::string> note;          // one of its settings; only those that stay get it
    std::map<int, log_partition_model> partitions;
};

// Two tables with a unique and a plain index, changed by transactions that have them to themselves.
struct table_ids {
    dataset_id people{}, orders{}, by_name{}, by_age{};
    bool operator==(table_ids const&) const = default;
};
struct table_row {
    std::uint64_t number = 0;   // its bytes are bytes_of(number, length)
    std::uint64_t length = 0;
    std::uint64_t name = 0;     // unique
    std::uint64_t age = 0;
    bool operator==(table_row const&) const = default;
};
struct table_group {
    table_ids ids;
    std::map<std::string, table_row> people;
    std::set<std::string> orders;
    std::uint64_t batch = 0;    // the last that was appended with a commit of the group
    bool operator==(table_group const&) const = default;
};

// A batch that a commit of a group appended to the topic l2.
struct sent_with_rows {
    int group = 0;
    int partition = 0;
    bool acknowledged = false;
};

// Of a key in the bucket that keeps versions.
struct version_model {
    object_version number{};         // 0: its answer was lost
    bool is_marker = false;
    content what;                    // empty etag: a delete marker
    bool may_be_gone = false;        // its put or its erasure was not answered
    bool is_held = false;            // under legal hold: never erased
};

struct store_model {
    audit_model audit;
    fate<bool> versions_bucket;
    std::map<std::string, std::vector<version_model>> versions;   // oldest first
    std::map<int, fate<table_group>> table_groups;
    std::map<std::uint64_t, sent_with_rows> sent_with_rows_of;   // by the batch's number
    std::set<dataset_id> datasets;             // ever given out
    std::set<std::int64_t> numbers;            // of the counter
    std::uint64_t next_number = 1;
    std::map<std::string, bucket_model> buckets;
    std::map<store::upload_id, upload_model> uploads;
    // Keys for which an upload was created without the answer: any upload there may be it.
    std::set<std::pair<std::string, std::string>> unanswered_uploads;
    std::map<std::string, topic_model> topics;
    std::map<std::string, log_producer_model> producers;
    std::map<int, transactor_model> transactors;
    std::map<std::string, fate<std::int64_t>> offsets;      // of group "g" at "topic/partition"
    std::map<std::string, fate<std::string>> groups;
    std::size_t acknowledged = 0;
    std::size_t duplicates = 0;                             // answered after a cut
};

}  // namespace sluice::fault
