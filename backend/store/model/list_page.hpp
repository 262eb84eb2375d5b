// One page of a listing: objects, and the common prefixes that stand for groups of keys, each in
// ascending byte order. Markers are plain keys; tokens are the protocol's. Plain values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backend/store/model/object_stat.hpp"

namespace sluice::store {

struct list_page {
    std::vector<object_stat> objects;
    std::vector<std::string> common_prefixes;
    bool truncated = false;
    // Pass as `after` to continue: the last key, or the last common prefix (everything below it is
    // skipped then).
    std::string next_after;
};

struct version_page {
    std::vector<object_stat> versions;
    std::vector<std::string> common_prefixes;
    bool truncated = false;
    // To continue: the last version's place, or a common prefix and no version. Of a null version it
    // may be a number that is not its name.
    std::string next_key;
    std::optional<object_version> next_version;
};

}  // namespace sluice::store
