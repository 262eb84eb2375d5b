// Window functions: the rankings, neighbours and exact aggregates, over frames of the closed set.
#include "protocols/sql/functions/function_table.hpp"
#include "protocols/sql/plan/engine_values.hpp"
#include "protocols/sql/plan/expression_walk.hpp"
#include "protocols/sql/plan/plan_nodes.hpp"
#include "protocols/sql/plan/query_maker.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql::engine {

using relational::kind;
using relational::scalar_ptr;
using relational::window_function;

struct query_maker::window_state {
    window_state(environment& with, query_level const& at, row_view const& row,
                 std::size_t row_width)
        : with(with), inside(with, at, row), width(row_width) {}
    environment& with;
    scalar_maker inside;
    std::size_t width;
    std::vector<relational::window_call> calls;
    std::vector<std::pair<expression const*, scalar_ptr>> values;

    scalar_ptr call(relational::window_call what) {
        auto const type = what.type;
        calls.push_back(std::move(what));
        return column_of(width + calls.size() - 1, type);
    }
};

namespace {

std::optional<window_function> ranking_named(std::string_view name) {
    if (name == "row_number") return window_function::row_number;
    if (name == "rank") return window_function::rank;
    if (name == "dense_rank") return window_function::dense_rank;
    if (name == "percent_rank") return window_function::percent_rank;
    if (name == "cume_dist") return window_function::cume_dist;
    if (name == "ntile") return window_function::ntile;
    if (name == "lag") return window_function::lag;
    if (name == "lead") return window_function::lead;
    if (name == "first_value") return window_function::first_value;
    if (name == "last_value") return window_function::last_value;
    if (name == "nth_value") return window_function::nth_value;
    return std::nullopt;
}

bool looks_at_frame(window_function what) {
    return what == window_function::first_value || what == window_function::last_value ||
           what == window_function::nth_value || what == window_function::aggregate;
}

// Offsets are numbers known now; false: not of the closed set.
bool bound_text(window_definition::bound const& bound, window_definition::unit unit,
                environment& with, std::string& out) {
    using kind_of = window_definition::bound::kind;
    switch (bound.what) {
        case kind_of::unbounded_preceding: out += "UNBOUNDED PRECEDING"; return true;
        case kind_of::unbounded_following: out += "UNBOUNDED FOLLOWING"; return true;
        case kind_of::current_row: out += "CURRENT ROW"; return true;
        case kind_of::preceding:
        case kind_of::following: break;
    }
    if (unit == window_definition::unit::range || !bound.offset) return false;
    auto const value = with.constant(*bound.offset);
    auto const* number = value ? std::get_if<std::int64_t>(&*value) : nullptr;
    if (number == nullptr || *number < 0) return false;
    out += std::to_string(*number);
    out += bound.what == kind_of::preceding ? " PRECEDING" : " FOLLOWING";
    return true;
}

bool frame_text(window_definition const& window, environment& with, std::string& out) {
    using unit = window_definition::unit;
    using exclusion = window_definition::exclusion;
    out = window.frame_unit == unit::rows    ? "ROWS BETWEEN "
          : window.frame_unit == unit::range ? "RANGE BETWEEN "
                                             : "GROUPS BETWEEN ";
    if (!bound_text(window.start, window.frame_unit, with, out)) return false;
    out += " AND ";
    if (!bound_text(window.end, window.frame_unit, with, out)) return false;
    switch (window.exclude) {
        case exclusion::none: break;
        case exclusion::current_row: out += " EXCLUDE CURRENT ROW"; break;
        case exclusion::group: out += " EXCLUDE GROUP"; break;
        case exclusion::ties: out += " EXCLUDE TIES"; break;
    }
    return true;
}

bool is_integer_type(type_oid type) {
    return type == oid::int2 || type == oid::int4 || type == oid::int8;
}

}  // namespace

