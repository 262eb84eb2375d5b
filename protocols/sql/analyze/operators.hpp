// Operators: which one a name and its operand types mean (manual 10.2), and the calls made of them.
#pragma once

#include <string_view>
#include <vector>

#include "protocols/sql/analyze/context.hpp"

namespace sluice::sql {

// `left` null: a prefix operator. With position of the operator for errors.
outcome<expression_ptr> make_operation(analysis_context&, syntax::qualified_name const& name,
                                       expression_ptr left, expression_ptr right,
                                       std::int32_t position);
// left op ANY/ALL (array)
outcome<expression_ptr> make_array_comparison(analysis_context&, syntax::qualified_name const&,
                                              bool any, expression_ptr left, expression_ptr array,
                                              std::int32_t position);
// The infix operator that a name means for these types; an error of its own where there is none.
outcome<operator_row const*> find_operator(analysis_context&, syntax::qualified_name const& name,
                                           type_oid left, type_oid right, std::int32_t position);
// Exact or binary-coercible only; null: none.
operator_row const* compatible_operator(analysis_context const&, std::string_view name,
                                        type_oid left, type_oid right);

// What ORDER BY, GROUP BY, DISTINCT and set operations use for a type.
struct sort_operators {
    operator_row const* less = nullptr;
    operator_row const* equal = nullptr;
    operator_row const* greater = nullptr;
};
sort_operators find_sort_operators(analysis_context const&, type_oid type);
sql_error no_ordering(analysis_context const&, type_oid type, std::int32_t position);
sql_error no_equality(analysis_context const&, type_oid type, std::int32_t position);

// Chooses among candidates of equal argument count (also for functions): null when none or several
// remain; `several` tells which.
struct argument_list {
    std::vector<type_oid> types;
    std::size_t index = 0;
};
std::vector<argument_list> coercible_candidates(analysis_context const&,
                                                std::vector<type_oid> const& actual,
                                                std::vector<argument_list> candidates);
std::vector<argument_list> best_candidates(analysis_context const&,
                                           std::vector<type_oid> const& actual,
                                           std::vector<argument_list> candidates);

}  // namespace sluice::sql
