// SELECT in all its forms to a query of the typed tree.
#pragma once

#include <vector>

#include "protocols/sql/analyze/scope.hpp"

namespace sluice::sql {

struct query_options {
    bool resolve_unknowns = true;  // untyped literals in the result become text
};
outcome<query_ptr> analyze_query(analysis_context&, scope* parent, syntax::select const&,
                                 query_options options = {});
// Names and types of a query's visible columns.
std::vector<result_column> columns_of(query const&);
std::vector<expression_ptr> visible_values(query const&);

// ---- ctes.cpp
outcome<void> analyze_with(scope&, syntax::with_clause const&);
// The common table that a name means; null: none. `levels` out.
visible_table* find_common_table(scope&, std::string_view name, std::uint32_t& levels);

// ---- from.cpp
outcome<std::vector<from_item>> analyze_from(scope&, std::vector<syntax::from_ptr> const&);
outcome<std::uint32_t> add_table(scope&, relation_ptr const&, syntax::table_ref const&,
                                 std::string alias);
// A view's own query, analysed with its own path.
outcome<query_ptr> expand_view(analysis_context&, relation const& view, std::int32_t position);
// The item of an entry: its columns under their names.
namespace_item item_of(scope const&, std::uint32_t entry);
outcome<void> check_new_item(scope&, std::string const& name);

// ---- targets.cpp
outcome<std::vector<target>> analyze_targets(scope&, std::vector<syntax::target_item> const&,
                                             place);
outcome<void> resolve_unknown_targets(scope&, std::vector<target>&);
void mark_origin(scope const&, target&);

// ---- values.cpp
outcome<query_ptr> analyze_values(analysis_context&, scope* parent, syntax::select const&);

// ---- set_operations.cpp
outcome<query_ptr> analyze_set_operation(analysis_context&, scope* parent, syntax::select const&,
                                         query_options);
// The query with its columns coerced to these types (wrapped where it must be).
outcome<query_ptr> coerce_columns(analysis_context&, query_ptr, std::vector<sql_type> const&);
// Types of the combined columns of two sides.
outcome<std::vector<sql_type>> combined_types(analysis_context&, query const& left,
                                              query const& right, char const* construct);

// ---- grouping.cpp
outcome<void> check_grouping(scope&, query& body);

}  // namespace sluice::sql