// Sums go through 128 bits; floats and numerics would be summed in another order.
bool query_maker::add_window_aggregate(expression const& node, relational::window_call frame,
                                       window_state& state) {
    auto const& call = std::get<window_call>(node.node);
    auto const name = find_function_facts(call.function)->name;
    frame.what = window_function::aggregate;
    bool failed = false;
    if (call.filter) frame.filter = state.inside.all({call.filter}, failed);
    if (failed) return false;
    if (call.star || call.arguments.empty()) {
        if (name != "count") return false;
        frame.over = relational::aggregate::count_star;
        frame.type = {kind::int64};
        state.values.emplace_back(&node, state.call(std::move(frame)));
        return true;
    }
    auto const type = call.arguments[0]->type.oid;
    auto argument = call.arguments.size() == 1 ? state.inside.make(call.arguments[0]) : nullptr;
    if (!argument) return false;
    frame.arguments = {argument};
    frame.type = argument->type;
    bool const ordered = engine_order_of(type) == engine_order::itself && type != oid::boolean;
    if (is_integer_type(type) && (name == "sum" || name == "avg")) {
        auto counting = frame;
        frame.over = relational::aggregate::sum_int64_to_int128;
        frame.type = {kind::int128};
        auto total = state.call(std::move(frame));
        if (name == "sum") {
            state.values.emplace_back(
                &node, own_of(sum_finisher(state.with, node.type.oid), {std::move(total)}));
            return true;
        }
        counting.over = relational::aggregate::count;
        counting.type = {kind::int64};
        auto count = state.call(std::move(counting));
        state.values.emplace_back(
            &node, own_of(average_finisher(state.with), {std::move(total), std::move(count)}));
        return true;
    }
    if (name == "count") {
        frame.over = relational::aggregate::count;
        frame.type = {kind::int64};
    } else if (name == "bool_and" || name == "every") {
        frame.over = relational::aggregate::bool_and;
    } else if (name == "bool_or") {
        frame.over = relational::aggregate::bool_or;
    } else if (ordered && (name == "min" || name == "max")) {
        frame.over = name == "min" ? relational::aggregate::min : relational::aggregate::max;
    } else {
        return false;
    }
    state.values.emplace_back(&node, state.call(std::move(frame)));
    return true;
}

bool query_maker::add_window_call(expression const& node, query const& body, window_state& state) {
    auto const& call = std::get<window_call>(node.node);
    auto const& window = body.windows[call.window];
    auto const* facts = find_function_facts(call.function);
    if (facts == nullptr || !engine_carries(node.type.oid)) return false;
    relational::window_call made;
    for (auto const& each : window.partition) {
        auto value = state.inside.make(each);
        if (value) value = state.inside.equal_form(std::move(value), each->type.oid);
        if (!value) return false;
        made.partition.push_back(std::move(value));
    }
    for (auto const& each : window.order) {
        auto value = state.inside.make(each.value);
        if (value) value = state.inside.sort_form(std::move(value), each.value->type.oid);
        if (!value) return false;
        made.ordering.push_back({std::move(value), each.descending, each.nulls_first});
    }
    auto const ranking = call.is_aggregate ? std::nullopt : ranking_named(facts->name);
    if (!call.is_aggregate && !ranking) return false;
    if (looks_at_frame(ranking.value_or(window_function::aggregate)) &&
        !frame_text(window, state.with, made.frame))
        return false;
    if (call.is_aggregate) return add_window_aggregate(node, std::move(made), state);
    if (call.filter) return false;
    made.what = *ranking;
    made.type = engine_type_of(node.type.oid);
    for (auto const& each : call.arguments) {
        made.arguments.push_back(state.inside.make(each));
        if (!made.arguments.back()) return false;
    }
    // ntile gives an integer here and a bigint there.
    bool const counts = *ranking == window_function::ntile;
    if (counts) made.type = {kind::int64};
    auto value = state.call(std::move(made));
    if (counts) value = converted(std::move(value), engine_type_of(node.type.oid));
    state.values.emplace_back(&node, std::move(value));
    return true;
}

query_maker::piece query_maker::windowed(query_level const& at, piece from) {
    auto const width = from.node->columns.size();
    window_state state(with_, at, from.row, width);
    bool served = true;
    auto const note = [&](expression_ptr const& each) {
        walk(*each, [&](expression const& node) {
            if (!served || !std::holds_alternative<window_call>(node.node)) return;
            for (auto const& [known, value] : state.values)
                if (known == &node) return;
            served = add_window_call(node, *at.body, state);
        });
    };
    for (auto const& each : at.body->targets) note(each.value);
    for (auto const& each : at.body->order) note(each.value);
    if (!served) return {};
    std::vector<scalar_ptr> columns;
    for (std::size_t i = 0; i < width; ++i)
        columns.push_back(column_of(i, from.node->columns[i]));
    piece out;
    out.row = from.row;
    out.relations = from.relations;
    for (auto& [node, value] : state.values) {
        out.row.computed[node] = {columns.size(), node->type.oid};
        columns.push_back(std::move(value));
    }
    out.node = windowing_of(std::move(from.node), std::move(state.calls));
    out.node = project_of(std::move(out.node), std::move(columns));
    return out;
}

}  // namespace sluice::sql::engine
