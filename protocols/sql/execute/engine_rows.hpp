// Which executor makes a query's rows. The native one is right for everything; the read engine is
// asked where it is worth its floor: joins, groups, windows, DISTINCT, sorts and sets over tables
// that hold at least limits.sql_native_rows rows together (estimated), when the whole query is
// proven for it (plan/query_maker.hpp). Whatever the engine cannot do, before its first rows, runs
// natively.
//
// Lifetime and thread rule: open_query's.
#pragma once

#include "protocols/sql/execute/query_rows.hpp"

namespace sluice::sql {

struct engine_use;

// `use` null, or `outer` given: natively.
sql_result<result_rows_ptr> open_rows(query const& body, frame const* outer, statement_run& run,
                                      engine_use* use);

}  // namespace sluice::sql
