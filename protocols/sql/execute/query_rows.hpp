// A query as a pull stream of result rows: FROM and WHERE (tuple_stream), then grouping, windows,
// set-returning targets, DISTINCT, ORDER BY, LIMIT, set operations and WITH, by PostgreSQL's rules.
// What can stream does; what must be kept is counted against the run's memory.
//
// Rows have the visible targets in order. Lifetime: query, outer frame and run outlive the stream.
// Thread rule: the run's.
#pragma once

#include <memory>

#include "protocols/sql/execute/run_frame.hpp"
#include "protocols/sql/execute/tuple_stream.hpp"
#include "protocols/sql/functions/function_table.hpp"

namespace sluice::sql {

class result_rows {
public:
    virtual ~result_rows() = default;
    virtual sql_result<bool> next(sql_row& out) = 0;
    // The frame of the row last given, where one row of FROM stands behind it (locking, UPDATE
    // FROM); null for groups and sets.
    virtual frame const* origin() const { return nullptr; }
};
using result_rows_ptr = std::unique_ptr<result_rows>;

sql_result<result_rows_ptr> open_query(query const& body, frame const* outer, statement_run& run);

// The rows of WITH query `index` of that level; run once per frame.
sql_result<std::shared_ptr<row_boxes const>> rows_of_common_table(frame const& level,
                                                                  std::uint32_t index,
                                                                  statement_run& run);

sql_result<std::unique_ptr<row_set>> start_set_call(function_call const& call, sql_type result,
                                                    frame const& seen, statement_run& run);

// 0 or more; -1: no limit. 2201W, 2201X.
sql_result<std::int64_t> row_count_of(expression_ptr const& of, bool is_limit, frame const& seen,
                                      statement_run& run);

// A row as a sort sees it.
struct sort_spec {
    type_oid type{};
    bool descending = false, nulls_first = false;
};
sql_result<std::vector<sort_spec>> sort_specs_of(std::vector<sort_key> const& keys,
                                                 type_catalog const* types);
int compare_keys(std::vector<sort_spec> const& specs, sql_row const& left, sql_row const& right,
                 type_catalog const* types);

// Equal by "not distinct from", for DISTINCT, GROUP BY and set operations.
class row_identity {
public:
    row_identity(std::vector<type_oid> types, type_catalog const* catalog)
        : types_(std::move(types)), catalog_(catalog) {}
    std::uint64_t hash(sql_row const& row) const;
    bool same(sql_row const& left, sql_row const& right) const;
    sql_result<void> check() const;  // 42883 for a type without equality

private:
    std::vector<type_oid> types_;
    type_catalog const* catalog_;
};

}  // namespace sluice::sql
