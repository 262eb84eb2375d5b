#include "protocols/sql/analyze/tree_walk.hpp"

#include <algorithm>

namespace sluice::sql {
namespace {

template <class... Ts>
struct overloaded : Ts... {
    using Ts::operator()...;
};
template <class... Ts>
overloaded(Ts...) -> overloaded<Ts...>;

using visitor = std::function<void(expression_ptr const&)>;

void visit_all(std::vector<expression_ptr> const& all, visitor const& visit) {
    for (auto const& each : all)
        if (each) visit(each);
}
void visit_one(expression_ptr const& one, visitor const& visit) {
    if (one) visit(one);
}

bool same(expression_ptr const& a, expression_ptr const& b) {
    if (a == b) return true;
    return a && b && same_expression(*a, *b);
}

// What distinguishes two nodes of one kind besides their children.
bool same_own(constant const& a, constant const& b) {
    if (a.value.index() != b.value.index()) return false;
    return std::visit(overloaded{[&](auto const& value) {
                          return value == std::get<std::decay_t<decltype(value)>>(b.value);
                      }},
                      a.value);
}
bool same_own(parameter const& a, parameter const& b) { return a.number == b.number; }
bool same_own(column_reference const& a, column_reference const& b) {
    return a.levels_up == b.levels_up && a.relation == b.relation && a.column == b.column;
}
bool same_own(whole_row_reference const& a, whole_row_reference const& b) {
    return a.levels_up == b.levels_up && a.relation == b.relation;
}
bool same_own(system_column_reference const& a, system_column_reference const& b) {
    return a.levels_up == b.levels_up && a.relation == b.relation && a.attribute == b.attribute;
}
bool same_own(row_comparison const& a, row_comparison const& b) {
    return a.what == b.what && a.functions == b.functions;
}
bool same_own(function_call const& a, function_call const& b) {
    return a.function == b.function && a.variadic == b.variadic;
}
bool same_own(coercion const& a, coercion const& b) { return a.how == b.how; }
bool same_own(boolean_operation const& a, boolean_operation const& b) { return a.what == b.what; }
bool same_own(null_test const& a, null_test const& b) { return a.is_null == b.is_null; }
bool same_own(boolean_test const& a, boolean_test const& b) { return a.what == b.what; }
bool same_own(distinct_test const& a, distinct_test const& b) { return a.equality == b.equality; }
bool same_own(null_if const& a, null_if const& b) { return a.equality == b.equality; }
bool same_own(extremum const& a, extremum const& b) { return a.greatest == b.greatest; }
bool same_own(array_comparison const& a, array_comparison const& b) {
    return a.function == b.function && a.any == b.any;
}
bool same_own(array_constructor const& a, array_constructor const& b) {
    return a.nested == b.nested;
}
bool same_own(array_subscript const& a, array_subscript const& b) {
    return std::equal(a.subscripts.begin(), a.subscripts.end(), b.subscripts.begin(),
                      b.subscripts.end(), [](auto const& x, auto const& y) {
                          return x.slice == y.slice && (x.lower == nullptr) == (y.lower == nullptr);
                      });
}
bool same_own(field_selection const& a, field_selection const& b) { return a.field == b.field; }
bool same_own(subquery_expression const& a, subquery_expression const& b) {
    return a.what == b.what && a.subquery == b.subquery;
}
bool same_own(aggregate_call const& a, aggregate_call const& b) {
    return a.function == b.function && a.star == b.star && a.distinct == b.distinct &&
           a.order.size() == b.order.size();
}
bool same_own(window_call const& a, window_call const& b) {
    return a.function == b.function && a.window == b.window && a.star == b.star;
}
bool same_own(session_value const& a, session_value const& b) { return a.what == b.what; }
bool same_own(sequence_default const& a, sequence_default const& b) {
    return a.sequence == b.sequence;
}
bool same_own(set_returning_call const& a, set_returning_call const& b) {
    return a.call.function == b.call.function;
}
template <class T>
bool same_own(T const&, T const&) {
    return true;
}

}  // namespace

void for_each_child(expression const& node, visitor const& visit) {
    std::visit(overloaded{
                   [](auto const&) {},
                   [&](row_comparison const& n) {
                       visit_all(n.left, visit);
                       visit_all(n.right, visit);
                   },
                   [&](grouping_call const& n) { visit_all(n.arguments, visit); },
                   [&](function_call const& n) { visit_all(n.arguments, visit); },
                   [&](coercion const& n) {
                       visit_one(n.operand, visit);
                       visit_one(n.element, visit);
                   },
                   [&](boolean_operation const& n) { visit_all(n.operands, visit); },
                   [&](null_test const& n) { visit_one(n.operand, visit); },
                   [&](boolean_test const& n) { visit_one(n.operand, visit); },
                   [&](distinct_test const& n) {
                       visit_one(n.left, visit);
                       visit_one(n.right, visit);
                   },
                   [&](null_if const& n) {
                       visit_one(n.left, visit);
                       visit_one(n.right, visit);
                   },
                   [&](coalesce const& n) { visit_all(n.operands, visit); },
                   [&](extremum const& n) { visit_all(n.operands, visit); },
                   [&](case_when const& n) {
                       visit_one(n.argument, visit);
                       for (auto const& [condition, result] : n.branches) {
                           visit_one(condition, visit);
                           visit_one(result, visit);
                       }
                       visit_one(n.otherwise, visit);
                   },
                   [&](array_comparison const& n) {
                       visit_one(n.left, visit);
                       visit_one(n.array, visit);
                   },
                   [&](array_constructor const& n) { visit_all(n.elements, visit); },
                   [&](array_subscript const& n) {
                       visit_one(n.array, visit);
                       for (auto const& each : n.subscripts) {
                           visit_one(each.lower, visit);
                           visit_one(each.upper, visit);
                       }
                   },
                   [&](row_constructor const& n) { visit_all(n.fields, visit); },
                   [&](field_selection const& n) { visit_one(n.row, visit); },
                   [&](subquery_expression const& n) { visit_all(n.left, visit); },
                   [&](aggregate_call const& n) {
                       visit_all(n.arguments, visit);
                       for (auto const& each : n.order) visit_one(each.value, visit);
                       visit_one(n.filter, visit);
                   },
                   [&](window_call const& n) {
                       visit_all(n.arguments, visit);
                       visit_one(n.filter, visit);
                   },
                   [&](set_returning_call const& n) { visit_all(n.call.arguments, visit); },
               },
               node.node);
}

bool same_expression(expression const& a, expression const& b) {
    if (&a == &b) return true;
    if (a.node.index() != b.node.index() || !(a.type == b.type)) return false;
    bool const own = std::visit(
        [&](auto const& left) {
            return same_own(left, std::get<std::decay_t<decltype(left)>>(b.node));
        },
        a.node);
    if (!own) return false;
    std::vector<expression_ptr> left, right;
    for_each_child(a, [&](expression_ptr const& each) { left.push_back(each); });
    for_each_child(b, [&](expression_ptr const& each) { right.push_back(each); });
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), same);
}

