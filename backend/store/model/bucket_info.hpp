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
};

struct bucket_page {
    std::vector<bucket_info> buckets; // ascending by name
    bool truncated = false;           // more follow the last name
};

}  // namespace sluice::store
