#include "protocols/sql/analyze/context.hpp"

namespace sluice::sql {

analysis_context::analysis_context(catalog_snapshot const& catalog,
                                   analysis_settings const& settings,
                                   std::vector<type_oid> const& parameters)
    : catalog_(catalog), settings_(settings), path_(&settings.path) {
    for (auto const given : parameters) {
        bool const told = given != type_oid{} && !is_unknown(given);
        parameters_.push_back({given, told});
    }
}

type_oid analysis_context::base_of(type_oid given) const noexcept {
    for (auto const* row = type(given); row != nullptr && row->kind == 'd'; row = type(given))
        given = type_oid{row->base};
    return given;
}
sql_type analysis_context::base_of(sql_type given) const noexcept {
    for (auto const* row = type(given.oid); row != nullptr && row->kind == 'd';
         row = type(given.oid))
        given = {type_oid{row->base}, row->base_modifier};
    return given;
}
type_oid analysis_context::element_of(type_oid array) const noexcept {
    auto const* row = type(array);
    return row != nullptr && row->is_true_array() ? type_oid{row->element} : type_oid{};
}
type_oid analysis_context::element_of_base(type_oid array) const noexcept {
    return element_of(base_of(array));
}
type_oid analysis_context::array_of(type_oid element) const noexcept {
    auto const* row = type(element);
    return row != nullptr ? type_oid{row->array} : type_oid{};
}
type_oid analysis_context::range_subtype(type_oid range) const noexcept {
    auto const* row = builtin::find_range(static_cast<std::uint32_t>(range));
    return row != nullptr ? type_oid{row->subtype} : type_oid{};
}
type_oid analysis_context::range_of_multirange(type_oid multirange) const noexcept {
    auto const* row = builtin::find_range_of_multirange(static_cast<std::uint32_t>(multirange));
    return row != nullptr ? type_oid{row->type} : type_oid{};
}
char analysis_context::category(type_oid given) const noexcept {
    auto const* row = type(given);
    return row != nullptr ? row->category : '\0';
}
bool analysis_context::preferred(type_oid given) const noexcept {
    auto const* row = type(given);
    return row != nullptr && row->preferred;
}
bool analysis_context::is_domain(type_oid given) const noexcept {
    auto const* row = type(given);
    return row != nullptr && row->kind == 'd';
}
bool analysis_context::is_enum(type_oid given) const noexcept {
    auto const* row = type(given);
    return row != nullptr && row->kind == 'e';
}
bool analysis_context::is_range(type_oid given) const noexcept {
    auto const* row = type(given);
    return row != nullptr && row->kind == 'r';
}
bool analysis_context::is_multirange(type_oid given) const noexcept {
    auto const* row = type(given);
    return row != nullptr && row->kind == 'm';
}
bool analysis_context::is_composite(type_oid given) const noexcept {
    auto const* row = type(base_of(given));
    return row != nullptr && row->kind == 'c';
}
bool analysis_context::is_collatable(type_oid given) const noexcept {
    auto const* row = type(given);
    if (row == nullptr) return false;
    if (row->is_true_array()) return is_collatable(type_oid{row->element});
    if (row->kind == 'd') return is_collatable(type_oid{row->base});
    return row->collation != 0;
}
std::string analysis_context::name(type_oid given) const {
    return catalog_.format_type({given, -1}, path());
}
std::string analysis_context::name(sql_type given) const {
    return catalog_.format_type(given, path());
}

sql_error too_deep_error() { return sql_error("54001", "stack depth limit exceeded"); }

bool is_untyped_literal(expression const& given) noexcept {
    return is_unknown(given.type.oid) && std::holds_alternative<constant>(given.node);
}

bool is_polymorphic(type_oid given) noexcept {
    return given == oid::anyelement || given == oid::anyarray || given == oid::anynonarray ||
           given == oid::anyenum || given == oid::anyrange || given == oid::anymultirange ||
           given == oid::anycompatible || given == oid::anycompatiblearray ||
           given == oid::anycompatiblenonarray || given == oid::anycompatiblerange ||
           given == oid::anycompatiblemultirange;
}

}  // namespace sluice::sql
