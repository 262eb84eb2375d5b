// Walking and rebuilding typed expressions: children, equality, levels. Pure.
#pragma once

#include <functional>

#include "protocols/sql/tree.hpp"

namespace sluice::sql {

// Each expression directly below; not into subqueries.
void for_each_child(expression const&, std::function<void(expression_ptr const&)> const&);
// The same shape and the same references (positions do not count). Subqueries: the same object.
bool same_expression(expression const&, expression const&);
// References to this level become references from `by` levels further inside.
expression_ptr raise_levels(expression_ptr const&, std::uint32_t by);
// True as soon as `test` is for a node (not into subqueries).
bool any_of(expression const&, std::function<bool(expression const&)> const& test);
// References to columns `levels` outside of this expression, in subqueries too (there further out).
void for_each_outer_reference(
    expression const&, std::uint32_t level,
    std::function<void(column_reference const&, std::int32_t position)> const&);
void for_each_outer_reference(
    query const&, std::uint32_t level,
    std::function<void(column_reference const&, std::int32_t position)> const&);

}  // namespace sluice::sql
