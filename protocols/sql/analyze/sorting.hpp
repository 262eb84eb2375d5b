// ORDER BY, GROUP BY, DISTINCT and LIMIT: what an item means (output name, position, expression).
#pragma once

#include <string>
#include <vector>

#include "protocols/sql/analyze/scope.hpp"

namespace sluice::sql {

// ORDER BY of a query: finds or adds (hidden) targets.
outcome<std::vector<sort_key>> analyze_order(scope&, std::vector<syntax::sort_by> const&,
                                             std::vector<target>& targets, place);
outcome<std::vector<sort_key>> aggregate_order(scope&, std::vector<syntax::sort_by> const&);
// ORDER BY and PARTITION BY of windows: expressions only (SQL99).
outcome<std::vector<sort_key>> window_order(scope&, std::vector<syntax::sort_by> const&,
                                            std::vector<target>& targets);
// The expression that a GROUP BY or DISTINCT ON item means.
outcome<expression_ptr> target_expression(scope&, syntax::expr_ptr const&,
                                          std::vector<target>& targets, place, char const* clause);
outcome<expression_ptr> analyze_limit(scope&, syntax::expr_ptr const&, place, char const* clause);
outcome<void> analyze_distinct(scope&, syntax::select const&, query&);
outcome<void> analyze_group_by(scope&, std::vector<syntax::grouping_item> const&, query&);

}  // namespace sluice::sql
