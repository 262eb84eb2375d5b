#include "protocols/sql/analyze/joins.hpp"

#include <algorithm>

#include "protocols/sql/analyze/coercion.hpp"
#include "protocols/sql/analyze/expressions.hpp"
#include "protocols/sql/analyze/literals.hpp"
#include "protocols/sql/analyze/operators.hpp"
#include "protocols/sql/analyze/queries.hpp"

namespace sluice::sql {
namespace {

using kind = syntax::from_join::kind;

// All visible columns of one side, in order.
std::vector<namespace_column> side_columns(std::vector<namespace_item> const& items) {
    std::vector<namespace_column> out;
    for (auto const& item : items)
        if (item.columns_visible)
            for (auto const& each : item.columns)
                if (!each.name.empty()) out.push_back(each);
    return out;
}

outcome<std::size_t> find_one(std::vector<namespace_column> const& columns, std::string const& name,
                              char const* side) {
    std::size_t found = columns.size();
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (columns[i].name != name) continue;
        if (found != columns.size())
            return sql_error("42702", "common column name \"" + name +
                                          "\" appears more than once in " + side + " table");
        found = i;
    }
    if (found == columns.size())
        return sql_error("42703", "column \"" + name +
                                      "\" specified in USING clause does not "
                                      "exist in " +
                                      side + " table");
    return found;
}

struct merged_columns {
    std::vector<namespace_column> columns;
    std::vector<std::size_t> left, right;  // places of the merged ones
    expression_ptr condition;
};

outcome<expression_ptr> merged_value(scope& in, kind what, expression_ptr left,
                                     expression_ptr right) {
    std::vector<expression_ptr> both{left, right};
    SLUICE_TRY(auto const type, common_type(in.context, both, "JOIN/USING"));
    auto const modifier = common_modifier(both, type);
    auto const converted = [&](expression_ptr value) -> outcome<expression_ptr> {
        if (value->type.oid != type)
            return coerce_type(in.context, std::move(value), {type, modifier},
                               coercion_context::implicit, false);
        return value;
    };
    SLUICE_TRY(left, converted(std::move(left)));
    SLUICE_TRY(right, converted(std::move(right)));
    switch (what) {
        case kind::left:
            return left;
        case kind::right:
            return right;
        case kind::full:
            return make_node(coalesce{{std::move(left), std::move(right)}}, {type, modifier}, 0);
        default:
            return std::holds_alternative<column_reference>(left->node) ||
                           !std::holds_alternative<column_reference>(right->node)
                       ? left
                       : right;
    }
}

outcome<merged_columns> merge(scope& in, syntax::from_join const& written,
                              std::vector<std::string> const& names,
                              std::vector<namespace_column> const& left,
                              std::vector<namespace_column> const& right) {
    merged_columns out;
    std::vector<expression_ptr> tests;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) !=
            names.begin() + static_cast<std::ptrdiff_t>(i))
            return sql_error(
                "42701", "column name \"" + names[i] + "\" appears more than once in USING clause");
        SLUICE_TRY(auto const a, find_one(left, names[i], "left"));
        SLUICE_TRY(auto const b, find_one(right, names[i], "right"));
        mark_read(in, *left[a].value, 0);
        mark_read(in, *right[b].value, 0);
        SLUICE_TRY(auto test, make_operation(in.context, {"="}, left[a].value, right[b].value, 0));
        SLUICE_TRY(test, coerce_to_boolean(in.context, std::move(test), "JOIN/USING"));
        tests.push_back(std::move(test));
        SLUICE_TRY(auto value, merged_value(in, written.what, left[a].value, right[b].value));
        out.columns.push_back({names[i], std::move(value)});
        out.left.push_back(a);
        out.right.push_back(b);
    }
    if (tests.size() == 1) {
        out.condition = tests[0];
    } else if (!tests.empty()) {
        boolean_operation all;
        all.what = boolean_operation::kind::all;
        all.operands = std::move(tests);
        out.condition = make_node(std::move(all), {oid::boolean, -1}, 0);
    }
    return out;
}

std::vector<std::string> natural_names(std::vector<namespace_column> const& left,
                                       std::vector<namespace_column> const& right) {
    std::vector<std::string> out;
    for (auto const& each : left)
        if (std::any_of(right.begin(), right.end(),
                        [&](auto const& other) { return other.name == each.name; }))
            out.push_back(each.name);
    return out;
}

