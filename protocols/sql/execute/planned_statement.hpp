// A prepared statement as the session hands it out: the typed tree with what the executor found out
// about it once. statement_ptr of a session always points to one of these.
// Immutable, shared; belongs to the session that made it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocols/sql/execute/table_shape.hpp"
#include "protocols/sql/parse/syntax.hpp"
#include "protocols/sql/statements.hpp"

namespace sluice::sql {

// SELECT of plain columns of one table, WHERE its primary key equals parameters and constants and
// nothing else: what it needs is known before it runs (point_select.hpp).
struct point_plan {
    relation_ptr table;
    std::string name;                      // for the policy
    std::vector<expression const*> key;    // of each key column: a parameter or constant
    std::vector<std::uint32_t> columns;    // of the row, as given out
};

struct planned_statement final : analysed_statement {
    std::int32_t offset = 0;            // of its text in the query string
    std::vector<type_oid> given_types;  // for analysing again
    syntax::statement_ptr written;      // the same; null: made from a part of another statement
    bool tentative = false;  // analysed against definitions that are not committed
    // Relations it reads anywhere, each once: decided before it runs.
    std::vector<relation_ptr> read_relations;
    // WHERE of a single-table statement, split; for the native plans.
    std::vector<expression_ptr> conditions;
    // SELECT, UPDATE or DELETE of one table by its whole primary key, without subqueries: runs on
    // the session's thread.
    bool by_primary_key = false;
    table_shape_ptr shape;        // of the one table, with by_primary_key
    std::optional<point_plan> point;
    bool calls_volatile = false;  // sequences and the like: evaluated where blocking is allowed
    // SELECT without FROM of nothing that could take time, whatever its values are: no texts,
    // arrays, numerics or JSON are computed. Runs on the session's thread.
    bool is_brief = false;
};
using planned_ptr = std::shared_ptr<planned_statement const>;

inline planned_statement const& plan_of(statement_ptr const& statement) {
    return static_cast<planned_statement const&>(*statement);
}

class session_context;

sql_result<planned_ptr> plan_statement(analysed_statement const& analysed, std::int32_t offset,
                                       std::vector<type_oid> given, session_context& session,
                                       syntax::statement_ptr written = nullptr);

}  // namespace sluice::sql
