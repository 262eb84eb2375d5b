// GROUP BY, aggregates and HAVING. Counts, sums of integers, extremes and truth are the engine's;
// every other aggregate collects its inputs in order and is finished by our own function.
#include <algorithm>

#include "protocols/sql/functions/function_table.hpp"
#include "protocols/sql/plan/engine_values.hpp"
#include "protocols/sql/plan/expression_walk.hpp"
#include "protocols/sql/plan/plan_nodes.hpp"
#include "protocols/sql/plan/query_maker.hpp"
#include "protocols/sql/types/numeric.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql::engine {

using relational::kind;
using relational::scalar_ptr;

void each_output(query const& body, std::function<void(expression_ptr const&)> const& visit) {
    for (auto const& each : body.targets) visit(each.value);
    if (body.having) visit(body.having);
    for (auto const& each : body.order) visit(each.value);
    for (auto const& each : body.distinct_on) visit(each);
    for (auto const& window : body.windows) {
        for (auto const& each : window.partition) visit(each);
        for (auto const& each : window.order) visit(each.value);
        if (window.start.offset) visit(window.start.offset);
        if (window.end.offset) visit(window.end.offset);
    }
}

std::shared_ptr<relational::own_function const> sum_finisher(environment& with, type_oid result_type) {
    auto function = std::make_shared<relational::own_function>();
    function->name = "sum";
    function->arguments = {{kind::int128}};
    function->returns = engine_type_of(result_type);
    function->call = [&with, result_type](std::vector<relational::value> const& arguments)
        -> result<relational::value> {
        auto const sum = wide_of(std::get<relational::int128>(arguments[0].held));
        if (result_type == oid::numeric) return relational::value{numeric::of_int128(sum).encode()};
        if (sum > INT64_MAX || sum < INT64_MIN)
            return with.failed(sql_error("22003", "bigint out of range"));
        return relational::value{static_cast<std::int64_t>(sum)};
    };
    return function;
}

std::shared_ptr<relational::own_function const> average_finisher(environment& with) {
    auto function = std::make_shared<relational::own_function>();
    function->name = "avg";
    function->arguments = {{kind::int128}, {kind::int64}};
    function->returns = engine_type_of(oid::numeric);
    function->call = [&with](std::vector<relational::value> const& arguments) -> result<relational::value> {
        auto const sum = wide_of(std::get<relational::int128>(arguments[0].held));
        auto const count = std::get<std::int64_t>(arguments[1].held);
        auto const average = sql_divide(numeric::of_int128(sum), numeric(count));
        if (average.has_error()) return with.failed(average.error());
        return relational::value{average->encode()};
    };
    return function;
}

// What the aggregation is asked for, and the projection that makes a row_view of its rows.
struct query_maker::group_state {
    group_state(environment& with, query_level const& at, row_view const& row)
        : inside(with, at, row), input(row) {}
    scalar_maker inside;
    row_view const& input;
    std::vector<scalar_ptr> keys;
    std::vector<std::vector<std::uint32_t>> sets;
    std::vector<relational::aggregate_call> calls;
    std::vector<relational::value_type> call_types;
    std::vector<scalar_ptr> columns;  // of the projection: over keys, then calls
    row_view out;

    // Later calls only move calls, so places of keys are fixed first.
    scalar_ptr call(relational::aggregate_call what) {
        auto const place = keys.size() + calls.size();
        auto const type = what.type;
        calls.push_back(std::move(what));
        return column_of(place, type);
    }
    std::size_t column(scalar_ptr value) {
        columns.push_back(std::move(value));
        return columns.size() - 1;
    }
    scalar_ptr first_of(scalar_ptr value) {
        relational::aggregate_call what;
        what.what = relational::aggregate::any_value;
        what.type = value->type;
        what.arguments = {std::move(value)};
        return call(std::move(what));
    }
};

