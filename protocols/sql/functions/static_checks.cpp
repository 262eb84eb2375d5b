#include "protocols/sql/functions/evaluate.hpp"
#include "protocols/sql/functions/function_table.hpp"
#include "protocols/sql/functions/tree_walk.hpp"

namespace sluice::sql {
namespace {

// Why a node cannot be evaluated; nothing: it can.
struct served_check {
    sql_result<void> operator()(function_call const& node) const {
        auto const& served = find_function(node.function);
        if (served.scalar == nullptr && !served.in_catalog) return not_served(node.function);
        return {};
    }
    sql_result<void> operator()(set_returning_call const& node) const {
        auto const& served = find_function(node.call.function);
        if (served.set == nullptr && !served.in_catalog) return not_served(node.call.function);
        return {};
    }
    sql_result<void> operator()(aggregate_call const& node) const {
        if (find_function(node.function).aggregate == nullptr) return not_served(node.function);
        return {};
    }
    sql_result<void> operator()(window_call const& node) const {
        auto const& served = find_function(node.function);
        if (node.is_aggregate ? served.aggregate == nullptr : served.window == nullptr)
            return not_served(node.function);
        return {};
    }
    sql_result<void> operator()(array_comparison const& node) const {
        if (find_function(node.function).scalar == nullptr) return not_served(node.function);
        return {};
    }
    template <class Node>
    sql_result<void> operator()(Node const&) const {
        return {};
    }
};

struct constant_check {
    bool operator()(function_call const& node) const {
        auto const* facts = find_function_facts(node.function);
        return facts != nullptr && facts->volatility == 'i' &&
               find_function(node.function).scalar != nullptr;
    }
    // Text of dates, numbers and names depends on settings.
    bool operator()(coercion const& node) const {
        return node.how == coercion::kind::relabel || node.how == coercion::kind::length;
    }
    bool operator()(constant const&) const { return true; }
    bool operator()(boolean_operation const&) const { return true; }
    bool operator()(null_test const&) const { return true; }
    bool operator()(boolean_test const&) const { return true; }
    bool operator()(distinct_test const&) const { return true; }
    bool operator()(null_if const&) const { return true; }
    bool operator()(coalesce const&) const { return true; }
    bool operator()(extremum const&) const { return true; }
    bool operator()(case_when const&) const { return true; }
    bool operator()(case_argument const&) const { return true; }
    bool operator()(array_constructor const&) const { return true; }
    bool operator()(array_subscript const&) const { return true; }
    bool operator()(row_constructor const&) const { return true; }
    bool operator()(field_selection const&) const { return true; }
    template <class Node>
    bool operator()(Node const&) const {
        return false;
    }
};

}  // namespace

sql_result<void> check_served(expression const& node) {
    sql_result<void> found = std::visit(served_check{}, node.node);
    if (found.has_error()) return std::move(found).error().at(node.position);
    for_each_child(node, [&](expression const& child) {
        if (!found.has_error()) found = check_served(child);
    });
    return found;
}

bool is_constant(expression const& node) {
    bool constant = std::visit(constant_check{}, node.node);
    for_each_child(node,
                   [&](expression const& child) { constant = constant && is_constant(child); });
    return constant;
}

}  // namespace sluice::sql
