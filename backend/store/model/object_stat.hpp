// An object's metadata, and the ids that only name things of this module. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backend/store/model/attributes.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/ids.hpp"

namespace sluice::store {

using sluice::object_version;
using sluice::upload_id;

struct object_stat {
    std::string key;
    dataset_id bucket{};
    object_version version{};         // 0: the null version
    std::uint64_t size = 0;           // bytes
    std::string etag;                 // text without quotes
    unix_millis last_modified{};
    object_attributes attributes;
    lsn changed{};                    // commit that wrote it
    std::uint32_t part_count = 0;     // 0: not made by a multipart upload
    bool is_versioned = false;        // its bucket keeps or kept versions: protocols tell `version`
    bool is_delete_marker = false;
    bool is_latest = true;            // set by listings of versions
    // Set by a copy: its source's version, if the source's bucket keeps or kept versions.
    std::optional<object_version> copied_from{};
};

// One part of an object that a multipart upload made, in order; `number` as uploaded.
struct object_part {
    std::uint32_t number = 0;
    std::uint64_t offset = 0;         // within the object
    std::uint64_t size = 0;
    std::vector<object_checksum> checksums;
};

}  // namespace sluice::store
