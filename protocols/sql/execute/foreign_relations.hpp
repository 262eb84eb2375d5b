// What topics, buckets and the audit log are as relations of SQL: names and types of their columns,
// the same for every topic and every bucket. Pure functions, any thread.
//
// Oids are made of dataset ids, so that one topic or bucket has the same oid in all sessions and
// never meets an oid of the catalog, which counts up from 16384.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "protocols/sql/catalog/objects.hpp"

namespace sluice::sql {

inline constexpr std::string_view audit_topic = "__audit";

// Indexes into relation::columns, and so into a row's values.
namespace topic_columns {
enum : std::size_t { partition, offset, timestamp, timestamp_type, key, value, headers, count };
}
namespace bucket_columns {
enum : std::size_t {
    key,
    size,
    last_modified,
    etag,
    content_type,
    content_encoding,
    content_disposition,
    content_language,
    cache_control,
    metadata,
    content,
    count
};
}
namespace audit_columns {
enum : std::size_t {
    offset,
    time,
    protocol,
    principal,
    on_behalf_of,
    auth_method,
    credential_id,
    client_address,
    operation,
    verb,
    action_class,
    resource_kind,
    resource,
    decision,
    rule,
    status,
    decisions,
    bytes,
    rows,
    request_id,
    policy_epoch,
    count
};
}

// Null: the id is past what an oid can say.
relation_ptr topic_relation(std::string name, dataset_id topic, principal_id owner = {});
relation_ptr bucket_relation(std::string name, dataset_id bucket, principal_id owner = {});
relation_ptr audit_relation();  // audit.events

inline bool is_foreign(relation const& of) noexcept {
    return of.kind == relation_kind::topic || of.kind == relation_kind::bucket ||
           of.kind == relation_kind::audit;
}

// A column that the statement reads: `read` as range_entry has it, empty means all.
inline bool reads_column(std::vector<bool> const& read, std::size_t column) noexcept {
    return column >= read.size() || read[column];
}

}  // namespace sluice::sql
