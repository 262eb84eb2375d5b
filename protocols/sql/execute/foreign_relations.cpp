#include "protocols/sql/execute/foreign_relations.hpp"

#include <span>

#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

constexpr std::uint32_t first_oid = 0x8000'0000;
constexpr std::uint64_t last_dataset = 0x7fff'ffff;
constexpr object_oid audit_oid{15004};  // beside the schemas of schema_oids

struct column_row {
    char const* name;
    type_oid type;
    bool not_null;
};

constexpr column_row of_topics[]{
    {"_partition", oid::int4, true},      {"_offset", oid::int8, true},
    {"_timestamp", oid::timestamptz, false}, {"_timestamp_type", oid::text, true},
    {"_key", oid::bytea, false},          {"_value", oid::bytea, false},
    {"_headers", oid::jsonb, true},
};
static_assert(std::size(of_topics) == topic_columns::count);

constexpr column_row of_buckets[]{
    {"key", oid::text, true},
    {"size", oid::int8, true},
    {"last_modified", oid::timestamptz, true},
    {"etag", oid::text, true},
    {"content_type", oid::text, false},
    {"content_encoding", oid::text, false},
    {"content_disposition", oid::text, false},
    {"content_language", oid::text, false},
    {"cache_control", oid::text, false},
    {"metadata", oid::jsonb, true},
    {"content", oid::bytea, true},
};
static_assert(std::size(of_buckets) == bucket_columns::count);

constexpr column_row of_audit[]{
    {"_offset", oid::int8, true},
    {"time", oid::timestamptz, true},
    {"protocol", oid::text, false},
    {"principal", oid::text, false},
    {"on_behalf_of", oid::text_array, true},
    {"auth_method", oid::text, false},
    {"credential_id", oid::text, false},
    {"client_address", oid::text, false},
    {"operation", oid::text, false},
    {"verb", oid::text, false},
    {"class", oid::text, false},
    {"resource_kind", oid::text, false},
    {"resource", oid::text, false},
    {"decision", oid::text, false},
    {"rule", oid::text, false},
    {"status", oid::text, false},
    {"count", oid::int8, true},
    {"bytes", oid::int8, true},
    {"rows", oid::int8, true},
    {"request_id", oid::text, false},
    {"policy_epoch", oid::int8, false},
};
static_assert(std::size(of_audit) == audit_columns::count);

relation_ptr made(std::string name, object_oid oid, object_oid schema, relation_kind kind,
                  dataset_id dataset, principal_id owner, std::span<column_row const> columns) {
    auto out = std::make_shared<relation>();
    out->maker = owner;
    out->oid = oid;
    out->schema = schema;
    out->name = std::move(name);
    out->kind = kind;
    out->dataset = dataset;
    for (auto const& row : columns) {
        column each;
        each.number = static_cast<std::int16_t>(out->columns.size() + 1);
        each.name = row.name;
        each.type = {row.type, -1};
        each.not_null = row.not_null;
        out->columns.push_back(std::move(each));
    }
    return out;
}

std::optional<object_oid> oid_of(dataset_id dataset) {
    auto const number = to_underlying(dataset);
    if (number > last_dataset) return std::nullopt;
    return object_oid{first_oid + static_cast<std::uint32_t>(number)};
}

}  // namespace

relation_ptr topic_relation(std::string name, dataset_id topic, principal_id owner) {
    auto const oid = oid_of(topic);
    if (!oid) return nullptr;
    return made(std::move(name), *oid, schema_oids::topics, relation_kind::topic, topic, owner,
                of_topics);
}

relation_ptr bucket_relation(std::string name, dataset_id bucket, principal_id owner) {
    auto const oid = oid_of(bucket);
    if (!oid) return nullptr;
    return made(std::move(name), *oid, schema_oids::objects, relation_kind::bucket, bucket, owner,
                of_buckets);
}

relation_ptr audit_relation() {
    static relation_ptr const events =
        made("events", audit_oid, schema_oids::audit, relation_kind::audit, {}, {}, of_audit);
    return events;
}

}  // namespace sluice::sql
