// Expressions of the syntax tree to typed expressions in a scope.
#pragma once

#include <string_view>
#include <vector>

#include "protocols/sql/analyze/scope.hpp"

namespace sluice::sql {

outcome<expression_ptr> analyze_expr(scope&, syntax::expr_ptr const&);
outcome<expression_ptr> analyze_expr(scope&, syntax::expr_ptr const&, place);
outcome<std::vector<expression_ptr>> analyze_list(scope&, std::vector<syntax::expr_ptr> const&);

// Calls: functions, aggregates, window functions, casts written as calls.
outcome<expression_ptr> analyze_call(scope&, syntax::call const&, std::int32_t position);
// Subqueries in expressions.
outcome<expression_ptr> analyze_sublink(scope&, syntax::sublink const&, std::int32_t position);
// Row-wise comparison of equally long lists.
outcome<expression_ptr> compare_rows(scope&, syntax::qualified_name const& name,
                                     std::vector<expression_ptr> left,
                                     std::vector<expression_ptr> right, std::int32_t position);
outcome<expression_ptr> select_field(scope&, expression_ptr row, std::string const& name,
                                     std::int32_t position);
// Columns of a composite value: from the catalog, a row constructor, a subquery's whole row.
struct record_field {
    std::string name;
    sql_type type;
};
std::vector<record_field> fields_of(scope&, expression const& row);

// The name a result column gets (FigureColname).
std::string column_name_of(syntax::expr const&);

// "aggregate functions are not allowed in WHERE" and the like; empty: allowed there.
std::string aggregates_forbidden(place);
std::string windows_forbidden(place);
std::string set_returning_forbidden(place);
std::string subqueries_forbidden(place);

}  // namespace sluice::sql
