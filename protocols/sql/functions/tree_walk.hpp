// Visits the direct children of an expression node (not those inside subqueries).
#pragma once

#include "protocols/sql/tree.hpp"

namespace sluice::sql {

template <class Visit>
class child_walk {
public:
    explicit child_walk(Visit& visit) : visit_(visit) {}

    void operator()(function_call const& n) { all(n.arguments); }
    void operator()(set_returning_call const& n) { all(n.call.arguments); }
    void operator()(coercion const& n) { one(n.operand), one(n.element); }
    void operator()(boolean_operation const& n) { all(n.operands); }
    void operator()(null_test const& n) { one(n.operand); }
    void operator()(boolean_test const& n) { one(n.operand); }
    void operator()(distinct_test const& n) { one(n.left), one(n.right); }
    void operator()(null_if const& n) { one(n.left), one(n.right); }
    void operator()(coalesce const& n) { all(n.operands); }
    void operator()(extremum const& n) { all(n.operands); }
    void operator()(case_when const& n) {
        one(n.argument);
        for (auto const& [condition, value] : n.branches) one(condition), one(value);
        one(n.otherwise);
    }
    void operator()(row_comparison const& n) { all(n.left), all(n.right); }
    void operator()(array_comparison const& n) { one(n.left), one(n.array); }
    void operator()(array_constructor const& n) { all(n.elements); }
    void operator()(array_subscript const& n) {
        one(n.array);
        for (auto const& each : n.subscripts) one(each.lower), one(each.upper);
    }
    void operator()(row_constructor const& n) { all(n.fields); }
    void operator()(field_selection const& n) { one(n.row); }
    void operator()(subquery_expression const& n) { all(n.left); }
    void operator()(aggregate_call const& n) {
        all(n.arguments);
        for (auto const& each : n.order) one(each.value);
        one(n.filter);
    }
    void operator()(window_call const& n) { all(n.arguments), one(n.filter); }
    void operator()(grouping_call const& n) { all(n.arguments); }
    template <class Leaf>
    void operator()(Leaf const&) {}

private:
    void one(expression_ptr const& child) {
        if (child) visit_(*child);
    }
    void all(std::vector<expression_ptr> const& children) {
        for (auto const& each : children) one(each);
    }
    Visit& visit_;
};

template <class Visit>
void for_each_child(expression const& node, Visit visit) {
    std::visit(child_walk<Visit>(visit), node.node);
}

}  // namespace sluice::sql
