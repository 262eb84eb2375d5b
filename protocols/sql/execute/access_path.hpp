// Which part of a table a statement has to read: conditions of the form column op value become key
// ranges of the primary key or of an index. Conditions are still tried on every row; a path only
// leaves out rows that cannot fulfil them. Pure but for evaluating the values. Thread rule: the
// run's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocols/sql/execute/table_shape.hpp"

namespace sluice::sql {

struct access_path {
    shape_index const* index = nullptr;  // null or primary: ranges of the table itself
    std::vector<store::row_range> ranges;  // ascending, apart; none: nothing can fulfil
    bool whole = true;                     // everything: ranges is one unbounded
    bool points = false;  // each range is one key: every key column of a unique index is given
    std::vector<std::string> keys;  // with points: the keys
};

// `self`: the relation number of the table in the conditions. Values are evaluated over `seen`;
// a condition whose other side reads `self` or relations past `ready` is not used.
sql_result<access_path> choose_path(table_shape const& shape, std::uint32_t self,
                                    std::vector<expression_ptr> const& conditions,
                                    frame const& seen, statement_run& run);

// Before anything is evaluated: would the path be points of the primary key? (Whatever the values.)
bool has_primary_points(table_shape const& shape, std::uint32_t self,
                        std::vector<expression_ptr> const& conditions);

// `column = value` with a column of `self` whose key bytes are equal exactly when the values are,
// and a value that reads no row.
struct key_equality {
    std::int16_t column = 0;
    expression const* value = nullptr;
};
std::optional<key_equality> key_equality_of(expression const& condition, std::uint32_t self);
// Appends a key column; false: no row can have this value there (NULL, out of the type's range).
bool append_key_point(type_oid column, datum const& value, std::string& key);

}  // namespace sluice::sql
