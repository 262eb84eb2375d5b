// INSERT, UPDATE and DELETE.
#pragma once

#include "protocols/sql/analyze/scope.hpp"

namespace sluice::sql {

using data_body = decltype(analysed_statement::body);
struct data_result {
    data_body body;
    std::vector<result_column> columns;
};
outcome<data_result> analyze_insert(analysis_context&, syntax::insert const&);
outcome<data_result> analyze_update(analysis_context&, syntax::update const&);
outcome<data_result> analyze_delete(analysis_context&, syntax::erase const&);

// ---- assignment.cpp: values into columns
outcome<relation_ptr> writable_table(analysis_context&, syntax::table_ref const&, char const* verb);
outcome<column const*> assigned_column(relation const&, syntax::target_item const&);
// 42804 "column "a" is of type integer but expression is of type text"
outcome<expression_ptr> coerce_assigned(analysis_context&, column const&, expression_ptr value);
// What a column gets when nothing is given: its default, or null.
outcome<expression_ptr> column_default(analysis_context&, relation const&, column const&);
// The expression of a generated column over relation 0.
outcome<expression_ptr> generated_value(analysis_context&, relation const&, column const&);
struct assignment {
    std::int16_t number = 0;
    expression_ptr value;
};
outcome<std::vector<assignment>> analyze_assignments(scope&, relation const&,
                                                     std::vector<syntax::target_item> const&);
// ---- conflict.cpp
outcome<insert_statement::conflict> analyze_conflict(scope&, relation_ptr const&,
                                                     syntax::conflict_clause const&);

}  // namespace sluice::sql