bool query_maker::add_keys(query_level const& at, group_state& state) {
    auto const& sets = at.body->grouping_sets;
    struct known_key {
        expression_ptr of;
        scalar_ptr value;
    };
    std::vector<known_key> known;
    auto const is_same = [](expression_ptr const& one, expression_ptr const& other) {
        if (one == other) return true;
        auto const* left = std::get_if<column_reference>(&one->node);
        auto const* right = std::get_if<column_reference>(&other->node);
        return left != nullptr && right != nullptr && left->levels_up == right->levels_up &&
               left->relation == right->relation && left->column == right->column;
    };
    for (auto const& set : sets) {
        auto& places = state.sets.emplace_back();
        for (auto const& key : set) {
            auto const found = std::find_if(known.begin(), known.end(), [&](known_key const& each) {
                return is_same(each.of, key);
            });
            places.push_back(static_cast<std::uint32_t>(found - known.begin()));
            if (found != known.end()) continue;
            if (sets.size() > 1 && !std::holds_alternative<column_reference>(key->node))
                return false;
            auto value = state.inside.make(key);
            if (!value) return false;
            known.push_back({key, value});
            auto form = state.inside.equal_form(std::move(value), key->type.oid);
            if (!form) return false;
            state.keys.push_back(std::move(form));
        }
    }
    if (sets.size() <= 1) state.sets.clear();
    for (std::size_t i = 0; i < known.size(); ++i) {
        auto const type = known[i].of->type.oid;
        bool const itself = state.keys[i] == known[i].value;
        // With several sets a key that the row's set lacks is null; a key in another form is not
        // the value.
        if (!itself && sets.size() > 1) return false;
        auto value = itself ? column_of(i, state.keys[i]->type) : state.first_of(known[i].value);
        row_view::place const place{state.column(std::move(value)), type};
        if (auto const* column = std::get_if<column_reference>(&known[i].of->node))
            state.out.columns[{column->relation, column->column}] = place;
        else
            state.out.computed[known[i].of.get()] = place;
    }
    return true;
}

bool query_maker::add_integer_call(expression const& node, aggregate_call const& call,
                                   bool average, scalar_ptr argument, group_state& state) {
    relational::aggregate_call sum;
    sum.what = relational::aggregate::sum_int64_to_int128;
    sum.type = {kind::int128};
    sum.arguments = {argument};
    sum.distinct = call.distinct;
    bool failed = false;
    if (call.filter) sum.filter = state.inside.all({call.filter}, failed);
    if (failed) return false;
    auto const filter = sum.filter;
    auto total = state.call(std::move(sum));
    scalar_ptr value;
    if (average) {
        relational::aggregate_call count;
        count.what = relational::aggregate::count;
        count.type = {kind::int64};
        count.arguments = {std::move(argument)};
        count.distinct = call.distinct;
        count.filter = filter;
        value = own_of(average_finisher(with_), {std::move(total), state.call(std::move(count))});
    } else {
        value = own_of(sum_finisher(with_, node.type.oid), {std::move(total)});
    }
    state.out.computed[&node] = {state.column(std::move(value)), node.type.oid};
    return true;
}

namespace {

// The answer does not depend on the order of the inputs.
bool is_free_of_order(std::string_view name, type_oid type) {
    if (name == "min" || name == "max" || name.starts_with("bit_")) return true;
    bool const exact = type == oid::int2 || type == oid::int4 || type == oid::int8 ||
                       type == oid::numeric || type == oid::interval;
    return exact && (name == "sum" || name == "avg" || name.starts_with("var") ||
                     name.starts_with("stddev"));
}

// The rows of one relation come in its own order; those of a join or a subquery have none.
bool comes_in_order(query const& body) {
    if (body.from.size() != 1) return false;
    auto const* relation = std::get_if<std::uint32_t>(&body.from[0].node);
    if (relation == nullptr) return false;
    auto const& source = body.range_table[*relation].source;
    return !std::holds_alternative<range_entry::subquery>(source) &&
           !std::holds_alternative<range_entry::common_table>(source);
}

}  // namespace

bool query_maker::collected(query_level const& at, expression const& node,
                            aggregate_call const& call, scalar_ptr argument, scalar_ptr filter,
                            group_state& state) {
    if (call.distinct || argument->type.is_list) return false;
    auto const type = call.arguments[0]->type.oid;
    if (call.order.empty() && !comes_in_order(*at.body) &&
        !is_free_of_order(find_function_facts(call.function)->name, type))
        return false;
    for (std::size_t i = 1; i < call.arguments.size(); ++i)
        if (!with_.constant(*call.arguments[i])) return false;
    relational::aggregate_call list;
    list.what = relational::aggregate::collect;
    list.type = argument->type;
    list.type.is_list = true;
    auto const element = argument->type;
    list.arguments = {std::move(argument)};
    list.filter = std::move(filter);
    for (auto const& key : call.order) {
        auto by = state.inside.make(key.value);
        if (by) by = state.inside.sort_form(std::move(by), key.value->type.oid);
        if (!by) return false;
        list.order.push_back({std::move(by), key.descending, key.nulls_first});
    }
    auto finish = with_.aggregator(node, element);
    if (!finish) return false;
    auto value = own_of(std::move(finish), {state.call(std::move(list))});
    state.out.computed[&node] = {state.column(std::move(value)), node.type.oid};
    return true;
}

namespace {

bool is_integer_type(type_oid type) {
    return type == oid::int2 || type == oid::int4 || type == oid::int8;
}

std::optional<relational::aggregate> own_of_engine(std::string_view name, type_oid type) {
    if (name == "bool_and" || name == "every") return relational::aggregate::bool_and;
    if (name == "bool_or") return relational::aggregate::bool_or;
    bool const ordered = engine_order_of(type) == engine_order::itself && type != oid::boolean;
    if (name == "min" && ordered) return relational::aggregate::min;
    if (name == "max" && ordered) return relational::aggregate::max;
    return std::nullopt;
}

}  // namespace

