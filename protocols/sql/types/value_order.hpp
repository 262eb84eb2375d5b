// Order, equality and hash of values of one type: what =, <, ORDER BY, DISTINCT, GROUP BY, btree
// keys mean for it in PostgreSQL, text by bytes (collation C). Neither value is null. A type
// without a default btree class (json, point, xml) has none: 42883 from can_order / can_hash false.
// Any thread.
#pragma once

#include <cstdint>

#include "protocols/sql/types/type_io.hpp"

namespace sluice::sql {

bool can_order(type_oid, type_catalog const*) noexcept;
bool can_hash(type_oid, type_catalog const*) noexcept;

// <0, 0, >0. Precondition: can_order.
int compare_values(type_oid, datum const& left, datum const& right, type_catalog const* = nullptr);
bool values_equal(type_oid, datum const& left, datum const& right, type_catalog const* = nullptr);
// Equal values have equal hashes (1.0 and 1.00, 'a' and 'a ' as bpchar, -0 and 0). Not PostgreSQL's
// hash and not stable across versions: never stored.
std::uint64_t hash_value(type_oid, datum const&, type_catalog const* = nullptr);

}  // namespace sluice::sql
