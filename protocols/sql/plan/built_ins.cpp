// The expressions that the engine computes itself: comparisons, three-valued logic, checked integer
// arithmetic, the conditional forms.
#include <algorithm>

#include "protocols/sql/functions/function_table.hpp"
#include "protocols/sql/plan/engine_values.hpp"
#include "protocols/sql/plan/plan_nodes.hpp"
#include "protocols/sql/plan/scalar_maker.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql::engine {

using relational::builtin;
using relational::kind;
using relational::scalar_ptr;

namespace {

constexpr relational::value_type truth{kind::boolean};

bool is_integer(relational::value_type type) {
    return !type.is_list &&
           (type.what == kind::int16 || type.what == kind::int32 || type.what == kind::int64);
}
bool is_float(relational::value_type type) {
    return !type.is_list && (type.what == kind::float32 || type.what == kind::float64);
}

bool is_plain_integer(type_oid type) {
    return type == oid::int2 || type == oid::int4 || type == oid::int8;
}

// int4pl, int24mi, int48mul, ...
std::optional<builtin> integer_arithmetic(std::string_view source) {
    if (!source.starts_with("int")) return std::nullopt;
    source.remove_prefix(3);
    auto const digits = source.find_first_not_of("248");
    if (digits == 0 || digits > 2 || digits == std::string_view::npos) return std::nullopt;
    source.remove_prefix(digits);
    if (source == "pl") return builtin::add;
    if (source == "mi") return builtin::subtract;
    if (source == "mul") return builtin::multiply;
    return std::nullopt;
}

bool is_integer_cast(std::string_view source) {
    for (auto const* each : {"int48", "int84", "i2toi4", "i4toi2", "int28", "int82", "i4tod",
                             "i2tod", "i8tod", "ftod"})
        if (source == each) return true;
    return false;
}

}  // namespace

scalar_ptr scalar_maker::built_in(expression_ptr const& of) {
    auto const& self = *of;
    auto const known = row_.computed.find(of.get());
    if (known != row_.computed.end())
        return column_of(known->second.index, engine_type_of(known->second.type));
    if (auto fixed = constant_of(self)) return fixed;
    if (auto const* call = std::get_if<function_call>(&self.node)) return of_call(*call, self.type);
    auto const visit = [&](auto const& node) -> scalar_ptr {
        if constexpr (requires { of_node(node, self); }) return of_node(node, self);
        else return nullptr;
    };
    return std::visit(visit, self.node);
}

scalar_ptr scalar_maker::of_node(column_reference const& node, expression const&) {
    if (node.levels_up != 0) return nullptr;
    auto const found = row_.columns.find({node.relation, node.column});
    if (found == row_.columns.end()) return nullptr;
    return column_of(found->second.index, engine_type_of(found->second.type));
}

// varchar as text, and such: the same bytes.
scalar_ptr scalar_maker::of_node(coercion const& node, expression const& self) {
    if (node.how != coercion::kind::relabel) return nullptr;
    auto operand = built_in(node.operand);
    if (!operand || operand->type != engine_type_of(self.type.oid)) return nullptr;
    return operand->type.what == kind::opaque ? nullptr : operand;
}

scalar_ptr scalar_maker::list_of_built_ins(builtin what, std::vector<expression_ptr> const& operands,
                                           relational::value_type type) {
    std::vector<scalar_ptr> made;
    for (auto const& each : operands) {
        made.push_back(built_in(each));
        if (!made.back()) return nullptr;
    }
    return call_of(what, std::move(made), type);
}

scalar_ptr scalar_maker::of_call(function_call const& call, sql_type type) {
    auto const* facts = find_function_facts(call.function);
    if (facts == nullptr || call.variadic) return nullptr;
    if (call.arguments.size() == 2) {
        if (auto const what = comparison_of(call.function))
            return comparison(*what, call.arguments[0], call.arguments[1]);
        if (auto const what = integer_arithmetic(facts->source))
            return arithmetic(call, *what, type);
        if (facts->source == "textcat" && facts->arguments[0] == oid::text)
            return list_of_built_ins(builtin::concatenate_text, call.arguments, {kind::text});
    }
    if (call.arguments.size() != 1) return nullptr;
    if (facts->source == "textlen")
        return list_of_built_ins(builtin::character_length, call.arguments, {kind::int32});
    if (!is_integer_cast(facts->source)) return nullptr;
    auto operand = built_in(call.arguments[0]);
    if (!operand || !(is_integer(operand->type) || operand->type.what == kind::float32))
        return nullptr;
    return converted(std::move(operand), engine_type_of(type.oid));
}

scalar_ptr scalar_maker::arithmetic(function_call const& call, builtin what, sql_type type) {
    auto const wanted = engine_type_of(type.oid);
    std::vector<scalar_ptr> made;
    for (auto const& each : call.arguments) {
        if (!is_plain_integer(each->type.oid)) return nullptr;
        auto operand = built_in(each);
        if (!operand) return nullptr;
        made.push_back(converted(std::move(operand), wanted));
    }
    return call_of(what, std::move(made), wanted);
}

