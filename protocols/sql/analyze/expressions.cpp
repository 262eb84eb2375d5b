#include "protocols/sql/analyze/expressions.hpp"

#include <algorithm>

#include "protocols/sql/analyze/coercion.hpp"
#include "protocols/sql/analyze/compound_expressions.hpp"
#include "protocols/sql/analyze/literals.hpp"
#include "protocols/sql/analyze/operators.hpp"
#include "protocols/sql/analyze/type_names.hpp"

namespace sluice::sql {
namespace {

outcome<expression_ptr> analyze_parameter(scope& in, std::uint32_t number, std::int32_t position) {
    auto& context = in.context;
    auto& known = context.parameters();
    if (!context.parameters_allowed() || number == 0)
        return sql_error("42P02", "there is no parameter $" + std::to_string(number)).at(position);
    if (known.size() < number) known.resize(number);
    auto& state = known[number - 1];
    if (state.type == type_oid{}) state.type = oid::unknown;
    return make_node(parameter{number}, {state.type, -1}, position);
}

outcome<expression_ptr> analyze_cast(scope& in, syntax::cast const& written,
                                     std::int32_t position) {
    auto& context = in.context;
    SLUICE_TRY(auto const target, find_named_type(context, written.type));
    expression_ptr operand;
    auto const element = context.element_of_base(target.oid);
    auto const* array = std::get_if<syntax::array_expr>(&written.operand->node);
    if (array != nullptr && element != type_oid{}) {
        SLUICE_TRY(operand, analyze_array(in, *array, context.base_of(target.oid), element,
                                          target.modifier, written.operand->position));
    } else {
        SLUICE_TRY(operand, analyze_expr(in, written.operand));
    }
    auto const where = position > 0 ? position : written.type.position;
    auto const shown = operand->position;
    auto const source = operand;
    auto made = coerce_to_target(context, std::move(operand), target,
                                 coercion_context::explicit_cast, true);
    if (made.has_error()) {
        auto raised = std::move(made).error();
        if (std::string_view(raised->sqlstate) == "42846" && where > 0) raised->position = where;
        return raised;
    }
    if (!*made) return cannot_cast(context, *source, target.oid, where > 0 ? where : shown);
    return made;
}

outcome<expression_ptr> analyze_boolean(scope& in, syntax::boolean_expr const& written,
                                        std::int32_t position) {
    using kind = syntax::boolean_expr::kind;
    auto const* name = written.what == kind::all ? "AND" : written.what == kind::any ? "OR" : "NOT";
    boolean_operation made;
    made.what = written.what == kind::all   ? boolean_operation::kind::all
                : written.what == kind::any ? boolean_operation::kind::any
                                            : boolean_operation::kind::negation;
    for (auto const& each : written.operands) {
        SLUICE_TRY(auto operand, analyze_expr(in, each));
        SLUICE_TRY(operand, coerce_to_boolean(in.context, std::move(operand), name));
        made.operands.push_back(std::move(operand));
    }
    return make_node(std::move(made), {oid::boolean, -1}, position);
}

outcome<expression_ptr> analyze_boolean_test(scope& in, syntax::boolean_test const& written,
                                             std::int32_t position) {
    static constexpr char const* names[] = {"IS TRUE",      "IS NOT TRUE", "IS FALSE",
                                            "IS NOT FALSE", "IS UNKNOWN",  "IS NOT UNKNOWN"};
    SLUICE_TRY(auto operand, analyze_expr(in, written.operand));
    SLUICE_TRY(operand, coerce_to_boolean(in.context, std::move(operand),
                                          names[static_cast<int>(written.what)]));
    boolean_test made;
    made.operand = std::move(operand);
    made.what = static_cast<boolean_test::kind>(written.what);
    return make_node(std::move(made), {oid::boolean, -1}, position);
}

outcome<expression_ptr> analyze_session_value(syntax::session_value_expr const& written,
                                              std::int32_t position) {
    auto const& what = written.what;
    auto const modifier = written.modifier;
    sql_type type{oid::name, -1};
    if (what == "current_date") type = {oid::date, -1};
    if (what == "current_time") type = {oid::timetz, modifier};
    if (what == "current_timestamp") type = {oid::timestamptz, modifier};
    if (what == "localtime") type = {oid::time, modifier};
    if (what == "localtimestamp") type = {oid::timestamp, modifier};
    return make_node(session_value{what}, type, position);
}

outcome<expression_ptr> analyze_rare(scope& in, syntax::expr const& written) {
    auto const position = written.position;
    if (auto const* node = std::get_if<syntax::session_value_expr>(&written.node))
        return analyze_session_value(*node, position);
    if (auto const* node = std::get_if<syntax::coalesce_expr>(&written.node))
        return analyze_coalesce(in, *node, position);
    if (auto const* node = std::get_if<syntax::extremum_expr>(&written.node))
        return analyze_extremum(in, *node, position);
    if (auto const* node = std::get_if<syntax::array_expr>(&written.node))
        return analyze_array(in, *node, {}, {}, -1, position);
    if (auto const* node = std::get_if<syntax::row_expr>(&written.node))
        return analyze_row(in, *node, position);
    if (auto const* node = std::get_if<syntax::collate>(&written.node)) {
        SLUICE_TRY(auto operand, analyze_expr(in, node->operand));
        SLUICE_CHECK(check_collation(in.context, node->collation, operand->type.oid, position));
        if (!is_unknown(operand->type.oid)) return operand;
        return coerce_type(in.context, std::move(operand), {oid::text, -1},
                           coercion_context::implicit, false);
    }
    if (std::holds_alternative<syntax::default_expr>(written.node))
        return sql_error("42601", "DEFAULT is not allowed in this context").at(position);
    if (std::holds_alternative<syntax::current_of>(written.node))
        return sql_error("0A000", "WHERE CURRENT OF is not supported");
    if (auto const* node = std::get_if<syntax::named_argument>(&written.node))
        return analyze_expr(in, node->value);
    if (auto const* node = std::get_if<syntax::grouping_expr>(&written.node)) {
        if (in.where != place::select_target && in.where != place::having &&
            in.where != place::order_by)
            return sql_error("42803", "grouping operations are not allowed here").at(position);
        grouping_call made;
        for (auto const& each : node->arguments) {
            SLUICE_TRY(auto argument, analyze_expr(in, each));
            made.arguments.push_back(std::move(argument));
        }
        in.has_aggregates = true;
        return make_node(std::move(made), {oid::int4, -1}, position);
    }
    return sql_error("XX000", "unrecognized expression");
}

outcome<expression_ptr> dispatch(scope& in, syntax::expr const& written) {
    auto const position = written.position;
    if (auto const* node = std::get_if<syntax::column_ref>(&written.node)) {
        if (node->star)
            return sql_error("42601", "row expansion via \"*\" is not supported here").at(position);
        return resolve_column(in, *node, position);
    }
    if (auto const* node = std::get_if<syntax::literal>(&written.node))
        return analyze_literal(in.context, *node, position);
    if (auto const* node = std::get_if<syntax::parameter_ref>(&written.node))
        return analyze_parameter(in, node->number, position);
    if (auto const* node = std::get_if<syntax::operation>(&written.node))
        return analyze_operation(in, *node, position);
    if (auto const* node = std::get_if<syntax::boolean_expr>(&written.node))
        return analyze_boolean(in, *node, position);
    if (auto const* node = std::get_if<syntax::call>(&written.node))
        return analyze_call(in, *node, position);
    if (auto const* node = std::get_if<syntax::cast>(&written.node))
        return analyze_cast(in, *node, position);
    if (auto const* node = std::get_if<syntax::null_test>(&written.node)) {
        null_test made;
        made.is_null = node->is_null;
        SLUICE_TRY(made.operand, analyze_expr(in, node->operand));
        return make_node(std::move(made), {oid::boolean, -1}, position);
    }
    if (auto const* node = std::get_if<syntax::boolean_test>(&written.node))
        return analyze_boolean_test(in, *node, position);
    if (auto const* node = std::get_if<syntax::case_expr>(&written.node))
        return analyze_case(in, *node, position);
    if (auto const* node = std::get_if<syntax::sublink>(&written.node))
        return analyze_sublink(in, *node, position);
    if (auto const* node = std::get_if<syntax::indirection>(&written.node))
        return analyze_indirection(in, *node, position);
    return analyze_rare(in, written);
}

}  // namespace

outcome<expression_ptr> analyze_expr(scope& in, syntax::expr_ptr const& written) {
    depth_guard const deeper(in.context);
    if (deeper.too_deep()) return too_deep_error();
    return dispatch(in, *written);
}

outcome<expression_ptr> analyze_expr(scope& in, syntax::expr_ptr const& written, place where) {
    place_scope const here(in, where);
    return analyze_expr(in, written);
}

outcome<std::vector<expression_ptr>> analyze_list(scope& in,
                                                  std::vector<syntax::expr_ptr> const& written) {
    std::vector<expression_ptr> out;
    for (auto const& each : written) {
        SLUICE_TRY(auto made, analyze_expr(in, each));
        out.push_back(std::move(made));
    }
    return out;
}

}  // namespace sluice::sql
