#include "protocols/sql/plan/expression_walk.hpp"

namespace sluice::sql {
namespace {

using visitor = std::function<void(expression const&)>;

void one(expression_ptr const& each, visitor const& visit) {
    if (each) visit(*each);
}
void all(std::vector<expression_ptr> const& list, visitor const& visit) {
    for (auto const& each : list) one(each, visit);
}

struct child_lister {
    visitor const& visit;

    void operator()(constant const&) const {}
    void operator()(parameter const&) const {}
    void operator()(column_reference const&) const {}
    void operator()(whole_row_reference const&) const {}
    void operator()(system_column_reference const&) const {}
    void operator()(case_argument const&) const {}
    void operator()(session_value const&) const {}
    void operator()(sequence_default const&) const {}
    void operator()(row_comparison const& node) const {
        all(node.left, visit);
        all(node.right, visit);
    }
    void operator()(grouping_call const&) const {}  // names of grouping expressions, not read
    void operator()(function_call const& node) const { all(node.arguments, visit); }
    void operator()(set_returning_call const& node) const { all(node.call.arguments, visit); }
    void operator()(coercion const& node) const {
        one(node.operand, visit);
        one(node.element, visit);
    }
    void operator()(boolean_operation const& node) const { all(node.operands, visit); }
    void operator()(null_test const& node) const { one(node.operand, visit); }
    void operator()(boolean_test const& node) const { one(node.operand, visit); }
    void operator()(distinct_test const& node) const {
        one(node.left, visit);
        one(node.right, visit);
    }
    void operator()(null_if const& node) const {
        one(node.left, visit);
        one(node.right, visit);
    }
    void operator()(coalesce const& node) const { all(node.operands, visit); }
    void operator()(extremum const& node) const { all(node.operands, visit); }
    void operator()(case_when const& node) const {
        one(node.argument, visit);
        for (auto const& [when, then] : node.branches) {
            one(when, visit);
            one(then, visit);
        }
        one(node.otherwise, visit);
    }
    void operator()(array_comparison const& node) const {
        one(node.left, visit);
        one(node.array, visit);
    }
    void operator()(array_constructor const& node) const { all(node.elements, visit); }
    void operator()(array_subscript const& node) const {
        one(node.array, visit);
        for (auto const& each : node.subscripts) {
            one(each.lower, visit);
            one(each.upper, visit);
        }
    }
    void operator()(row_constructor const& node) const { all(node.fields, visit); }
    void operator()(field_selection const& node) const { one(node.row, visit); }
    void operator()(subquery_expression const& node) const { all(node.left, visit); }
    void operator()(aggregate_call const& node) const {
        all(node.arguments, visit);
        for (auto const& each : node.order) one(each.value, visit);
        one(node.filter, visit);
    }
    void operator()(window_call const& node) const {
        all(node.arguments, visit);
        one(node.filter, visit);
    }
};

void walk_from(from_item const& item, std::uint32_t depth, deep_visit const& visit) {
    auto const* join = std::get_if<std::shared_ptr<join_node const>>(&item.node);
    if (join == nullptr) return;
    walk_from((*join)->left, depth, visit);
    walk_from((*join)->right, depth, visit);
    if ((*join)->condition) walk_deep(*(*join)->condition, depth, visit);
}

void walk_entry(range_entry const& entry, std::uint32_t depth, deep_visit const& visit) {
    if (auto const* nested = std::get_if<range_entry::subquery>(&entry.source))
        walk_query(*nested->body, depth + 1, visit);
    if (auto const* called = std::get_if<range_entry::function>(&entry.source))
        for (auto const& each : called->calls) walk_deep(*each, depth, visit);
    if (auto const* values = std::get_if<range_entry::values>(&entry.source))
        for (auto const& row : values->rows)
            for (auto const& each : row)
                if (each) walk_deep(*each, depth, visit);
}

void walk_list(std::vector<expression_ptr> const& list, std::uint32_t depth,
               deep_visit const& visit) {
    for (auto const& each : list)
        if (each) walk_deep(*each, depth, visit);
}

}  // namespace

void children_of(expression const& of, visitor const& visit) {
    std::visit(child_lister{visit}, of.node);
}

void walk(expression const& from, visitor const& visit) {
    visit(from);
    visitor const again = [&](expression const& child) { walk(child, visit); };
    children_of(from, again);
}

void walk_deep(expression const& from, std::uint32_t depth, deep_visit const& visit) {
    visit(from, depth);
    visitor const again = [&](expression const& child) { walk_deep(child, depth, visit); };
    children_of(from, again);
    if (auto const* nested = std::get_if<subquery_expression>(&from.node))
        walk_query(*nested->subquery, depth + 1, visit);
}

void walk_query(query const& from, std::uint32_t depth, deep_visit const& visit) {
    for (auto const& table : from.common_tables) walk_query(*table.body, depth + 1, visit);
    for (auto const& entry : from.range_table) walk_entry(entry, depth, visit);
    for (auto const& item : from.from) walk_from(item, depth, visit);
    if (from.where) walk_deep(*from.where, depth, visit);
    for (auto const& each : from.targets) walk_deep(*each.value, depth, visit);
    for (auto const& set : from.grouping_sets) walk_list(set, depth, visit);
    if (from.having) walk_deep(*from.having, depth, visit);
    for (auto const& window : from.windows) {
        walk_list(window.partition, depth, visit);
        for (auto const& key : window.order) walk_deep(*key.value, depth, visit);
        if (window.start.offset) walk_deep(*window.start.offset, depth, visit);
        if (window.end.offset) walk_deep(*window.end.offset, depth, visit);
    }
    walk_list(from.distinct_on, depth, visit);
    for (auto const& key : from.order) walk_deep(*key.value, depth, visit);
    if (from.limit) walk_deep(*from.limit, depth, visit);
    if (from.offset) walk_deep(*from.offset, depth, visit);
    if (from.left) walk_query(*from.left, depth + 1, visit);
    if (from.right) walk_query(*from.right, depth + 1, visit);
}

void each_query(expression const& from, std::function<void(query const&)> const& visit) {
    visitor const inside = [&](expression const& node) {
        if (auto const* nested = std::get_if<subquery_expression>(&node.node))
            each_query(*nested->subquery, visit);
    };
    walk(from, inside);
}

void each_query(query const& from, std::function<void(query const&)> const& visit) {
    visit(from);
    for (auto const& table : from.common_tables) each_query(*table.body, visit);
    for (auto const& entry : from.range_table)
        if (auto const* nested = std::get_if<range_entry::subquery>(&entry.source))
            each_query(*nested->body, visit);
    if (from.left) each_query(*from.left, visit);
    if (from.right) each_query(*from.right, visit);
    // Subqueries of this level's expressions: those that stand one level down in the walk.
    deep_visit const inside = [&](expression const& node, std::uint32_t depth) {
        if (depth != 0) return;
        if (auto const* nested = std::get_if<subquery_expression>(&node.node))
            each_query(*nested->subquery, visit);
    };
    walk_query(from, 0, inside);
}

namespace {

void note_relations(expression const& node, std::uint32_t depth, relation_set& out) {
    if (auto const* column = std::get_if<column_reference>(&node.node))
        if (column->levels_up == depth) out |= relation_bit(column->relation);
    if (auto const* row = std::get_if<whole_row_reference>(&node.node))
        if (row->levels_up == depth) out |= relation_bit(row->relation);
    if (auto const* system = std::get_if<system_column_reference>(&node.node))
        if (system->levels_up == depth) out |= relation_bit(system->relation);
}

}  // namespace

relation_set relations_of(expression const& from) {
    relation_set out = 0;
    walk_deep(from, 0, [&](expression const& node, std::uint32_t depth) {
        note_relations(node, depth, out);
    });
    return out;
}

relation_set relations_of(range_entry const& entry) {
    relation_set out = 0;
    walk_entry(entry, 0, [&](expression const& node, std::uint32_t depth) {
        note_relations(node, depth, out);
    });
    return out;
}

namespace {

// CTE references reach outside through the range table, not through expressions.
bool reads_outer_tables(query const& from, std::uint32_t depth) {
    for (auto const& entry : from.range_table) {
        if (auto const* common = std::get_if<range_entry::common_table>(&entry.source))
            if (common->levels_up > depth) return true;
        if (auto const* nested = std::get_if<range_entry::subquery>(&entry.source))
            if (reads_outer_tables(*nested->body, depth + 1)) return true;
    }
    for (auto const& table : from.common_tables)
        if (reads_outer_tables(*table.body, depth + 1)) return true;
    if (from.left && reads_outer_tables(*from.left, depth + 1)) return true;
    return from.right && reads_outer_tables(*from.right, depth + 1);
}

}  // namespace

bool is_uncorrelated(query const& from) {
    bool alone = !reads_outer_tables(from, 0);
    walk_query(from, 0, [&](expression const& node, std::uint32_t depth) {
        if (auto const* column = std::get_if<column_reference>(&node.node))
            alone = alone && column->levels_up <= depth;
        if (auto const* row = std::get_if<whole_row_reference>(&node.node))
            alone = alone && row->levels_up <= depth;
        if (auto const* system = std::get_if<system_column_reference>(&node.node))
            alone = alone && system->levels_up <= depth;
    });
    return alone;
}

bool has_subquery(expression const& from) {
    bool found = false;
    walk(from, [&](expression const& node) {
        found = found || std::holds_alternative<subquery_expression>(node.node);
    });
    return found;
}

void conjuncts_of(expression_ptr const& condition, std::vector<expression_ptr>& out) {
    if (!condition) return;
    auto const* both = std::get_if<boolean_operation>(&condition->node);
    if (both != nullptr && both->what == boolean_operation::kind::all) {
        for (auto const& each : both->operands) conjuncts_of(each, out);
        return;
    }
    out.push_back(condition);
}

}  // namespace sluice::sql
