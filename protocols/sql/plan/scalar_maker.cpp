#include "protocols/sql/plan/scalar_maker.hpp"

#include <algorithm>

#include "protocols/sql/plan/engine_values.hpp"
#include "protocols/sql/plan/expression_walk.hpp"
#include "protocols/sql/plan/plan_nodes.hpp"

namespace sluice::sql::engine {

using relational::builtin;
using relational::scalar_ptr;

void row_view::append(row_view const& other, std::size_t offset) {
    for (auto const& [of, where] : other.columns)
        columns[of] = {where.index + offset, where.type};
    for (auto const& [of, where] : other.computed)
        computed[of] = {where.index + offset, where.type};
}

scalar_ptr scalar_maker::make(expression_ptr const& of) {
    auto const known = row_.computed.find(of.get());
    if (known != row_.computed.end())
        return column_of(known->second.index, engine_type_of(known->second.type));
    if (!engine_carries(of->type.oid)) return nullptr;
    if (auto fixed = constant_of(*of)) return fixed;
    if (auto made = built_in(of)) return made;
    return own(of);
}

// A literal, where it reads nothing and can be known now.
scalar_ptr scalar_maker::constant_of(expression const& of) {
    if (std::holds_alternative<column_reference>(of.node)) return nullptr;
    bool alone = true;
    walk(of, [&](expression const& node) {
        alone = alone && !std::holds_alternative<column_reference>(node.node) &&
                !std::holds_alternative<subquery_expression>(node.node) &&
                !std::holds_alternative<aggregate_call>(node.node) &&
                !std::holds_alternative<window_call>(node.node) &&
                !std::holds_alternative<grouping_call>(node.node) &&
                !std::holds_alternative<case_argument>(node.node) &&
                !std::holds_alternative<whole_row_reference>(node.node) &&
                !std::holds_alternative<system_column_reference>(node.node) &&
                !row_.computed.contains(&node);
    });
    if (!alone || is_volatile(of)) return nullptr;
    auto const value = with_.constant(of);
    if (!value) return nullptr;
    return literal_of(to_engine(of.type.oid, *value, with_.io()), engine_type_of(of.type.oid));
}

bool scalar_maker::note_column(column_reference const& column, std::uint32_t depth,
                               std::vector<leaf>& out) {
    if (column.levels_up < depth) return true;
    if (column.levels_up > depth) return false;
    auto const found = row_.columns.find({column.relation, column.column});
    if (found == row_.columns.end()) return false;
    auto const same = [&](leaf const& each) {
        auto const* other = std::get_if<column_reference>(&each.of);
        return other != nullptr && other->relation == column.relation &&
               other->column == column.column;
    };
    if (std::none_of(out.begin(), out.end(), same))
        out.push_back({column_reference{0, column.relation, column.column}, found->second.type});
    return true;
}

// What a subquery inside reads of this level.
bool scalar_maker::leaves_below(query const& body, std::vector<leaf>& out) {
    bool served = true;
    walk_query(body, 1, [&](expression const& node, std::uint32_t depth) {
        if (auto const* column = std::get_if<column_reference>(&node.node))
            served = note_column(*column, depth, out) && served;
        if (auto const* row = std::get_if<whole_row_reference>(&node.node))
            served = served && row->levels_up < depth;
        if (auto const* system = std::get_if<system_column_reference>(&node.node))
            served = served && system->levels_up < depth;
        if (row_.computed.contains(&node)) served = false;
    });
    return served;
}

bool scalar_maker::leaves_of(expression const& node, std::vector<leaf>& out) {
    auto const known = row_.computed.find(&node);
    if (known != row_.computed.end()) {
        auto const same = [&](leaf const& each) {
            auto const* other = std::get_if<expression const*>(&each.of);
            return other != nullptr && *other == &node;
        };
        if (std::none_of(out.begin(), out.end(), same)) out.push_back({&node, known->second.type});
        return true;
    }
    if (auto const* column = std::get_if<column_reference>(&node.node))
        return note_column(*column, 0, out);
    if (std::holds_alternative<aggregate_call>(node.node) ||
        std::holds_alternative<window_call>(node.node) ||
        std::holds_alternative<grouping_call>(node.node) ||
        std::holds_alternative<whole_row_reference>(node.node) ||
        std::holds_alternative<system_column_reference>(node.node) ||
        std::holds_alternative<set_returning_call>(node.node))
        return false;
    bool served = true;
    if (auto const* nested = std::get_if<subquery_expression>(&node.node))
        served = leaves_below(*nested->subquery, out);
    children_of(node, [&](expression const& child) { served = served && leaves_of(child, out); });
    return served;
}

scalar_ptr scalar_maker::own(expression_ptr const& of) {
    std::vector<leaf> leaves;
    if (is_volatile(*of) || !leaves_of(*of, leaves)) return nullptr;
    std::vector<scalar_ptr> arguments;
    for (auto const& each : leaves) {
        auto const* column = std::get_if<column_reference>(&each.of);
        auto const place = column != nullptr
                               ? row_.columns.at({column->relation, column->column})
                               : row_.computed.at(std::get<expression const*>(each.of));
        arguments.push_back(column_of(place.index, engine_type_of(place.type)));
    }
    return own_of(with_.evaluator(of, at_, std::move(leaves)), std::move(arguments));
}

scalar_ptr scalar_maker::keyed(scalar_ptr value, type_oid type) {
    auto function = std::make_shared<relational::own_function>();
    function->name = "order_key";
    function->arguments = {value->type};
    function->returns = engine_key_type(type);
    function->call = [type](std::vector<relational::value> const& arguments) -> result<relational::value> {
        return engine_key_of(type, arguments[0]);
    };
    return own_of(std::move(function), {std::move(value)});
}

scalar_ptr scalar_maker::equal_form(scalar_ptr value, type_oid type) {
    switch (engine_order_of(type)) {
        case engine_order::itself:
        case engine_order::itself_equal: return value;
        case engine_order::by_key: return keyed(std::move(value), type);
        case engine_order::none: break;
    }
    return nullptr;
}

scalar_ptr scalar_maker::sort_form(scalar_ptr value, type_oid type) {
    switch (engine_order_of(type)) {
        case engine_order::itself: return value;
        case engine_order::itself_equal:
        case engine_order::by_key: return keyed(std::move(value), type);
        case engine_order::none: break;
    }
    return nullptr;
}

namespace {

expression_ptr conjunction_of(std::vector<expression_ptr> conditions) {
    if (conditions.size() == 1) return std::move(conditions.front());
    auto made = std::make_shared<expression>();
    made->type = conditions.front()->type;
    made->node = boolean_operation{boolean_operation::kind::all, std::move(conditions)};
    return made;
}

}  // namespace

scalar_ptr scalar_maker::all(std::vector<expression_ptr> const& conditions, bool& failed) {
    std::vector<scalar_ptr> parts;
    std::vector<expression_ptr> ordered;  // up to the last that may fail
    for (std::size_t i = 0; i < conditions.size(); ++i)
        if (!cannot_fail(*conditions[i]))
            ordered.assign(conditions.begin(),
                           conditions.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    for (auto const& each : conditions) {
        if (!cannot_fail(*each)) continue;
        parts.push_back(make(each));
        failed = failed || !parts.back();
    }
    if (ordered.size() == 1) parts.push_back(make(ordered.front()));
    else if (!ordered.empty()) parts.push_back(own(conjunction_of(ordered)));
    failed = failed || (!parts.empty() && !parts.back());
    return failed ? nullptr : all_of(std::move(parts));
}

}  // namespace sluice::sql::engine
