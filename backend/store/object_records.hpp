// The records of buckets, objects, uploads and parts (bytes: gateway/design/0005-store.md). Each
// starts with 8 bytes for its commit LSN, filled by the committer; encode() leaves them 0
// (mutation_batch::put_stamped).
//
// Pure functions, any thread. Decoders answer `corrupt`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backend/store/model/bucket_info.hpp"
#include "backend/store/model/object_stat.hpp"
#include "backend/store/model/upload_info.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

struct bucket_record {
    lsn changed{};
    dataset_id id{};
    principal_id owner{};
    unix_millis created{};
    std::string settings;
    versioning versions = versioning::never;
    std::string access;                  // bucket_info::access
};
std::string encode(bucket_record const&);
result<bucket_record> decode_bucket(std::string_view);
bucket_info describe(std::string name, bucket_record&&);

struct object_record {
    lsn changed{};
    std::uint64_t size = 0;              // of the object
    std::uint64_t stored = 0;            // of its payload: another number where that is encrypted
    unix_millis modified{};
    std::string etag;
    std::string attributes;              // encoded
    std::uint32_t part_count = 0;
    upload_id upload{};                  // that made it; 0: none
    payload_id payload{};                // 0: the bytes are in the record
    std::string bytes;
    bool is_delete_marker = false;       // without bytes
    bool is_null = false;                // the null version, under a number of its own
};
std::string encode(object_record const&);
result<object_record> decode_object(std::string_view);
// Without the bytes that are in the record: for listings.
result<object_record> decode_object_description(std::string_view);
// The value under kv::key_space::null_version.
std::string encode_null_version(object_version);
result<object_version> decode_null_version(std::string_view);
// Without the attributes: they stay encoded.
object_stat describe(dataset_id, std::string key, object_version, object_record const&);
// With them.
result<object_stat> describe_fully(dataset_id, std::string key, object_version,
                                   object_record const&);

struct upload_record {
    lsn changed{};
    principal_id initiator{};
    unix_millis created{};
    std::string attributes;              // encoded
};
std::string encode(upload_record const&);
result<upload_record> decode_upload(std::string_view);

struct part_record {
    lsn changed{};
    std::uint64_t size = 0;              // as of object_record
    std::uint64_t stored = 0;
    unix_millis modified{};
    std::string etag;
    payload_id payload{};                // 0: no bytes
    std::vector<object_checksum> checksums;
};
std::string encode(part_record const&);
result<part_record> decode_part(std::string_view);
part_info describe(std::uint32_t number, part_record&&);

}  // namespace sluice::store
