// FROM and WHERE of one query as pull streams: each next() leaves the next combination of rows in
// the query's frame. Inner joins and comma lists go left to right as written, conditions are tried
// as soon as all they read is there, equal values are found by hashing.
//
// Lifetime: frame, query and run outlive the stream. Thread rule: the run's.
#pragma once

#include <memory>
#include <vector>

#include "protocols/sql/plan/expression_walk.hpp"
#include "protocols/sql/execute/run_frame.hpp"

namespace sluice::sql {

class tuple_stream {
public:
    virtual ~tuple_stream() = default;
    // False: no more.
    virtual sql_result<bool> next() = 0;
    // From the start again, with the frame's rows as they are now (LATERAL).
    virtual sql_result<void> rewind() = 0;
};
using tuple_stream_ptr = std::unique_ptr<tuple_stream>;

// The whole FROM and WHERE of seen.body.
sql_result<tuple_stream_ptr> open_from(frame& seen, statement_run& run);

// One range table entry into its place of the frame; `conditions` read only it and levels outside
// (and what LATERAL lets it see).
sql_result<tuple_stream_ptr> open_entry(std::uint32_t relation,
                                        std::vector<expression_ptr> conditions, frame& seen,
                                        statement_run& run);

// Rows of one side kept and looked up by the values that the conditions make equal.
struct join_parts {
    join_node::kind what = join_node::kind::inner;
    tuple_stream_ptr left, right;
    std::vector<std::uint32_t> left_relations, right_relations;
    std::vector<expression_ptr> conditions;
    bool lateral = false;  // the right side is opened again for each left row
};
tuple_stream_ptr make_join(join_parts parts, frame& seen, statement_run& run);
tuple_stream_ptr make_filter(tuple_stream_ptr from, std::vector<expression_ptr> conditions,
                             frame& seen, statement_run& run);

// left = right of one hashable type: which side reads only `left`, which only `right` relations.
struct equal_pair {
    expression_ptr left, right;
    type_oid type{};
};
bool is_equality(expression const& condition, relation_set left, relation_set right,
                 equal_pair& out);

}  // namespace sluice::sql
