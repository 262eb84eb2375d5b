#include "protocols/sql/analyze/compound_expressions.hpp"

#include "protocols/sql/analyze/coercion.hpp"
#include "protocols/sql/analyze/literals.hpp"
#include "protocols/sql/analyze/operators.hpp"

namespace sluice::sql {
namespace {

// All to their common type, in place.
outcome<type_oid> unify(scope& in, std::vector<expression_ptr>& operands, char const* construct) {
    SLUICE_TRY(auto const type, common_type(in.context, operands, construct));
    for (auto& each : operands) {
        SLUICE_TRY(each, coerce_to_common(in.context, std::move(each), type, construct));
    }
    return type;
}

expression_ptr retyped(expression_ptr const& given, sql_type type) {
    auto made = std::make_shared<expression>(*given);
    made->type = type;
    return made;
}

}  // namespace

outcome<expression_ptr> analyze_case(scope& in, syntax::case_expr const& written,
                                     std::int32_t position) {
    case_when made;
    expression_ptr placeholder;
    if (written.argument) {
        SLUICE_TRY(made.argument, analyze_expr(in, written.argument));
        if (is_unknown(made.argument->type.oid)) {
            SLUICE_TRY(made.argument, coerce_type(in.context, made.argument, {oid::text, -1},
                                                  coercion_context::implicit, false));
        }
        placeholder = make_node(case_argument{}, made.argument->type, made.argument->position);
    }
    std::vector<expression_ptr> conditions, results;
    for (std::size_t i = 0; i < written.branches.size(); ++i) {
        auto const& [when, then] = written.branches[i];
        SLUICE_TRY(auto condition, analyze_expr(in, when));
        if (placeholder) {
            SLUICE_TRY(condition,
                       make_operation(in.context, {"="}, placeholder, std::move(condition),
                                      written.branch_positions[i]));
        }
        SLUICE_TRY(condition, coerce_to_boolean(in.context, std::move(condition), "CASE/WHEN"));
        SLUICE_TRY(auto result, analyze_expr(in, then));
        conditions.push_back(std::move(condition));
        results.push_back(std::move(result));
    }
    auto otherwise = null_constant({oid::unknown, -1});
    if (written.otherwise) {
        SLUICE_TRY(otherwise, analyze_expr(in, written.otherwise));
    }
    // ELSE counts first when the type is decided.
    results.insert(results.begin(), std::move(otherwise));
    SLUICE_TRY(auto const type, common_type(in.context, results, "CASE"));
    SLUICE_TRY(made.otherwise, coerce_to_common(in.context, results[0], type, "CASE/ELSE"));
    std::vector<expression_ptr> all{made.otherwise};
    for (std::size_t i = 0; i < conditions.size(); ++i) {
        SLUICE_TRY(auto result, coerce_to_common(in.context, results[i + 1], type, "CASE/WHEN"));
        all.push_back(result);
        made.branches.emplace_back(std::move(conditions[i]), std::move(result));
    }
    auto const modifier = common_modifier(all, type);
    return make_node(std::move(made), {type, modifier}, position);
}

outcome<expression_ptr> analyze_coalesce(scope& in, syntax::coalesce_expr const& written,
                                         std::int32_t position) {
    SLUICE_TRY(auto operands, analyze_list(in, written.operands));
    SLUICE_TRY(auto const type, unify(in, operands, "COALESCE"));
    auto const modifier = common_modifier(operands, type);
    return make_node(coalesce{std::move(operands)}, {type, modifier}, position);
}

outcome<expression_ptr> analyze_extremum(scope& in, syntax::extremum_expr const& written,
                                         std::int32_t position) {
    SLUICE_TRY(auto operands, analyze_list(in, written.operands));
    SLUICE_TRY(auto const type, unify(in, operands, written.greatest ? "GREATEST" : "LEAST"));
    auto const modifier = common_modifier(operands, type);
    return make_node(extremum{written.greatest, std::move(operands)}, {type, modifier}, position);
}

outcome<expression_ptr> analyze_array(scope& in, syntax::array_expr const& written, type_oid array,
                                      type_oid element, std::int32_t modifier,
                                      std::int32_t position) {
    auto& context = in.context;
    array_constructor made;
    for (auto const& each : written.elements) {
        expression_ptr value;
        if (auto const* inner = std::get_if<syntax::array_expr>(&each->node)) {
            SLUICE_TRY(value, analyze_array(in, *inner, array, element, modifier, each->position));
            made.nested = true;
        } else {
            SLUICE_TRY(value, analyze_expr(in, each));
            if (!made.nested && context.element_of_base(value->type.oid) != type_oid{})
                made.nested = true;
        }
        made.elements.push_back(std::move(value));
    }
    bool const given = array != type_oid{};
    auto element_type = element;
    if (given) {
        if (made.nested) element_type = array;
    } else {
        if (made.elements.empty())
            return sql_error("42P18", "cannot determine type of empty array")
                .with_hint(
                    "Explicitly cast to the desired type, for example "
                    "ARRAY[]::integer[].")
                .at(position);
        SLUICE_TRY(element_type, common_type(context, made.elements, "ARRAY"));
        array = made.nested ? element_type : context.array_of(element_type);
        if (array == type_oid{})
            return sql_error("42704", "could not find array type for data type " +
                                          context.name(element_type))
                .at(position);
    }
    for (auto& each : made.elements) {
        if (given) {
            auto const source = each;
            SLUICE_TRY(each, coerce_to_target(context, std::move(each), {element_type, modifier},
                                              coercion_context::explicit_cast, true));
            if (!each) return cannot_cast(context, *source, element_type, source->position);
        } else {
            SLUICE_TRY(each, coerce_to_common(context, std::move(each), element_type, "ARRAY"));
        }
    }
    auto const shared = given ? -1 : common_modifier(made.elements, element_type);
    return make_node(std::move(made), {array, shared}, position);
}

outcome<expression_ptr> analyze_row(scope& in, syntax::row_expr const& written,
                                    std::int32_t position) {
    row_constructor made;
    for (auto const& each : written.fields) {
        auto const* column = std::get_if<syntax::column_ref>(&each->node);
        if (column != nullptr && column->star && !column->names.empty()) {
            std::uint32_t levels = 0;
            auto const schema_name =
                column->names.size() > 1 ? column->names[column->names.size() - 2] : std::string();
            SLUICE_TRY(auto const* item,
                       find_item(in, schema_name, column->names.back(), each->position, levels));
            if (item == nullptr)
                return missing_table(in, schema_name, column->names.back(), each->position);
            scope* at = &in;
            for (std::uint32_t i = 0; i < levels; ++i) at = at->parent;
            for (std::size_t i = 0; i < item->columns.size(); ++i)
                made.fields.push_back(reference_to(*at, *item, i, levels, each->position));
            continue;
        }
        SLUICE_TRY(auto value, analyze_expr(in, each));
        made.fields.push_back(std::move(value));
    }
    return make_node(std::move(made), {oid::record, -1}, position);
}

outcome<expression_ptr> subscript(scope& in, expression_ptr base,
                                  std::vector<syntax::indirection::item> const& items,
                                  std::int32_t position) {
    using kind = syntax::indirection::item::kind;
    auto& context = in.context;
    auto container = context.base_of(base->type);
    // The vectors are subscripted as the arrays of their elements.
    if (container.oid == oid::int2vector) container.oid = oid::int2_array;
    if (container.oid == oid::oidvector) container.oid = oid::oid_array;
    auto element = context.element_of(container.oid);
    // name, point, box, ...: fixed arrays of their elements.
    auto const* row = context.type(container.oid);
    if (row != nullptr && row->subscript == "raw_array_subscript_handler")
        element = type_oid{row->element};
    if (container.oid == oid::jsonb)
        return sql_error("0A000", "subscripting type jsonb is not supported").at(position);
    if (element == type_oid{})
        return sql_error("42804", "cannot subscript type " + context.name(base->type.oid) +
                                      " because it does not support subscripting")
            .at(base->position);
    if (items.size() > 6)
        return sql_error("54000", "number of array dimensions (" + std::to_string(items.size()) +
                                      ") exceeds the maximum allowed (6)");
    array_subscript made;
    bool slice = false;
    for (auto const& item : items) slice |= item.what == kind::slice;
    auto const bound = [&](syntax::expr_ptr const& written) -> outcome<expression_ptr> {
        if (!written) return expression_ptr();
        SLUICE_TRY(auto value, analyze_expr(in, written));
        auto const shown = value;
        SLUICE_TRY(value, coerce_to_target(context, std::move(value), {oid::int4, -1},
                                           coercion_context::assignment, false));
        if (!value)
            return sql_error("42804", "array subscript must have type integer").at(shown->position);
        return value;
    };
    for (auto const& item : items) {
        array_subscript::bounds each;
        each.slice = slice;
        SLUICE_TRY(each.lower, bound(item.lower));
        SLUICE_TRY(each.upper, bound(item.upper));
        if (slice && item.what == kind::subscript) each.lower = integer_constant(1);
        made.subscripts.push_back(std::move(each));
    }
    made.array = std::move(base);
    auto const type = slice ? container.oid : element;
    return make_node(std::move(made), {type, container.modifier}, position);
}

outcome<expression_ptr> analyze_indirection(scope& in, syntax::indirection const& written,
                                            std::int32_t position) {
    using kind = syntax::indirection::item::kind;
    SLUICE_TRY(auto value, analyze_expr(in, written.base));
    std::vector<syntax::indirection::item> pending;
    auto const flush = [&]() -> outcome<void> {
        if (pending.empty()) return {};
        SLUICE_TRY(value, subscript(in, std::move(value), pending, position));
        pending.clear();
        return {};
    };
    for (auto const& item : written.items) {
        if (item.what == kind::subscript || item.what == kind::slice) {
            pending.push_back(item);
            continue;
        }
        SLUICE_CHECK(flush());
        if (item.what == kind::star)
            return sql_error("42601", "row expansion via \"*\" is not supported here").at(position);
        SLUICE_TRY(value, select_field(in, std::move(value), item.field, position));
    }
    SLUICE_CHECK(flush());
    return retyped(value, value->type);
}

}  // namespace sluice::sql
