// What a change of an object tells topics: records that become durable in the commit of the change
// itself (S3 event notifications). The protocol that keeps settings with a bucket knows which. Plain
// values.
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
};

// Runs under the object's lock, for buckets with settings; must not block. A failure fails the change.
// Empty: nobody is told.
using object_announcer =
    std::function<result<std::vector<topic_record>>(object_event const&)>;

}  // namespace sluice::store