scalar_ptr scalar_maker::comparison(builtin what, expression_ptr const& left,
                                    expression_ptr const& right) {
    auto one = make(left), other = make(right);
    if (!one || !other) return nullptr;
    if (one->type == other->type && engine_order_of(left->type.oid) ==
                                        engine_order_of(right->type.oid)) {
        one = equal_form(std::move(one), left->type.oid);
        other = equal_form(std::move(other), right->type.oid);
        if (!one || !other) return nullptr;
        return call_of(what, {std::move(one), std::move(other)});
    }
    if (is_plain_integer(left->type.oid) && is_plain_integer(right->type.oid)) {
        auto const wide = one->type.what > other->type.what ? one->type : other->type;
        return call_of(what, {converted(std::move(one), wide), converted(std::move(other), wide)});
    }
    if (is_float(one->type) && is_float(other->type)) {
        relational::value_type const wide{kind::float64};
        return call_of(what, {converted(std::move(one), wide), converted(std::move(other), wide)});
    }
    return nullptr;
}

// What may fail is left to one call of ours, which stops where PostgreSQL does.
scalar_ptr scalar_maker::of_node(boolean_operation const& node, expression const&) {
    std::vector<scalar_ptr> made;
    for (auto const& each : node.operands) {
        if (node.what != boolean_operation::kind::negation && !cannot_fail(*each)) return nullptr;
        made.push_back(make(each));
        if (!made.back()) return nullptr;
    }
    switch (node.what) {
        case boolean_operation::kind::all: return call_of(builtin::logical_and, std::move(made));
        case boolean_operation::kind::any: return call_of(builtin::logical_or, std::move(made));
        case boolean_operation::kind::negation: break;
    }
    return call_of(builtin::logical_not, std::move(made));
}

scalar_ptr scalar_maker::of_node(null_test const& node, expression const&) {
    if (!engine_carries(node.operand->type.oid)) return nullptr;
    auto operand = make(node.operand);
    if (!operand) return nullptr;
    return call_of(node.is_null ? builtin::is_null : builtin::is_not_null, {std::move(operand)});
}

scalar_ptr scalar_maker::of_node(boolean_test const& node, expression const&) {
    auto operand = make(node.operand);
    if (!operand) return nullptr;
    using test = boolean_test::kind;
    auto const is = [&](bool wanted) {
        return call_of(builtin::is_not_distinct, {operand, literal_of({wanted}, truth)});
    };
    auto const is_not = [&](bool wanted) {
        return call_of(builtin::is_distinct, {operand, literal_of({wanted}, truth)});
    };
    switch (node.what) {
        case test::is_true: return is(true);
        case test::is_not_true: return is_not(true);
        case test::is_false: return is(false);
        case test::is_not_false: return is_not(false);
        case test::is_unknown: return call_of(builtin::is_null, {operand});
        case test::is_not_unknown: break;
    }
    return call_of(builtin::is_not_null, {operand});
}

scalar_ptr scalar_maker::of_node(distinct_test const& node, expression const&) {
    auto const what = comparison_of(node.equality);
    if (!what || *what != builtin::equal) return nullptr;
    return comparison(builtin::is_distinct, node.left, node.right);
}

scalar_ptr scalar_maker::of_node(coalesce const& node, expression const& self) {
    for (auto const& each : node.operands)
        if (!cannot_fail(*each)) return nullptr;
    return list_of_built_ins(builtin::coalesce, node.operands, engine_type_of(self.type.oid));
}

scalar_ptr scalar_maker::of_node(case_when const& node, expression const& self) {
    if (node.argument || !cannot_fail(self)) return nullptr;
    relational::case_of made;
    for (auto const& [when, then] : node.branches) {
        made.branches.emplace_back(built_in(when), built_in(then));
        if (!made.branches.back().first || !made.branches.back().second) return nullptr;
    }
    if (node.otherwise) {
        made.otherwise = built_in(node.otherwise);
        if (!made.otherwise) return nullptr;
    }
    auto out = std::make_shared<relational::scalar>();
    out->what = std::move(made);
    out->type = engine_type_of(self.type.oid);
    return out;
}

// x = ANY of a constant array of x's type, x <> ALL of one.
scalar_ptr scalar_maker::of_node(array_comparison const& node, expression const&) {
    auto const what = comparison_of(node.function);
    if (!what || *what != (node.any ? builtin::equal : builtin::not_equal)) return nullptr;
    auto const type = node.left->type.oid;
    if (engine_order_of(type) != engine_order::itself) return nullptr;
    auto const* info = find_builtin_type(node.array->type.oid);
    if (info == nullptr || info->element != type) return nullptr;
    std::vector<scalar_ptr> elements;
    auto const* array = std::get_if<array_constructor>(&node.array->node);
    if (array != nullptr && !array->nested) {
        for (auto const& each : array->elements) elements.push_back(constant_of(*each));
    } else if (auto const* fixed = std::get_if<constant>(&node.array->node)) {
        auto const* held = std::get_if<std::shared_ptr<array_value const>>(&fixed->value);
        if (held == nullptr || !*held) return nullptr;
        for (auto const& each : (*held)->elements)
            elements.push_back(literal_of(to_engine(type, each, with_.io()), engine_type_of(type)));
    }
    auto left = make(node.left);
    auto const missing = std::find(elements.begin(), elements.end(), nullptr);
    if (!left || elements.empty() || missing != elements.end()) return nullptr;
    auto list_type = left->type;
    list_type.is_list = true;
    auto list = call_of(builtin::list_make, std::move(elements), list_type);
    auto found = call_of(builtin::list_contains_any, {std::move(left), std::move(list)});
    return node.any ? found : call_of(builtin::logical_not, {std::move(found)});
}

}  // namespace sluice::sql::engine
