// What a change of an object tells topics: records that become durable in the commit of the change
// itself (S3 event notifications), and those of the bucket's own journal (0007, "Journals of
// buckets"). The protocol that keeps settings with a bucket knows which. Plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "backend/store/model/bucket_info.hpp"
#include "backend/store/model/object_stat.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

enum class object_happening : std::uint8_t {
    put,
    removed,      // for good: the object is what went
    marker_put,   // hidden: the object is the delete marker
    changed,      // in place, its attributes: the object is as it is then
};

struct object_event {
    bucket_info const& bucket;
    object_happening what;
    object_stat const& object;
    // A number that grows over the events of a key; overloaded.
    std::function<result<std::uint64_t>()> const& sequence;
    unix_millis at;
};

struct topic_record {
    std::string topic;            // of no effect when there is none, or it is the server's own
    std::string key;              // chooses the partition
    std::string value;
    // For the bucket's journal, whatever `topic` says. There must be one, with room for it: the change
    // fails otherwise (overloaded).
    bool is_journal = false;
};

// What is written out of a journal by the put of an object: its records up to `before` go in the
// commit of the put.
struct journal_advance {
    std::string journal;          // its name
    log_offset from{};            // where it begins; it begins elsewhere: conflict
    log_offset before{};
};

// Runs under the object's lock, for buckets with settings; must not block. A failure fails the change.
// Empty: nobody is told.
using object_announcer =
    std::function<result<std::vector<topic_record>>(object_event const&)>;

}  // namespace sluice::store
