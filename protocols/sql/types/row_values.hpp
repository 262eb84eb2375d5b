// Values between the executor and the store: which physical kind a column of a type has, and datum
// <-> column_value. Key columns of numeric, arrays and such pass an ordered form as bytes (the key
// cannot be turned back: rows hold the value itself). Bytes: gateway/design/0008-tables.md.
#pragma once

#include "backend/store/model/row_codec.hpp"
#include "protocols/sql/sql_error.hpp"
#include "protocols/sql/types/type_io.hpp"

namespace sluice::sql {

// Text, numeric, json, arrays, ...: bytes. Types that are not served: bytes too (never stored).
store::column_kind column_kind_of(type_oid) noexcept;

// A null datum is monostate. Arrays and records are written in PostgreSQL's binary form, jsonb as
// its text.
store::column_value to_column_value(type_oid, datum const&, io_context const&);
// 22P03/XX001 where stored bytes are not of the type.
sql_result<datum> from_column_view(type_oid, store::column_view const&, io_context const&);

// As part of a primary or index key: compares by bytes as compare_values does. Not every type can
// be a key yet: false.
bool can_be_key(type_oid) noexcept;
store::column_kind key_kind_of(type_oid) noexcept;
store::column_value to_key_value(type_oid, datum const&);

// PostgreSQL's order of numeric as bytes; 1.0 and 1.00 give the same.
std::string ordered_numeric(std::string_view numeric);

}  // namespace sluice::sql
