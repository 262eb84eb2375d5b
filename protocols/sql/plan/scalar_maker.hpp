// Expressions as scalars of the engine's plan. What the engine is proven to compute as PostgreSQL
// does becomes built-ins; everything else becomes a call of our own evaluator over the columns it
// reads. Used for one level at one point of the plan.
#pragma once

#include "protocols/sql/plan/engine_environment.hpp"

namespace sluice::sql::engine {

class scalar_maker {
public:
    scalar_maker(environment& with, query_level const& at, row_view const& row)
        : with_(with), at_(at), row_(row) {}

    // Null: not for the engine (it reads an outer level, a whole row, ...).
    relational::scalar_ptr make(expression_ptr const& of);
    // What equality, groups and DISTINCT look at, and what an order looks at. Null: the type has no
    // order that the engine can be given.
    relational::scalar_ptr equal_form(relational::scalar_ptr value, type_oid type);
    relational::scalar_ptr sort_form(relational::scalar_ptr value, type_oid type);
    // The conjunction. Conditions that may fail are tried in the order they are written in, after
    // those before them. `failed`: one of them is not for the engine.
    relational::scalar_ptr all(std::vector<expression_ptr> const& conditions, bool& failed);

private:
    relational::scalar_ptr own(expression_ptr const& of);
    bool leaves_of(expression const& node, std::vector<leaf>& out);
    bool leaves_below(query const& body, std::vector<leaf>& out);
    bool note_column(column_reference const& column, std::uint32_t depth, std::vector<leaf>& out);
    relational::scalar_ptr built_in(expression_ptr const& of);
    relational::scalar_ptr keyed(relational::scalar_ptr value, type_oid type);
    relational::scalar_ptr constant_of(expression const& of);

    relational::scalar_ptr of_call(function_call const& call, sql_type type);
    relational::scalar_ptr comparison(relational::builtin what, expression_ptr const& left,
                                 expression_ptr const& right);
    relational::scalar_ptr arithmetic(function_call const& call, relational::builtin what, sql_type type);
    relational::scalar_ptr list_of_built_ins(relational::builtin what,
                                        std::vector<expression_ptr> const& operands,
                                        relational::value_type type);
    relational::scalar_ptr of_node(column_reference const& node, expression const& self);
    relational::scalar_ptr of_node(coercion const& node, expression const& self);
    relational::scalar_ptr of_node(boolean_operation const& node, expression const& self);
    relational::scalar_ptr of_node(null_test const& node, expression const& self);
    relational::scalar_ptr of_node(boolean_test const& node, expression const& self);
    relational::scalar_ptr of_node(distinct_test const& node, expression const& self);
    relational::scalar_ptr of_node(coalesce const& node, expression const& self);
    relational::scalar_ptr of_node(case_when const& node, expression const& self);
    relational::scalar_ptr of_node(array_comparison const& node, expression const& self);

    environment& with_;
    query_level const& at_;
    row_view const& row_;
};

// Whether evaluating it can end in an error, by what is known of the functions it calls.
bool cannot_fail(expression const& of);
// =, <>, <, ... of one default order by the function's C name.
std::optional<relational::builtin> comparison_of(object_oid function);
// Calls a volatile function anywhere.
bool is_volatile(expression const& of);
bool is_volatile(query const& of);

}  // namespace sluice::sql::engine