bool query_maker::add_call(query_level const& at, expression const& node, group_state& state) {
    auto const& call = std::get<aggregate_call>(node.node);
    auto const* facts = find_function_facts(call.function);
    auto const& served = find_function(call.function);
    if (facts == nullptr || served.aggregate == nullptr || served.aggregate->ordered_set)
        return false;
    if (!engine_carries(node.type.oid)) return false;
    bool failed = false;
    auto filter = call.filter ? state.inside.all({call.filter}, failed) : nullptr;
    if (failed) return false;
    relational::aggregate_call made;
    made.filter = filter;
    made.distinct = call.distinct;
    if (call.star || (facts->name == "count" && call.arguments.empty())) {
        made.what = relational::aggregate::count_star;
        made.type = {kind::int64};
        state.out.computed[&node] = {state.column(state.call(std::move(made))), node.type.oid};
        return true;
    }
    if (call.arguments.empty()) return false;
    auto const type = call.arguments[0]->type.oid;
    auto argument = state.inside.make(call.arguments[0]);
    if (!argument) return false;
    bool const alone = call.arguments.size() == 1;
    if (alone && is_integer_type(type) && (facts->name == "sum" || facts->name == "avg"))
        return add_integer_call(node, call, facts->name == "avg", std::move(argument), state);
    auto const what = alone ? own_of_engine(facts->name, type) : std::nullopt;
    if (alone && facts->name == "count") {
        made.what = relational::aggregate::count;
        made.type = {kind::int64};
        if (call.distinct) argument = state.inside.equal_form(std::move(argument), type);
        if (!argument) return false;
    } else if (what) {
        made.what = *what;
        made.type = argument->type;
    } else {
        return collected(at, node, call, std::move(argument), std::move(filter), state);
    }
    made.arguments = {std::move(argument)};
    state.out.computed[&node] = {state.column(state.call(std::move(made))), node.type.oid};
    return true;
}

namespace {

// Columns of this level read outside aggregates and known values.
void columns_in(expression const& node, row_view const& known,
                std::vector<column_reference>& out) {
    if (known.computed.contains(&node)) return;
    auto const note = [&](column_reference const& column, std::uint32_t depth) {
        if (column.levels_up == depth && !known.columns.contains({column.relation, column.column}))
            out.push_back({0, column.relation, column.column});
    };
    if (auto const* column = std::get_if<column_reference>(&node.node)) note(*column, 0);
    if (auto const* nested = std::get_if<subquery_expression>(&node.node))
        walk_query(*nested->subquery, 1, [&](expression const& inside, std::uint32_t depth) {
            if (auto const* column = std::get_if<column_reference>(&inside.node))
                note(*column, depth);
        });
    children_of(node, [&](expression const& child) { columns_in(child, known, out); });
}

}  // namespace

// What depends on the keys (a primary key among them): as in the group's first row.
void query_maker::add_columns(query_level const& at, group_state& state) {
    std::vector<column_reference> read;
    each_output(*at.body, [&](expression_ptr const& each) { columns_in(*each, state.out, read); });
    for (auto const& column : read) {
        std::pair const place{column.relation, column.column};
        auto const found = state.input.columns.find(place);
        if (state.out.columns.contains(place) || found == state.input.columns.end()) continue;
        auto value = column_of(found->second.index, engine_type_of(found->second.type));
        state.out.columns[place] = {state.column(state.first_of(std::move(value))),
                                    found->second.type};
    }
}

query_maker::piece query_maker::grouped(query_level const& at, piece from) {
    auto const& body = *at.body;
    group_state state(with_, at, from.row);
    bool served = add_keys(at, state);
    each_output(body, [&](expression_ptr const& each) {
        walk(*each, [&](expression const& node) {
            if (std::holds_alternative<grouping_call>(node.node)) served = false;
            if (!served || !std::holds_alternative<aggregate_call>(node.node)) return;
            if (!state.out.computed.contains(&node)) served = add_call(at, node, state);
        });
    });
    if (!served) return {};
    add_columns(at, state);
    piece out;
    out.node = aggregation_of(std::move(from.node), std::move(state.keys), std::move(state.sets),
                              std::move(state.calls));
    out.node = project_of(std::move(out.node), std::move(state.columns));
    out.row = std::move(state.out);
    out.relations = from.relations;
    if (!body.having) return out;
    pool having;
    conjuncts_of(body.having, having);
    return filtered(at, std::move(out), having);
}

}  // namespace sluice::sql::engine
