// Operators in all their written forms.
#include <algorithm>

#include "protocols/sql/analyze/coercion.hpp"
#include "protocols/sql/analyze/compound_expressions.hpp"
#include "protocols/sql/analyze/literals.hpp"
#include "protocols/sql/analyze/operators.hpp"
#include "protocols/sql/analyze/tree_walk.hpp"

namespace sluice::sql {
namespace {

using kind = syntax::operation::kind;

expression_ptr negated(expression_ptr operand, std::int32_t position) {
    boolean_operation made;
    made.what = boolean_operation::kind::negation;
    made.operands.push_back(std::move(operand));
    return make_node(std::move(made), {oid::boolean, -1}, position);
}

expression_ptr joined(boolean_operation::kind what, std::vector<expression_ptr> operands,
                      std::int32_t position) {
    if (operands.size() == 1) return std::move(operands.front());
    boolean_operation made;
    made.what = what;
    made.operands = std::move(operands);
    return make_node(std::move(made), {oid::boolean, -1}, position);
}

outcome<expression_ptr> compare(scope& in, syntax::qualified_name const& name, expression_ptr left,
                                expression_ptr right, std::int32_t position) {
    auto const* left_row = std::get_if<row_constructor>(&left->node);
    auto const* right_row = std::get_if<row_constructor>(&right->node);
    if (left_row != nullptr && right_row != nullptr && left->type.oid == oid::record &&
        right->type.oid == oid::record)
        return compare_rows(in, name, left_row->fields, right_row->fields, position);
    return make_operation(in.context, name, std::move(left), std::move(right), position);
}

outcome<expression_ptr> plain(scope& in, syntax::operation const& written, std::int32_t position) {
    // (row) op (subquery)
    if (written.left && written.right) {
        auto const* sublink = std::get_if<syntax::sublink>(&written.right->node);
        if (sublink != nullptr && sublink->what == syntax::sublink::kind::expression &&
            std::holds_alternative<syntax::row_expr>(written.left->node))
            return sql_error("0A000", "comparing a row with a subquery is not supported")
                .at(position);
    }
    expression_ptr left;
    if (written.left) {
        SLUICE_TRY(left, analyze_expr(in, written.left));
    }
    SLUICE_TRY(auto right, analyze_expr(in, written.right));
    if (!left) return make_operation(in.context, written.name, nullptr, std::move(right), position);
    return compare(in, written.name, std::move(left), std::move(right), position);
}

outcome<expression_ptr> distinct(scope& in, syntax::operation const& written,
                                 std::int32_t position) {
    SLUICE_TRY(auto left, analyze_expr(in, written.left));
    SLUICE_TRY(auto right, analyze_expr(in, written.right));
    expression_ptr made;
    auto const null_literal = [](expression const& each) {
        return is_untyped_literal(each) && is_null(std::get<constant>(each.node).value);
    };
    if (null_literal(*right) || null_literal(*left)) {
        null_test test;
        test.operand = null_literal(*right) ? std::move(left) : std::move(right);
        test.is_null = written.what == kind::not_distinct;
        return make_node(std::move(test), {oid::boolean, -1}, position);
    }
    auto const* left_row = std::get_if<row_constructor>(&left->node);
    auto const* right_row = std::get_if<row_constructor>(&right->node);
    auto const one = [&](expression_ptr a, expression_ptr b) -> outcome<expression_ptr> {
        SLUICE_TRY(auto const equal,
                   make_operation(in.context, {"="}, std::move(a), std::move(b), position));
        auto const& call = std::get<function_call>(equal->node);
        if (equal->type.oid != oid::boolean)
            return sql_error("42804", "IS DISTINCT FROM requires = operator to yield boolean")
                .at(position);
        distinct_test test;
        test.equality = call.function;
        test.left = call.arguments[0];
        test.right = call.arguments[1];
        return make_node(std::move(test), {oid::boolean, -1}, position);
    };
    if (left_row != nullptr && right_row != nullptr) {
        if (left_row->fields.size() != right_row->fields.size())
            return sql_error("42601", "unequal number of entries in row expressions").at(position);
        std::vector<expression_ptr> tests;
        for (std::size_t i = 0; i < left_row->fields.size(); ++i) {
            SLUICE_TRY(auto test, one(left_row->fields[i], right_row->fields[i]));
            tests.push_back(std::move(test));
        }
        made = tests.empty() ? boolean_constant(false, position)
                             : joined(boolean_operation::kind::any, std::move(tests), position);
    } else {
        SLUICE_TRY(made, one(std::move(left), std::move(right)));
    }
    return written.what == kind::not_distinct ? negated(std::move(made), position) : made;
}

outcome<expression_ptr> nullif(scope& in, syntax::operation const& written, std::int32_t position) {
    SLUICE_TRY(auto left, analyze_expr(in, written.left));
    SLUICE_TRY(auto right, analyze_expr(in, written.right));
    SLUICE_TRY(auto const equal,
               make_operation(in.context, {"="}, std::move(left), std::move(right), position));
    if (equal->type.oid != oid::boolean)
        return sql_error("42804", "NULLIF requires = operator to yield boolean").at(position);
    auto const& call = std::get<function_call>(equal->node);
    null_if made;
    made.equality = call.function;
    made.left = call.arguments[0];
    made.right = call.arguments[1];
    auto const type = made.left->type;
    return make_node(std::move(made), {type.oid, type.modifier}, position);
}

bool has_reference(expression const& node) {
    return any_of(node, [](expression const& each) {
        return std::holds_alternative<column_reference>(each.node) ||
               std::holds_alternative<whole_row_reference>(each.node) ||
               std::holds_alternative<system_column_reference>(each.node);
    });
}

outcome<expression_ptr> in_list(scope& in, syntax::operation const& written,
                                std::int32_t position) {
    bool const is_not = written.name.back() == "<>";
    SLUICE_TRY(auto const left, analyze_expr(in, written.left));
    std::vector<expression_ptr> all, fixed, moving, tests;
    for (auto const& each : written.list) {
        SLUICE_TRY(auto made, analyze_expr(in, each));
        (has_reference(*made) ? moving : fixed).push_back(made);
        all.push_back(std::move(made));
    }
    // Elements without columns become one array where they share a type.
    auto const is_row = [](expression_ptr const& each) {
        return std::holds_alternative<row_constructor>(each->node);
    };
    if (fixed.size() > 1 && !is_row(left) && std::none_of(fixed.begin(), fixed.end(), is_row)) {
        std::vector<expression_ptr> operands{left};
        operands.insert(operands.end(), fixed.begin(), fixed.end());
        SLUICE_TRY(auto const scalar, common_type(in.context, operands, {}));
        bool all_fit = scalar != type_oid{} && scalar != oid::record;
        for (auto const& each : operands) {
            auto const type = each->type.oid;
            all_fit = all_fit &&
                      can_coerce(in.context, {&type, 1}, {&scalar, 1}, coercion_context::implicit);
        }
        auto const array = all_fit ? in.context.array_of(scalar) : type_oid{};
        if (array != type_oid{}) {
            array_constructor made;
            for (auto& each : fixed) {
                SLUICE_TRY(auto element, coerce_to_common(in.context, each, scalar, "IN"));
                made.elements.push_back(std::move(element));
            }
            auto const values = make_node(std::move(made), {array, -1}, position);
            SLUICE_TRY(auto test, make_array_comparison(in.context, written.name, !is_not, left,
                                                        values, position));
            tests.push_back(std::move(test));
            all = std::move(moving);
        }
    }
    for (auto const& each : all) {
        SLUICE_TRY(auto test, compare(in, written.name, left, each, position));
        SLUICE_TRY(test, coerce_to_boolean(in.context, std::move(test), "IN"));
        tests.push_back(std::move(test));
    }
    return joined(is_not ? boolean_operation::kind::all : boolean_operation::kind::any,
                  std::move(tests), position);
}

outcome<expression_ptr> between(scope& in, syntax::operation const& written,
                                std::int32_t position) {
    SLUICE_TRY(auto const value, analyze_expr(in, written.left));
    auto const analyze_pair = [&](char const* low, char const* high, std::size_t first,
                                  std::size_t second,
                                  boolean_operation::kind how) -> outcome<expression_ptr> {
        std::vector<expression_ptr> tests;
        SLUICE_TRY(auto a, analyze_expr(in, written.list[first]));
        SLUICE_TRY(auto left, compare(in, {low}, value, std::move(a), position));
        SLUICE_TRY(auto b, analyze_expr(in, written.list[second]));
        SLUICE_TRY(auto right, compare(in, {high}, value, std::move(b), position));
        tests.push_back(std::move(left));
        tests.push_back(std::move(right));
        return joined(how, std::move(tests), position);
    };
    using how = boolean_operation::kind;
    switch (written.what) {
        case kind::between:
            return analyze_pair(">=", "<=", 0, 1, how::all);
        case kind::not_between:
            return analyze_pair("<", ">", 0, 1, how::any);
        default:
            break;
    }
    bool const is_not = written.what == kind::not_between_symmetric;
    auto const* low = is_not ? "<" : ">=";
    auto const* high = is_not ? ">" : "<=";
    auto const inner = is_not ? how::any : how::all;
    SLUICE_TRY(auto one, analyze_pair(low, high, 0, 1, inner));
    SLUICE_TRY(auto other, analyze_pair(low, high, 1, 0, inner));
    return joined(is_not ? how::all : how::any, {std::move(one), std::move(other)}, position);
}

}  // namespace

outcome<expression_ptr> analyze_operation(scope& in, syntax::operation const& written,
                                          std::int32_t position) {
    switch (written.what) {
        case kind::plain:
        case kind::like:
        case kind::ilike:
        case kind::similar:
            return plain(in, written, position);
        case kind::any:
        case kind::all: {
            SLUICE_TRY(auto left, analyze_expr(in, written.left));
            SLUICE_TRY(auto array, analyze_expr(in, written.right));
            return make_array_comparison(in.context, written.name, written.what == kind::any,
                                         std::move(left), std::move(array), position);
        }
        case kind::distinct:
        case kind::not_distinct:
            return distinct(in, written, position);
        case kind::null_if:
            return nullif(in, written, position);
        case kind::in:
            return in_list(in, written, position);
        case kind::between:
        case kind::not_between:
        case kind::between_symmetric:
        case kind::not_between_symmetric:
            return between(in, written, position);
    }
    return sql_error("XX000", "unrecognized operator");
}

outcome<expression_ptr> compare_rows(scope& in, syntax::qualified_name const& name,
                                     std::vector<expression_ptr> left,
                                     std::vector<expression_ptr> right, std::int32_t position) {
    if (left.size() != right.size())
        return sql_error("42601", "unequal number of entries in row expressions").at(position);
    if (left.empty()) return sql_error("0A000", "cannot compare rows of zero length").at(position);
    std::vector<expression_ptr> tests;
    row_comparison ordered;
    for (std::size_t i = 0; i < left.size(); ++i) {
        SLUICE_TRY(auto test, make_operation(in.context, name, left[i], right[i], position));
        if (test->type.oid != oid::boolean)
            return sql_error("42804", "row comparison operator must yield type boolean, not type " +
                                          in.context.name(test->type.oid))
                .at(position);
        auto const& call = std::get<function_call>(test->node);
        ordered.functions.push_back(call.function);
        ordered.left.push_back(call.arguments[0]);
        ordered.right.push_back(call.arguments[1]);
        tests.push_back(std::move(test));
    }
    if (tests.size() == 1) return tests.front();
    auto const& written = name.back();
    if (written == "=") return joined(boolean_operation::kind::all, std::move(tests), position);
    if (written == "<>") return joined(boolean_operation::kind::any, std::move(tests), position);
    using order = row_comparison::kind;
    if (written == "<")
        ordered.what = order::less;
    else if (written == "<=")
        ordered.what = order::less_equal;
    else if (written == ">=")
        ordered.what = order::greater_equal;
    else if (written == ">")
        ordered.what = order::greater;
    else
        return sql_error("0A000",
                         "could not determine interpretation of row comparison operator " + written)
            .with_hint("Row comparison operators must be associated with btree operator families.")
            .at(position);
    return make_node(std::move(ordered), {oid::boolean, -1}, position);
}

}  // namespace sluice::sql
