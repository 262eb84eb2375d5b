// UNION, CASE and related constructs: the type that all branches become (manual 10.5).
#include <algorithm>

#include "protocols/sql/analyze/coercion.hpp"

namespace sluice::sql {

outcome<type_oid> common_type(analysis_context& context,
                              std::vector<expression_ptr> const& operands,
                              std::string_view construct, expression_ptr* which) {
    auto decides = operands.front();
    auto found = decides->type.oid;
    auto const same = [&](expression_ptr const& each) { return each->type.oid == found; };
    if (!is_unknown(found) && std::all_of(operands.begin(), operands.end(), same)) {
        if (which != nullptr) *which = decides;
        return found;
    }
    found = context.base_of(found);
    auto category = context.category(found);
    bool is_preferred = context.preferred(found);
    for (std::size_t i = 1; i < operands.size(); ++i) {
        auto const& each = operands[i];
        auto const type = context.base_of(each->type.oid);
        if (is_unknown(type) || type == found) continue;
        if (is_unknown(found)) {
            decides = each;
            found = type;
            category = context.category(type);
            is_preferred = context.preferred(type);
        } else if (context.category(type) != category) {
            if (construct.empty()) return type_oid{};
            return sql_error("42804", std::string(construct) + " types " + context.name(found) +
                                          " and " + context.name(type) + " cannot be matched")
                .at(each->position);
        } else if (!is_preferred) {
            std::array<type_oid, 1> const a{found}, b{type};
            if (can_coerce(context, a, b, coercion_context::implicit) &&
                !can_coerce(context, b, a, coercion_context::implicit)) {
                decides = each;
                found = type;
                is_preferred = context.preferred(type);
            }
        }
    }
    if (is_unknown(found)) found = oid::text;
    if (which != nullptr) *which = decides;
    return found;
}

outcome<expression_ptr> coerce_to_common(analysis_context& context, expression_ptr operand,
                                         type_oid target, std::string_view construct) {
    auto const source = operand->type.oid;
    if (source == target) return operand;
    if (can_coerce(context, {&source, 1}, {&target, 1}, coercion_context::implicit))
        return coerce_type(context, std::move(operand), {target, -1}, coercion_context::implicit,
                           false);
    return sql_error("42846", std::string(construct) + " could not convert type " +
                                  context.name(source) + " to " + context.name(target))
        .at(operand->position);
}

std::int32_t common_modifier(std::vector<expression_ptr> const& operands, type_oid type) {
    if (operands.empty()) return -1;
    auto const first = operands.front()->type.modifier;
    for (auto const& each : operands)
        if (each->type.oid != type || each->type.modifier != first) return -1;
    return first;
}

}  // namespace sluice::sql
