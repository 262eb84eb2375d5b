// Catalog objects as records of the store (kind "sql"): one record per object, written with the
// commit of the DDL and read back at start. Values are versioned; older versions stay readable.
//
//   value = version u8 | object kind u8 | fields in order (integers LE or varint, text sized)
//   id    = "relation/0000016385", "schema/...", "type/...", "function/...", "role/...", "head"
// `head` holds the next oid and the catalog version; its expectation serialises DDL. Pure
// functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "backend/store/model/records.hpp"
#include "gateway/core/result.hpp"
#include "protocols/sql/catalog/catalog.hpp"

namespace sluice::sql {

inline constexpr std::string_view catalog_record_kind = "sql";

struct catalog_head {
    object_oid next_oid = first_user_oid;
    std::uint64_t version = 1;
    std::string database_name;
};

std::string encode_record(schema const&);
std::string encode_record(relation const&);
std::string encode_record(user_type const&);
std::string encode_record(user_function const&);
std::string encode_record(role const&);
std::string encode_record(catalog_head const&);

using catalog_object = std::variant<schema, relation, user_type, user_function, role, catalog_head>;
// malformed: not a record of ours; unsupported: written by a newer version.
result<catalog_object> decode_record(std::string_view value);

std::string record_id(catalog_builder::change const&);

// The record changes of a DDL transaction, the head included.
std::vector<store::record_change> record_changes(catalog_builder const&, lsn head_changed);

// The snapshot of all records found at start (any order).
result<catalog_ptr> load_catalog(std::vector<store::stored_record> const& records);

}  // namespace sluice::sql
