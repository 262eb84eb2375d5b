// GROUP BY and aggregates: rows in, groups out. A group is a row of its first members' boxes with
// the values of its aggregate calls beside it; expressions over grouped columns read the boxes,
// which hold equal values by definition.
//
// Grouping sets run one after the other over the kept rows. Lifetime and thread rule: the run's.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "protocols/sql/execute/query_rows.hpp"

namespace sluice::sql {

struct row_group {
    row_boxes rows;  // of the first member; all null for the group of no rows
    std::unordered_map<expression const*, datum> computed;
    std::vector<std::uint64_t> absent;  // grouped columns that this set does not have
};

// All groups in order of their first members. HAVING is applied.
// What they hold is counted in `tally`.
sql_result<std::vector<row_group>> make_groups(frame& seen, tuple_stream& from, statement_run& run,
                                               memory_tally& tally);

// Shared with windows: an aggregate call's rows, stepped with FILTER, DISTINCT and ORDER BY.
class aggregate_input {
public:
    static sql_result<aggregate_input> start(expression const& node, statement_run& run);
    sql_result<void> step(frame const& seen, statement_run& run);
    // Once; the answer is counted in place of what was kept for it.
    sql_result<datum> finish(statement_run& run, memory_tally& tally);

private:
    struct pending {
        sql_row arguments, keys;
    };
    sql_result<void> feed(std::span<datum const> arguments, statement_run& run);
    sql_result<void> keep(std::size_t bytes);

    expression const* node_ = nullptr;
    aggregate_call const* call_ = nullptr;
    std::unique_ptr<running_aggregate> state_;
    std::unique_ptr<memory_tally> kept_;
    std::vector<sort_spec> order_;
    std::vector<pending> rows_;
    std::unordered_multimap<std::uint64_t, sql_row> seen_;
    std::vector<type_oid> types_;
};

}  // namespace sluice::sql
