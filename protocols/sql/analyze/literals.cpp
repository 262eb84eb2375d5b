#include "protocols/sql/analyze/literals.hpp"

#include <algorithm>
#include <charconv>

#include "protocols/sql/analyze/coercion.hpp"

namespace sluice::sql {
namespace {

expression_ptr through_text(expression const& literal, sql_type target, bool is_explicit) {
    coercion made;
    made.how = coercion::kind::through_text;
    made.operand = std::make_shared<expression>(literal);
    made.is_explicit = is_explicit;
    return make_node(std::move(made), target, literal.position);
}

outcome<expression_ptr> enum_literal(analysis_context& context, expression const& literal,
                                     std::string const& text, type_oid target) {
    auto const* user = context.catalog().find_user_type(target);
    if (user == nullptr ||
        std::find(user->labels.begin(), user->labels.end(), text) == user->labels.end())
        return sql_error("22P02", "invalid input value for enum " + context.name(target) + ": \"" +
                                      text + "\"")
            .at(literal.position);
    return make_node(constant{text}, {target, -1}, literal.position);
}

outcome<expression_ptr> input(analysis_context& context, expression const& literal,
                              std::string const& text, sql_type target, bool is_explicit) {
    if (is_name_type(target.oid)) {
        auto value = name_literal(context, target.oid, text);
        if (value.has_error()) {
            if (value.error()->position == 0) value.error()->position = literal.position;
            return std::move(value).error();
        }
        return make_node(constant{std::move(*value)}, target, literal.position);
    }
    if (context.is_enum(target.oid)) return enum_literal(context, literal, text, target.oid);
    auto const* row = context.type(target.oid);
    bool const served = row != nullptr && row->kind != 'c' && row->oid < 16384;
    if (!context.settings().input || !served) return through_text(literal, target, is_explicit);
    auto value = context.settings().input(target, text);
    if (value.has_error()) {
        auto raised = std::move(value).error();
        // A type whose input is not served is refused when the value is needed.
        if (std::string_view(raised.sqlstate) == "0A000")
            return through_text(literal, target, is_explicit);
        raised.position = literal.position;
        return raised;
    }
    return make_node(constant{std::move(*value)}, target, literal.position);
}

}  // namespace

expression_ptr null_constant(sql_type type, std::int32_t position) {
    return make_node(constant{sql_null{}}, type, position);
}
expression_ptr boolean_constant(bool value, std::int32_t position) {
    return make_node(constant{value}, {oid::boolean, -1}, position);
}
expression_ptr integer_constant(std::int32_t value, std::int32_t position) {
    return make_node(constant{std::int64_t{value}}, {oid::int4, -1}, position);
}

outcome<expression_ptr> type_literal(analysis_context& context, expression const& literal,
                                     sql_type target, bool is_explicit) {
    auto const base = context.base_of(target);
    auto const& value = std::get<constant>(literal.node).value;
    // Only interval's input needs the modifier; the others apply their length function after it.
    auto const modifier = base.oid == oid::interval ? base.modifier : -1;
    expression_ptr made;
    if (is_null(value)) {
        made = null_constant({base.oid, modifier}, literal.position);
    } else {
        SLUICE_TRY(made, input(context, literal, std::get<std::string>(value), {base.oid, modifier},
                               is_explicit));
    }
    if (!context.is_domain(target.oid)) return made;
    SLUICE_TRY(made, apply_modifier(context, std::move(made), base, is_explicit));
    coercion domain;
    domain.how = coercion::kind::to_domain;
    domain.operand = std::move(made);
    domain.is_explicit = is_explicit;
    return make_node(std::move(domain), {target.oid, -1}, literal.position);
}

outcome<expression_ptr> analyze_literal(analysis_context& context, syntax::literal const& written,
                                        std::int32_t position) {
    using kind = syntax::literal::kind;
    switch (written.what) {
        case kind::null:
            return null_constant({oid::unknown, -1}, position);
        case kind::boolean:
            return boolean_constant(written.integer != 0, position);
        case kind::integer:
            return integer_constant(written.integer, position);
        case kind::string:
            return make_node(constant{written.text}, {oid::unknown, -1}, position);
        case kind::floating: {
            std::int64_t value = 0;
            auto const* end = written.text.data() + written.text.size();
            auto const [at, failed] = std::from_chars(written.text.data(), end, value);
            if (failed == std::errc() && at == end) {
                bool const small = value == static_cast<std::int32_t>(value);
                return make_node(constant{value}, {small ? oid::int4 : oid::int8, -1}, position);
            }
            auto const text = make_node(constant{written.text}, {oid::unknown, -1}, position);
            return type_literal(context, *text, {oid::numeric, -1}, false);
        }
        case kind::bits: {
            auto const text = make_node(constant{written.text}, {oid::unknown, -1}, position);
            return type_literal(context, *text, {oid::bit, -1}, false);
        }
    }
    return null_constant({oid::unknown, -1}, position);
}

}  // namespace sluice::sql
