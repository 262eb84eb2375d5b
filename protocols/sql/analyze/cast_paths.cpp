// Which casts there are.
#include "protocols/sql/analyze/coercion.hpp"

namespace sluice::sql {
namespace {

std::uint32_t number(type_oid type) noexcept { return static_cast<std::uint32_t>(type); }

bool allowed(char context, coercion_context wanted) noexcept {
    if (wanted == coercion_context::implicit) return context == 'i';
    if (wanted == coercion_context::assignment) return context != 'e';
    return true;
}

cast_path path_of_row(cast_row const& row, coercion_context context) {
    if (!allowed(row.context, context)) return {};
    if (row.method == 'f') return {cast_way::function, object_oid{row.function}};
    return {row.method == 'b' ? cast_way::relabel : cast_way::through_text, {}};
}

}  // namespace

cast_path find_cast_path(analysis_context const& context, type_oid target, type_oid source,
                         coercion_context how) {
    source = context.base_of(source);
    target = context.base_of(target);
    if (source == target) return {cast_way::relabel, {}};
    if (auto const* row = builtin::find_cast(number(source), number(target)))
        return path_of_row(*row, how);
    // An array as its elements (not the vectors, which are fixed arrays of their own).
    auto const target_element = context.element_of(target);
    auto const source_element = context.element_of(source);
    bool const is_vector = target == oid::int2vector || target == oid::oidvector;
    if (!is_vector && target_element != type_oid{} && source_element != type_oid{}) {
        auto const element = find_cast_path(context, target_element, source_element, how);
        if (element.way != cast_way::none) {
            if (element.way == cast_way::relabel && !context.is_domain(target_element))
                return {cast_way::relabel, {}};
            return {cast_way::array, {}};
        }
    }
    // Anything through its text form: by assignment to a string type, explicitly from one.
    if (how >= coercion_context::assignment && context.category(target) == 'S')
        return {cast_way::through_text, {}};
    if (how >= coercion_context::explicit_cast && context.category(source) == 'S')
        return {cast_way::through_text, {}};
    return {};
}

bool is_binary_coercible(analysis_context const& context, type_oid source, type_oid target) {
    if (source == target || target == oid::any_type || target == oid::anyelement ||
        target == oid::anycompatible)
        return true;
    source = context.base_of(source);
    if (source == target) return true;
    auto const is_array = context.element_of(source) != type_oid{};
    if (target == oid::anyarray || target == oid::anycompatiblearray) return is_array;
    if (target == oid::anynonarray || target == oid::anycompatiblenonarray) return !is_array;
    if (target == oid::anyenum) return context.is_enum(source);
    if (target == oid::anyrange || target == oid::anycompatiblerange)
        return context.is_range(source);
    if (target == oid::anymultirange || target == oid::anycompatiblemultirange)
        return context.is_multirange(source);
    if (target == oid::record && context.is_composite(source)) return true;
    if (target == oid::record_array && is_array && context.is_composite(context.element_of(source)))
        return true;
    auto const* row = builtin::find_cast(number(source), number(target));
    return row != nullptr && row->method == 'b' && row->context == 'i';
}

bool can_coerce(analysis_context const& context, std::span<type_oid const> from,
                std::span<type_oid const> to, coercion_context how) {
    bool has_generics = false;
    for (std::size_t i = 0; i < from.size(); ++i) {
        auto const source = from[i];
        auto const target = to[i];
        if (source == target || target == oid::any_type) continue;
        if (is_polymorphic(target)) {
            has_generics = true;
            continue;
        }
        if (is_unknown(source)) continue;
        if (find_cast_path(context, target, source, how).way != cast_way::none) continue;
        if (source == oid::record && context.is_composite(target)) continue;
        if (target == oid::record && context.is_composite(source)) continue;
        if (target == oid::record_array && context.is_composite(context.element_of_base(source)))
            continue;
        return false;
    }
    return !has_generics || polymorphic_types_agree(context, from, to);
}

}  // namespace sluice::sql
