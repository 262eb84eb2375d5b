// Multipart uploads and their parts. Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backend/store/model/object_stat.hpp"

namespace sluice::store {

struct upload_info {
    upload_id id{};
    std::string key;
    dataset_id bucket{};
    principal_id initiator{};
    unix_millis created{};
    object_attributes attributes;     // what the object will have
};

struct part_info {
    std::uint32_t number = 0;
    std::uint64_t size = 0;
    std::string etag;
    unix_millis last_modified{};
    std::vector<object_checksum> checksums;
};

struct part_page {
    std::vector<part_info> parts;     // ascending by number
    bool truncated = false;
    upload_info upload;
};

struct upload_page {
    std::vector<upload_info> uploads; // ascending by (key, id)
    std::vector<std::string> common_prefixes;
    bool truncated = false;
    std::string next_key_after;
    upload_id next_upload_after{};
};

// A part as the client names it when it completes an upload.
struct named_part {
    std::uint32_t number = 0;
    std::string etag;                             // without quotes
    std::vector<object_checksum> checksums;  // must equal the stored ones of the same algorithm
};

}  // namespace sluice::store
