// Calls: functions, aggregates, window functions, and what looks like one.
#include <algorithm>

#include "protocols/sql/analyze/coercion.hpp"
#include "protocols/sql/analyze/compound_expressions.hpp"
#include "protocols/sql/analyze/functions.hpp"
#include "protocols/sql/analyze/literals.hpp"
#include "protocols/sql/analyze/operators.hpp"
#include "protocols/sql/analyze/sorting.hpp"
#include "protocols/sql/analyze/tree_walk.hpp"
#include "protocols/sql/analyze/type_names.hpp"
#include "protocols/sql/analyze/windows.hpp"

namespace sluice::sql {
namespace {

std::string shown_name(syntax::call const& call) {
    std::string out;
    for (auto const& each : call.name) out += (out.empty() ? "" : ".") + each;
    return out;
}

sql_error wrong_kind(std::string text, std::int32_t position) {
    return sql_error("42809", std::move(text)).at(position);
}

// DISTINCT, ORDER BY, FILTER and OVER only fit some kinds of function.
outcome<void> check_decoration(syntax::call const& call, char kind, std::int32_t position) {
    auto const name = shown_name(call);
    if (call.within_group && kind != 'a')
        return wrong_kind(
            "WITHIN GROUP specified, but " + name + " is not an ordered-set aggregate function",
            position);
    if (kind == 'f') {
        if (call.star)
            return wrong_kind(name + "(*) specified, but " + name + " is not an aggregate function",
                              position);
        if (call.distinct)
            return wrong_kind("DISTINCT specified, but " + name + " is not an aggregate function",
                              position);
        if (!call.order.empty())
            return wrong_kind("ORDER BY specified, but " + name + " is not an aggregate function",
                              position);
        if (call.filter)
            return wrong_kind("FILTER specified, but " + name + " is not an aggregate function",
                              position);
        if (call.over)
            return wrong_kind("OVER specified, but " + name +
                                  " is not a window function nor an aggregate function",
                              position);
    }
    if (kind == 'w' && !call.over)
        return sql_error("42809", "window function " + name + " requires an OVER clause")
            .at(position);
    if (kind == 'p')
        return wrong_kind(name + " is a procedure", position)
            .with_hint("To call a procedure, use CALL.");
    return {};
}

// The arguments in the order of the function's parameters, coerced; `result` is its real type.
struct bound_call {
    proc_row const* row = nullptr;
    std::vector<expression_ptr> arguments;
    type_oid result{};
    bool variadic_array = false;
};

// pg_get_function_arguments() of PostgreSQL's functions: what an argument left out is.
outcome<expression_ptr> default_argument(scope& in, proc_row const& row, type_oid declared,
                                         std::int32_t position) {
    if (row.oid >= 16384)
        return sql_error("0A000", "default arguments of function " + std::string(row.name) +
                                      " are not supported")
            .at(position);
    auto const name = row.name;
    if (declared == oid::boolean)
        return boolean_constant(name == "jsonb_set" || name == "jsonb_set_lax" ||
                                    name == "parse_ident" || name == "pg_promote" ||
                                    name == "pg_backup_stop",
                                position);
    char const* text = "0";
    if (declared == oid::int4 && name == "pg_promote") text = "60";
    if (declared == oid::jsonb || declared == oid::text_array) text = "{}";
    if (declared == oid::text) text = name == "jsonb_set_lax" ? "use_json_null" : "NFC";
    auto const literal = make_node(constant{std::string(text)}, {oid::unknown, -1}, position);
    return type_literal(in.context, *literal, {declared, -1}, false);
}

outcome<bound_call> bind_arguments(scope& in, chosen_function const& chosen,
                                   std::vector<expression_ptr> const& given, bool variadic,
                                   std::int32_t position) {
    auto& context = in.context;
    bound_call out;
    out.row = chosen.row;
    std::vector<type_oid> actual, declared = chosen.declared;
    std::vector<expression_ptr> values;
    for (std::size_t i = 0; i < chosen.order.size(); ++i) {
        auto const place = chosen.order[i];
        expression_ptr value;
        if (place >= 0) {
            value = given[static_cast<std::size_t>(place)];
        } else {
            SLUICE_TRY(value, default_argument(in, *chosen.row, chosen.declared[i], position));
        }
        actual.push_back(value->type.oid);
        values.push_back(std::move(value));
    }
    SLUICE_TRY(out.result, resolve_polymorphic(context, actual, declared,
                                               type_oid{chosen.row->result}, position));
    for (std::size_t i = 0; i < values.size(); ++i) {
        SLUICE_TRY(auto value, coerce_type(context, values[i], {declared[i], -1},
                                           coercion_context::implicit, false));
        out.arguments.push_back(std::move(value));
    }
    // Single values for a VARIADIC parameter become its array ("any" takes them as they are).
    if (chosen.variadic_count > 0 && type_oid{chosen.row->variadic} != oid::any_type) {
        auto const first = out.arguments.size() - chosen.variadic_count;
        array_constructor collected;
        collected.elements.assign(out.arguments.begin() + static_cast<std::ptrdiff_t>(first),
                                  out.arguments.end());
        out.arguments.resize(first);
        auto const element = collected.elements.front()->type.oid;
        auto const array = context.array_of(element);
        out.arguments.push_back(make_node(std::move(collected), {array, -1}, position));
        out.variadic_array = true;
    }
    out.variadic_array |= variadic;
    return out;
}

outcome<expression_ptr> make_aggregate(scope& in, syntax::call const& call, bound_call bound,
                                       expression_ptr filter, std::int32_t position) {
    if (auto const forbidden = aggregates_forbidden(in.where); !forbidden.empty())
        return sql_error("42803", forbidden).at(position);
    bool any_column = false, own_column = false;
    auto const look = [&](expression const& value) {
        for (std::uint32_t level = 0; level < 8; ++level)
            for_each_outer_reference(value, level, [&](column_reference const&, std::int32_t) {
                any_column = true;
                own_column |= level == 0;
            });
    };
    for (auto const& each : bound.arguments) {
        std::int32_t nested = -1;
        any_of(*each, [&nested](expression const& node) {
            if (std::holds_alternative<aggregate_call>(node.node)) nested = node.position;
            return nested >= 0;
        });
        if (nested >= 0)
            return sql_error("42803", "aggregate function calls cannot be nested").at(nested);
        if (any_of(*each, [](expression const& node) {
                return std::holds_alternative<window_call>(node.node);
            }))
            return sql_error("42803",
                             "aggregate function calls cannot contain window function calls")
                .at(position);
        if (any_of(*each, [](expression const& node) {
                return std::holds_alternative<set_returning_call>(node.node);
            }))
            return sql_error("0A000",
                             "aggregate function calls cannot contain set-returning function calls")
                .at(position);
        look(*each);
    }
    if (any_column && !own_column)
        return sql_error("0A000", "an aggregate over columns of an outer query is not supported")
            .at(position);
    aggregate_call made;
    made.function = object_oid{bound.row->oid};
    made.star = call.star;
    made.distinct = call.distinct;
    made.filter = std::move(filter);
    made.arguments = std::move(bound.arguments);
    SLUICE_TRY(made.order, aggregate_order(in, call.order));
    if (call.distinct) {
        for (auto const& each : made.arguments)
            if (find_sort_operators(in.context, each->type.oid).equal == nullptr)
                return no_equality(in.context, each->type.oid, each->position);
        for (auto const& key : made.order)
            if (std::none_of(made.arguments.begin(), made.arguments.end(),
                             [&](auto const& each) { return same_expression(*each, *key.value); }))
                return sql_error("42P10",
                                 "in an aggregate with DISTINCT, ORDER BY expressions must appear "
                                 "in argument list")
                    .at(key.value->position);
    }
    in.has_aggregates = true;
    return make_node(std::move(made), {bound.result, -1}, position);
}

outcome<expression_ptr> make_window(scope& in, syntax::call const& call, bound_call bound,
                                    expression_ptr filter, std::int32_t position) {
    auto const forbidden = windows_forbidden(in.where);
    if (!forbidden.empty()) return sql_error("42P20", forbidden).at(position);
    if (call.distinct)
        return sql_error("0A000", "DISTINCT is not implemented for window functions").at(position);
    if (!call.order.empty())
        return sql_error("0A000", "aggregate ORDER BY is not implemented for window functions")
            .at(position);
    if (bound.row->kind == 'w' && filter)
        return sql_error("0A000", "FILTER is not implemented for non-aggregate window functions")
            .at(position);
    for (auto const& each : bound.arguments)
        if (any_of(*each, [](expression const& node) {
                return std::holds_alternative<window_call>(node.node);
            }))
            return sql_error("42P20", "window function calls cannot be nested").at(position);
    window_call made;
    made.function = object_oid{bound.row->oid};
    made.arguments = std::move(bound.arguments);
    made.star = call.star;
    made.is_aggregate = bound.row->kind == 'a';
    made.filter = std::move(filter);
    SLUICE_TRY(made.window, window_index(in, *call.over));
    in.has_windows = true;
    return make_node(std::move(made), {bound.result, -1}, position);
}

outcome<expression_ptr> make_plain(scope& in, bound_call bound, std::int32_t position) {
    function_call made;
    made.function = object_oid{bound.row->oid};
    made.arguments = std::move(bound.arguments);
    made.variadic = bound.variadic_array;
    if (!bound.row->returns_set) return make_node(std::move(made), {bound.result, -1}, position);
    auto const forbidden = set_returning_forbidden(in.where);
    if (!forbidden.empty()) return sql_error("0A000", forbidden).at(position);
    in.has_set_returning = true;
    return make_node(set_returning_call{std::move(made)}, {bound.result, -1}, position);
}

sql_error no_function(scope& in, syntax::call const& call, chosen_function::kind what,
                      std::vector<expression_ptr> const& arguments,
                      std::vector<std::string> const& names, std::int32_t position) {
    auto const text = function_signature(in.context, shown_name(call), arguments, names);
    if (what == chosen_function::kind::several)
        return sql_error("42725", "function " + text + " is not unique")
            .with_hint(
                "Could not choose a best candidate function. You might need to add explicit "
                "type casts.")
            .at(position);
    if (!call.order.empty() && !call.within_group)
        return sql_error("42883", "function " + text + " does not exist")
            .with_hint(
                "No aggregate function matches the given name and argument types. Perhaps "
                "you misplaced ORDER BY; ORDER BY must appear after all regular arguments "
                "of the aggregate.")
            .at(position);
    return sql_error("42883", "function " + text + " does not exist")
        .with_hint(
            "No function matches the given name and argument types. You might need to add "
            "explicit type casts.")
        .at(position);
}

outcome<void> read_arguments(scope& in, syntax::call const& call,
                             std::vector<expression_ptr>& arguments,
                             std::vector<std::string>& names) {
    for (auto const& each : call.arguments) {
        auto const* named = std::get_if<syntax::named_argument>(&each->node);
        if (named != nullptr) {
            if (std::find(names.begin(), names.end(), named->name) != names.end())
                return sql_error("42601",
                                 "argument name \"" + named->name + "\" used more than once")
                    .at(each->position);
            names.push_back(named->name);
        } else if (!names.empty()) {
            return sql_error("42601", "positional argument cannot follow named argument")
                .at(each->position);
        }
        SLUICE_TRY(auto value, analyze_expr(in, named != nullptr ? named->value : each));
        arguments.push_back(std::move(value));
    }
    return {};
}

// attribute(row), the other way to write row.attribute; null: it is not one.
outcome<expression_ptr> as_field(scope& in, syntax::call const& call,
                                 std::vector<expression_ptr> const& arguments,
                                 std::int32_t position) {
    bool const plain = arguments.size() == 1 && call.name.size() == 1 && !call.star &&
                       !call.distinct && call.order.empty() && !call.over && !call.filter;
    if (!plain) return expression_ptr();
    if (arguments[0]->type.oid != oid::record && !in.context.is_composite(arguments[0]->type.oid))
        return expression_ptr();
    for (auto const& field : fields_of(in, *arguments[0]))
        if (field.name == call.name[0])
            return select_field(in, arguments[0], call.name[0], position);
    return expression_ptr();
}

}  // namespace

outcome<expression_ptr> analyze_call(scope& in, syntax::call const& call, std::int32_t position) {
    std::vector<expression_ptr> arguments;
    std::vector<std::string> names;
    if (call.within_group)
        return sql_error("0A000", "ordered-set aggregate " + shown_name(call) + " is not supported")
            .at(position);
    SLUICE_CHECK(read_arguments(in, call, arguments, names));
    expression_ptr filter;
    if (call.filter) {
        SLUICE_TRY(filter, analyze_expr(in, call.filter, place::filter));
        SLUICE_TRY(filter, coerce_to_boolean(in.context, std::move(filter), "FILTER"));
    }
    SLUICE_TRY(auto field, as_field(in, call, arguments, position));
    if (field) return field;
    auto chosen = choose_function(in.context, call.name, arguments, names, !call.variadic);
    using kind = chosen_function::kind;
    if (chosen.what == kind::coercion) {
        SLUICE_CHECK(check_decoration(call, 'f', position));
        return coerce_type(in.context, arguments[0], {chosen.coercion_target, -1},
                           coercion_context::explicit_cast, true);
    }
    if (chosen.what != kind::function) {
        if (call.name.size() > 1 &&
            in.context.catalog().find_schema(call.name[call.name.size() - 2]) == nullptr)
            return sql_error("3F000",
                             "schema \"" + call.name[call.name.size() - 2] + "\" does not exist")
                .at(position);
        return no_function(in, call, chosen.what, arguments, names, position);
    }
    SLUICE_CHECK(check_decoration(call, chosen.row->kind, position));
    if (chosen.row->kind == 'a') {
        auto const* aggregate = builtin::find_aggregate(chosen.row->oid);
        if (call.within_group || (aggregate != nullptr && aggregate->kind != 'n'))
            return sql_error("0A000",
                             "ordered-set aggregate " + shown_name(call) + " is not supported")
                .at(position);
        if (arguments.empty() && !call.star)
            return wrong_kind(
                shown_name(call) + "(*) must be used to call a parameterless aggregate function",
                position);
        if (call.star && !arguments.empty())
            return wrong_kind(shown_name(call) + "(*) takes no arguments", position);
    }
    SLUICE_TRY(auto bound, bind_arguments(in, chosen, arguments, call.variadic, position));
    if (call.over) return make_window(in, call, std::move(bound), std::move(filter), position);
    if (chosen.row->kind == 'a')
        return make_aggregate(in, call, std::move(bound), std::move(filter), position);
    return make_plain(in, std::move(bound), position);
}

}  // namespace sluice::sql
