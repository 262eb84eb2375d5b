#include "protocols/sql/analyze/coercion.hpp"

#include "protocols/sql/analyze/literals.hpp"

namespace sluice::sql {
namespace {

constexpr sql_type int4_type{oid::int4, -1};
constexpr sql_type bool_type{oid::boolean, -1};

expression_ptr number_constant(std::int64_t value, sql_type type) {
    constant made;
    if (type == bool_type)
        made.value = value != 0;
    else
        made.value = value;
    return make_node(std::move(made), type, 0);
}

// The cast function of a type to itself that applies a modifier: (value, modifier [, explicit]).
struct length_function {
    cast_way way = cast_way::none;
    object_oid function{};
};
length_function find_length_function(analysis_context const& context, type_oid type) {
    auto wanted = type;
    bool array = false;
    if (auto const element = context.element_of(type); element != type_oid{}) {
        wanted = element;
        array = true;
    }
    auto const* row =
        builtin::find_cast(static_cast<std::uint32_t>(wanted), static_cast<std::uint32_t>(wanted));
    if (row == nullptr || row->function == 0) return {};
    return {array ? cast_way::array : cast_way::function, object_oid{row->function}};
}

expression_ptr call_cast(object_oid function, expression_ptr operand, sql_type result,
                         std::int32_t modifier, bool is_explicit) {
    auto const position = operand->position;
    function_call call;
    call.function = function;
    call.arguments.push_back(std::move(operand));
    auto const* row = builtin::find_proc(to_underlying(function));
    if (row != nullptr && row->argument_count >= 2)
        call.arguments.push_back(number_constant(modifier, int4_type));
    if (row != nullptr && row->argument_count >= 3)
        call.arguments.push_back(number_constant(is_explicit ? 1 : 0, bool_type));
    return make_node(std::move(call), result, position);
}

expression_ptr to_domain(analysis_context const& context, expression_ptr operand, type_oid domain,
                         bool is_explicit) {
    if (!context.is_domain(domain)) return operand;
    auto const position = operand->position;
    coercion made;
    made.how = coercion::kind::to_domain;
    made.operand = std::move(operand);
    made.is_explicit = is_explicit;
    return make_node(std::move(made), {domain, -1}, position);
}

expression_ptr wrapped(coercion::kind how, expression_ptr operand, sql_type type,
                       bool is_explicit) {
    auto const position = operand->position;
    coercion made;
    made.how = how;
    made.operand = std::move(operand);
    made.is_explicit = is_explicit;
    return make_node(std::move(made), type, position);
}

// ROW(...) or a record value to a named row type: field by field where the fields are known.
outcome<expression_ptr> record_to_composite(analysis_context& context, expression_ptr operand,
                                            type_oid target, coercion_context how,
                                            bool is_explicit) {
    auto const relation = context.catalog().relation_of_type(target);
    auto const* row = std::get_if<row_constructor>(&operand->node);
    if (!relation || row == nullptr)
        return cannot_cast(context, *operand, target, operand->position);
    row_constructor made;
    std::size_t field = 0;
    auto const mismatch = [&](char const* detail) {
        return cannot_cast(context, *operand, target, operand->position).with_detail(detail);
    };
    for (auto const& column : relation->columns) {
        if (column.dropped) continue;
        if (field >= row->fields.size()) return mismatch("Input has too few columns.");
        SLUICE_TRY(auto value,
                   coerce_to_target(context, row->fields[field], column.type, how, is_explicit));
        ++field;
        if (!value) return mismatch("Cannot cast a column.");
        made.fields.push_back(std::move(value));
    }
    if (field != row->fields.size()) return mismatch("Input has too many columns.");
    auto const base = context.base_of(target);
    auto const position = operand->position;
    auto out = make_node(std::move(made), {base, -1}, position);
    return to_domain(context, std::move(out), target, is_explicit);
}

outcome<expression_ptr> cast_array(analysis_context& context, expression_ptr operand,
                                   sql_type target, coercion_context how, bool is_explicit) {
    auto const source_element = context.element_of_base(operand->type.oid);
    auto const target_element = context.element_of_base(target.oid);
    auto const placeholder = make_node(case_argument{}, {source_element, -1}, operand->position);
    SLUICE_TRY(auto element, coerce_to_target(context, placeholder,
                                              {target_element, target.modifier}, how, is_explicit));
    if (!element) return cannot_cast(context, *operand, target.oid, operand->position);
    auto const position = operand->position;
    coercion made;
    made.how = coercion::kind::array_elements;
    made.operand = std::move(operand);
    made.is_explicit = is_explicit;
    made.element = std::move(element);
    return make_node(std::move(made), target, position);
}

outcome<expression_ptr> follow(analysis_context& context, cast_path path, expression_ptr operand,
                               sql_type target, coercion_context how, bool is_explicit) {
    auto const base = context.base_of(sql_type{target.oid, target.modifier});
    auto const base_modifier = context.is_domain(target.oid) ? base.modifier : target.modifier;
    switch (path.way) {
        case cast_way::function: {
            auto made = call_cast(path.function, std::move(operand), {base.oid, base_modifier},
                                  base_modifier, is_explicit);
            auto const* row = builtin::find_proc(to_underlying(path.function));
            // A function that takes no modifier leaves it to apply_modifier().
            if (row == nullptr || row->argument_count < 2) {
                auto plain = std::make_shared<expression>(*made);
                plain->type.modifier = -1;
                made = std::move(plain);
            }
            if (context.is_domain(target.oid) && base.modifier >= 0) {
                SLUICE_TRY(made, apply_modifier(context, std::move(made), base, is_explicit));
            }
            return to_domain(context, std::move(made), target.oid, is_explicit);
        }
        case cast_way::array: {
            SLUICE_TRY(auto made, cast_array(context, std::move(operand), {base.oid, base_modifier},
                                             how, is_explicit));
            return to_domain(context, std::move(made), target.oid, is_explicit);
        }
        case cast_way::through_text: {
            auto made = wrapped(coercion::kind::through_text, std::move(operand), {base.oid, -1},
                                is_explicit);
            return to_domain(context, std::move(made), target.oid, is_explicit);
        }
        case cast_way::relabel:
        case cast_way::none:
            break;
    }
    if (context.is_domain(target.oid) && context.base_of(operand->type.oid) == base.oid) {
        if (operand->type.oid != base.oid)
            operand = wrapped(coercion::kind::relabel, std::move(operand), {base.oid, -1}, false);
        if (base.modifier >= 0) {
            SLUICE_TRY(operand, apply_modifier(context, std::move(operand), base, is_explicit));
        }
        return to_domain(context, std::move(operand), target.oid, is_explicit);
    }
    return wrapped(coercion::kind::relabel, std::move(operand), {target.oid, -1}, is_explicit);
}

}  // namespace

sql_error cannot_cast(analysis_context const& context, expression const& operand, type_oid target,
                      std::int32_t position) {
    return sql_error("42846", "cannot cast type " + context.name(operand.type.oid) + " to " +
                                  context.name(target))
        .at(position);
}

outcome<expression_ptr> settle_parameter(analysis_context& context, expression const& operand,
                                         type_oid target) {
    auto const number = std::get<parameter>(operand.node).number;
    auto& state = context.parameters()[number - 1];
    if (is_unknown(state.type) || state.type == type_oid{}) {
        state.type = target;
    } else if (state.type != target) {
        return sql_error("42P08",
                         "inconsistent types deduced for parameter $" + std::to_string(number))
            .with_detail(context.name(state.type) + " versus " + context.name(target))
            .at(operand.position);
    }
    return make_node(parameter{number}, {target, -1}, operand.position);
}

outcome<expression_ptr> coerce_type(analysis_context& context, expression_ptr operand,
                                    sql_type target, coercion_context how, bool is_explicit) {
    auto const source = operand->type.oid;
    if (source == target.oid) return operand;
    if (target.oid == oid::any_type || target.oid == oid::anyelement ||
        target.oid == oid::anynonarray || target.oid == oid::anycompatible ||
        target.oid == oid::anycompatiblenonarray)
        return operand;
    if (target.oid == oid::anyarray || target.oid == oid::anyenum || target.oid == oid::anyrange ||
        target.oid == oid::anymultirange || target.oid == oid::anycompatiblearray ||
        target.oid == oid::anycompatiblerange || target.oid == oid::anycompatiblemultirange) {
        if (!is_unknown(source)) {
            auto const base = context.base_of(source);
            if (base != source)
                return wrapped(coercion::kind::relabel, std::move(operand), {base, -1}, false);
            return operand;
        }
    }
    if (is_unknown(source)) {
        if (is_untyped_literal(*operand))
            return type_literal(context, *operand, target, is_explicit);
        if (std::holds_alternative<parameter>(operand->node))
            return settle_parameter(context, *operand, target.oid);
    }
    auto const path = find_cast_path(context, target.oid, source, how);
    if (path.way != cast_way::none)
        return follow(context, path, std::move(operand), target, how, is_explicit);
    if (is_unknown(source))
        return wrapped(coercion::kind::through_text, std::move(operand), target, is_explicit);
    if (source == oid::record && context.is_composite(target.oid))
        return record_to_composite(context, std::move(operand), target.oid, how, is_explicit);
    if (target.oid == oid::record && context.is_composite(source)) return operand;
    if (target.oid == oid::record_array && context.is_composite(context.element_of_base(source)))
        return operand;
    return cannot_cast(context, *operand, target.oid, operand->position);
}

outcome<expression_ptr> apply_modifier(analysis_context& context, expression_ptr operand,
                                       sql_type target, bool is_explicit) {
    if (target.modifier < 0 || operand->type.modifier == target.modifier) return operand;
    auto const found = find_length_function(context, target.oid);
    if (found.way == cast_way::none) return operand;
    if (found.way == cast_way::function)
        return call_cast(found.function, std::move(operand), target, target.modifier, is_explicit);
    auto const element = context.element_of(target.oid);
    auto const position = operand->position;
    coercion made;
    made.how = coercion::kind::array_elements;
    made.element = call_cast(found.function, make_node(case_argument{}, {element, -1}, position),
                             {element, target.modifier}, target.modifier, is_explicit);
    made.operand = std::move(operand);
    made.is_explicit = is_explicit;
    return make_node(std::move(made), target, position);
}

outcome<expression_ptr> coerce_to_target(analysis_context& context, expression_ptr operand,
                                         sql_type target, coercion_context how, bool is_explicit) {
    auto const source = operand->type.oid;
    if (!can_coerce(context, {&source, 1}, {&target.oid, 1}, how)) return expression_ptr{};
    SLUICE_TRY(auto made, coerce_type(context, std::move(operand), target, how, is_explicit));
    if (context.is_domain(target.oid)) return made;
    return apply_modifier(context, std::move(made), target, is_explicit);
}

outcome<expression_ptr> coerce_to_boolean(analysis_context& context, expression_ptr operand,
                                          std::string_view construct) {
    return coerce_to_specific(context, std::move(operand), oid::boolean, construct);
}

outcome<expression_ptr> coerce_to_specific(analysis_context& context, expression_ptr operand,
                                           type_oid target, std::string_view construct) {
    if (operand->type.oid == target) return operand;
    auto const source = operand->type.oid;
    auto const position = operand->position;
    SLUICE_TRY(auto made, coerce_to_target(context, std::move(operand), {target, -1},
                                           coercion_context::assignment, false));
    if (made) return made;
    return sql_error("42804", "argument of " + std::string(construct) + " must be type " +
                                  context.name(target) + ", not type " + context.name(source))
        .at(position);
}

}  // namespace sluice::sql