expression_ptr raise_levels(expression_ptr const& given, std::uint32_t by) {
    if (by == 0 || !given) return given;
    auto made = std::make_shared<expression>(*given);
    std::visit(overloaded{
                   [](auto&) {},
                   [&](column_reference& n) { n.levels_up += by; },
                   [&](whole_row_reference& n) { n.levels_up += by; },
                   [&](system_column_reference& n) { n.levels_up += by; },
                   [&](coalesce& n) {
                       for (auto& each : n.operands) each = raise_levels(each, by);
                   },
                   [&](coercion& n) { n.operand = raise_levels(n.operand, by); },
                   [&](function_call& n) {
                       for (auto& each : n.arguments) each = raise_levels(each, by);
                   },
               },
               made->node);
    return made;
}

bool any_of(expression const& node, std::function<bool(expression const&)> const& test) {
    if (test(node)) return true;
    bool found = false;
    for_each_child(node, [&](expression_ptr const& each) { found = found || any_of(*each, test); });
    return found;
}

using reference_visitor = std::function<void(column_reference const&, std::int32_t)>;

void for_each_outer_reference(expression const& node, std::uint32_t level,
                              reference_visitor const& visit) {
    if (auto const* column = std::get_if<column_reference>(&node.node))
        if (column->levels_up == level) visit(*column, node.position);
    if (auto const* inner = std::get_if<subquery_expression>(&node.node))
        if (inner->subquery) for_each_outer_reference(*inner->subquery, level + 1, visit);
    for_each_child(
        node, [&](expression_ptr const& each) { for_each_outer_reference(*each, level, visit); });
}

namespace {

void visit_from(from_item const& item, std::uint32_t level, reference_visitor const& visit) {
    auto const* join = std::get_if<std::shared_ptr<join_node const>>(&item.node);
    if (join == nullptr) return;
    visit_from((*join)->left, level, visit);
    visit_from((*join)->right, level, visit);
    if ((*join)->condition) for_each_outer_reference(*(*join)->condition, level, visit);
}

void visit_entry(range_entry const& entry, std::uint32_t level, reference_visitor const& visit) {
    auto const each = [&](expression_ptr const& value) {
        if (value) for_each_outer_reference(*value, level, visit);
    };
    std::visit(overloaded{[](auto const&) {},
                          [&](range_entry::subquery const& n) {
                              for_each_outer_reference(*n.body, level + 1, visit);
                          },
                          [&](range_entry::function const& n) {
                              for (auto const& call : n.calls) each(call);
                          },
                          [&](range_entry::values const& n) {
                              for (auto const& row : n.rows)
                                  for (auto const& value : row) each(value);
                          }},
               entry.source);
}

}  // namespace

void for_each_outer_reference(query const& body, std::uint32_t level,
                              reference_visitor const& visit) {
    auto const each = [&](expression_ptr const& value) {
        if (value) for_each_outer_reference(*value, level, visit);
    };
    for (auto const& table : body.common_tables)
        if (table.body) for_each_outer_reference(*table.body, level + 1, visit);
    for (auto const& entry : body.range_table) visit_entry(entry, level, visit);
    for (auto const& item : body.from) visit_from(item, level, visit);
    each(body.where);
    for (auto const& target : body.targets) each(target.value);
    for (auto const& set : body.grouping_sets)
        for (auto const& value : set) each(value);
    each(body.having);
    for (auto const& window : body.windows) {
        for (auto const& value : window.partition) each(value);
        for (auto const& key : window.order) each(key.value);
    }
    for (auto const& key : body.order) each(key.value);
    each(body.limit);
    each(body.offset);
    if (body.left) for_each_outer_reference(*body.left, level + 1, visit);
    if (body.right) for_each_outer_reference(*body.right, level + 1, visit);
}

}  // namespace sluice::sql
