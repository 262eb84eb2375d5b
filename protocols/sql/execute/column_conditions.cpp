#include "protocols/sql/execute/column_conditions.hpp"

#include "protocols/sql/catalog/builtin_rows.hpp"
#include "protocols/sql/plan/expression_walk.hpp"
#include "protocols/sql/types/type_info.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

bool is_integer(type_oid type) {
    return type == oid::int2 || type == oid::int4 || type == oid::int8;
}
bool is_text(type_oid type) { return type == oid::text || type == oid::varchar; }
bool same_order(type_oid column, type_oid value) {
    return column == value || (is_integer(column) && is_integer(value)) ||
           (is_text(column) && is_text(value));
}

// The column of `self` behind binary-coercible relabelling; 0: something else.
std::int16_t column_of(expression const& node, std::uint32_t self) {
    if (auto const* column = std::get_if<column_reference>(&node.node))
        return column->levels_up == 0 && column->relation == self
                   ? static_cast<std::int16_t>(column->column + 1)
                   : std::int16_t{0};
    auto const* cast = std::get_if<coercion>(&node.node);
    if (cast == nullptr || cast->how != coercion::kind::relabel) return 0;
    if (!is_text(node.type.oid) || !is_text(cast->operand->type.oid)) return 0;
    return column_of(*cast->operand, self);
}

bool comparison_named(object_oid operator_oid, comparison& how) {
    auto const* row = builtin::find_operator(static_cast<std::uint32_t>(operator_oid));
    if (row == nullptr) return false;
    if (row->name == "=") how = comparison::equal;
    else if (row->name == "<") how = comparison::less;
    else if (row->name == "<=") how = comparison::less_equal;
    else if (row->name == ">") how = comparison::greater;
    else if (row->name == ">=") how = comparison::greater_equal;
    else return false;
    return true;
}

comparison turned(comparison how) {
    switch (how) {
        case comparison::less: return comparison::greater;
        case comparison::less_equal: return comparison::greater_equal;
        case comparison::greater: return comparison::less;
        case comparison::greater_equal: return comparison::less_equal;
        default: return how;
    }
}

bool is_volatile_free(expression const& value) {
    bool fine = true;
    walk(value, [&](expression const& node) {
        if (auto const* call = std::get_if<function_call>(&node.node)) {
            auto const* row = builtin::find_proc(static_cast<std::uint32_t>(call->function));
            fine = fine && row != nullptr && row->volatility != 'v';
        }
        fine = fine && !std::holds_alternative<subquery_expression>(node.node) &&
               !std::holds_alternative<sequence_default>(node.node);
    });
    return fine;
}

}  // namespace

bool as_column_condition(expression const& condition, std::uint32_t self, column_condition& out) {
    auto fits = [&](expression const& column, expression const& value, type_oid value_type) {
        out.column = column_of(column, self);
        if (out.column == 0 || (relations_of(value) & relation_bit(self)) != 0) return false;
        out.value = &value;
        return same_order(column.type.oid, value_type) && is_volatile_free(value);
    };
    if (auto const* call = std::get_if<function_call>(&condition.node)) {
        if (call->arguments.size() != 2 || !comparison_named(call->operator_oid, out.how))
            return false;
        auto const& left = *call->arguments[0];
        auto const& right = *call->arguments[1];
        if (fits(left, right, right.type.oid)) return true;
        out.how = turned(out.how);
        return fits(right, left, left.type.oid);
    }
    if (auto const* list = std::get_if<array_comparison>(&condition.node)) {
        if (!list->any || !comparison_named(list->operator_oid, out.how) ||
            out.how != comparison::equal)
            return false;
        out.how = comparison::one_of;
        return fits(*list->left, *list->array, builtin_element_of(list->array->type.oid));
    }
    return false;
}

bool as_prefix_condition(expression const& condition, std::uint32_t self, prefix_condition& out) {
    auto const* call = std::get_if<function_call>(&condition.node);
    if (call == nullptr || call->arguments.size() != 2) return false;
    auto const* row = builtin::find_proc(static_cast<std::uint32_t>(call->function));
    if (row == nullptr) return false;
    out.is_pattern = row->name == "textlike";
    if (!out.is_pattern && row->name != "starts_with") return false;
    auto const& value = *call->arguments[1];
    out.column = column_of(*call->arguments[0], self);
    out.value = &value;
    return out.column != 0 && is_text(value.type.oid) &&
           (relations_of(value) & relation_bit(self)) == 0 && is_volatile_free(value);
}

std::string fixed_prefix(std::string_view pattern) {
    return std::string(pattern.substr(0, pattern.find_first_of("%_\\")));
}

}  // namespace sluice::sql
