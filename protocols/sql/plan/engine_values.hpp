// How values of SQL types travel through the read engine: their physical kind, what the engine may
// do with them itself, and datum <-> engine value. A type that the engine would not compare as
// PostgreSQL does travels as opaque bytes (its stored form) and, where it has an order, is compared
// by a key of bytes. Pure functions, any thread.
#pragma once

#include "backend/query/plan.hpp"
#include "protocols/sql/sql_error.hpp"
#include "protocols/sql/types/type_io.hpp"

namespace sluice::sql {

// Built-in base types and arrays of them; others are not carried.
bool engine_carries(type_oid) noexcept;
relational::value_type engine_type_of(type_oid) noexcept;

enum class engine_order : std::uint8_t {
    itself,        // compared, grouped and sorted as it is
    itself_equal,  // compared and grouped as it is; sorting would lose the sign of zero: by key
    by_key,
    none,
};
engine_order engine_order_of(type_oid) noexcept;

// Of itself_equal and by_key. Keys compare as compare_values does. The value is not null.
relational::value_type engine_key_type(type_oid) noexcept;
relational::value engine_key_of(type_oid, relational::value const&);

relational::value to_engine(type_oid, datum const&, io_context const&);
sql_result<datum> from_engine(type_oid, relational::value const&, io_context const&);

__int128 wide_of(relational::int128) noexcept;

}  // namespace sluice::sql
