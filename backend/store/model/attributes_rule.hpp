// What a bucket's settings add to the attributes of an object that is about to be stored, or why it
// may not be (S3's default retention). The protocol that keeps settings with a bucket knows which.
#pragma once

#include <functional>

#include "backend/store/model/attributes.hpp"
#include "backend/store/model/bucket_info.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

// Runs under the object's lock with the bucket as the commit finds it and the time of the change;
// must not block. A failure refuses the change with it. Empty: nothing is added.
using attributes_rule =
    std::function<result<void>(bucket_info const&, unix_millis at, object_attributes&)>;

}  // namespace sluice::store