join_node::kind tree_kind(kind what) {
    switch (what) {
        case kind::inner:
            return join_node::kind::inner;
        case kind::left:
            return join_node::kind::left;
        case kind::right:
            return join_node::kind::right;
        case kind::full:
            return join_node::kind::full;
        case kind::cross:
            return join_node::kind::cross;
    }
    return join_node::kind::inner;
}

outcome<expression_ptr> analyze_on(scope& in, syntax::from_join const& written,
                                   std::vector<namespace_item> const& items) {
    // ON sees exactly the two sides (and lateral items of the level).
    auto saved = std::move(in.items);
    in.items = items;
    for (auto& each : in.items) each.lateral_only = false;
    bool const lateral = in.lateral_active;
    for (auto const& each : saved) in.items.push_back(each);
    in.lateral_active = false;
    auto condition = analyze_expr(in, written.condition, place::join_on);
    in.lateral_active = lateral;
    in.items = std::move(saved);
    if (condition.has_error()) return std::move(condition).error();
    return coerce_to_boolean(in.context, std::move(*condition), "JOIN/ON");
}

void make_join_item(syntax::from_join const& written, merged_columns const& merged,
                    std::vector<namespace_column> const& left,
                    std::vector<namespace_column> const& right, namespace_item& out) {
    out.columns = merged.columns;
    auto const add = [&](std::vector<namespace_column> const& side,
                         std::vector<std::size_t> const& used) {
        for (std::size_t i = 0; i < side.size(); ++i)
            if (std::find(used.begin(), used.end(), i) == used.end())
                out.columns.push_back(side[i]);
    };
    add(left, merged.left);
    add(right, merged.right);
    out.name = written.alias.name;
    out.table_visible = written.alias.given();
    for (std::size_t i = 0; i < written.alias.columns.size() && i < out.columns.size(); ++i)
        out.columns[i].name = written.alias.columns[i];
}

}  // namespace

outcome<from_result> analyze_join(scope& in, syntax::from_join const& written) {
    SLUICE_TRY(auto left, analyze_from_item(in, written.left));
    // The left side is visible to LATERAL items of the right one.
    auto const before = in.items.size();
    bool const lateral_ok = written.what != kind::right && written.what != kind::full;
    for (auto item : left.items) {
        item.lateral_only = true;
        item.lateral_ok = lateral_ok;
        in.items.push_back(std::move(item));
    }
    auto right_made = analyze_from_item(in, written.right);
    in.items.resize(before);
    if (right_made.has_error()) return std::move(right_made).error();
    auto right = std::move(*right_made);
    for (auto const& each : right.items)
        for (auto const& other : left.items)
            if (each.table_visible && other.table_visible && each.name == other.name &&
                !each.name.empty())
                return sql_error("42712",
                                 "table name \"" + each.name + "\" specified more than once");
    auto const left_columns = side_columns(left.items);
    auto const right_columns = side_columns(right.items);
    auto const names =
        written.natural ? natural_names(left_columns, right_columns) : written.using_columns;
    SLUICE_TRY(auto merged, merge(in, written, names, left_columns, right_columns));
    auto node = std::make_shared<join_node>();
    node->what = tree_kind(written.what);
    node->left = std::move(left.item);
    node->right = std::move(right.item);
    std::vector<namespace_item> both = std::move(left.items);
    both.insert(both.end(), right.items.begin(), right.items.end());
    node->condition = merged.condition;
    if (written.condition) {
        SLUICE_TRY(node->condition, analyze_on(in, written, both));
    }
    if (!node->condition && written.natural) node->condition = boolean_constant(true);
    from_result out;
    out.item.node = std::shared_ptr<join_node const>(std::move(node));
    namespace_item join;
    make_join_item(written, merged, left_columns, right_columns, join);
    if (written.alias.columns.size() > join.columns.size())
        return sql_error("42P10",
                         "join expression \"" + written.alias.name + "\" has " +
                             std::to_string(join.columns.size()) + " columns available but " +
                             std::to_string(written.alias.columns.size()) + " columns specified");
    // Under an alias the tables below are hidden; else their columns are reached through the join.
    for (auto& each : both) {
        each.columns_visible = false;
        if (!written.alias.given()) out.items.push_back(std::move(each));
    }
    if (!written.using_alias.empty()) {
        namespace_item alias;
        alias.name = written.using_alias;
        alias.columns = merged.columns;
        alias.columns_visible = false;
        out.items.push_back(std::move(alias));
    }
    out.items.push_back(std::move(join));
    return out;
}

}  // namespace sluice::sql
