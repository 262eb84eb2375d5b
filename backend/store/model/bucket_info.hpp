// A bucket as protocol code sees it. Plain value.
#pragma once

#include <string>
#include <vector>

#include "backend/store/model/versioning.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/ids.hpp"

namespace sluice::store {

struct bucket_info {
    std::string name;
    dataset_id id{};
    principal_id owner{};
    unix_millis created{};
    std::string settings;             // opaque to the store, may be empty
    lsn changed{};                    // commit that wrote this record
    versioning versions = versioning::never;
    // Who owns what is put into it and whom it is shared with, to the guard; empty: the bucket's owner
    // owns everything, and lists of objects count for nothing.
    std::string access;
};

struct bucket_page {
    std::vector<bucket_info> buckets; // ascending by name
    bool truncated = false;           // more follow the last name
};

}  // namespace sluice::store
