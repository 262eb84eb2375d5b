#include "protocols/sql/types/type_info.hpp"

#include <algorithm>
#include <iterator>

#include "protocols/sql/types/text_tools.hpp"
#include "protocols/sql/types/type_io.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

struct row {
    std::uint32_t oid;
    std::string_view name;
    std::int16_t length;
    char kind, category;
    bool preferred;
    char delimiter;
    std::uint32_t element, array, base;
    std::int32_t base_modifier;
    std::uint32_t schema;
};
constexpr row rows[] = {
#include "generated/type_rows.inc"
};

std::vector<type_info> const& table() {
    static auto const types = [] {
        std::vector<type_info> made;
        for (auto const& each : rows)
            made.push_back({type_oid{each.oid}, each.name, each.length, each.kind, each.category,
                            each.preferred, each.delimiter, type_oid{each.element},
                            type_oid{each.array}, type_oid{each.base}, each.base_modifier,
                            each.schema});
        return made;
    }();
    return types;
}

// SQL's own names of types that pg_type calls otherwise.
std::string_view standard_name(type_oid type) {
    switch (type) {
        case oid::bit:
            return "bit";
        case oid::boolean:
            return "boolean";
        case oid::bpchar:
            return "character";
        case oid::float4:
            return "real";
        case oid::float8:
            return "double precision";
        case oid::int2:
            return "smallint";
        case oid::int4:
            return "integer";
        case oid::int8:
            return "bigint";
        case oid::numeric:
            return "numeric";
        case oid::interval:
            return "interval";
        case oid::varbit:
            return "bit varying";
        case oid::varchar:
            return "character varying";
        default:
            return {};
    }
}

std::string name_without_array(sql_type type, type_catalog const* catalog) {
    auto const with = type.modifier >= 0;
    auto const suffix = with ? modifier_to_text(type.oid, type.modifier) : std::string();
    switch (type.oid) {
        case oid::time:
            return "time" + suffix + " without time zone";
        case oid::timetz:
            return "time" + suffix + " with time zone";
        case oid::timestamp:
            return "timestamp" + suffix + " without time zone";
        case oid::timestamptz:
            return "timestamp" + suffix + " with time zone";
        case oid::bpchar:
            if (!with) return "character";
            break;
        default:
            break;
    }
    if (auto const name = standard_name(type.oid); !name.empty()) return std::string(name) + suffix;
    if (auto const* info = find_builtin_type(type.oid)) {
        if (type.oid == oid::internal_char) return "\"char\"";
        auto const name = quote_identifier(info->name);
        return (info->schema == 11 ? name : "information_schema." + name) + suffix;
    }
    if (catalog != nullptr) {
        if (auto name = catalog->name_of(reg_kind::regtype, static_cast<std::uint32_t>(type.oid)))
            return *name + suffix;
    }
    return "???";
}

}  // namespace

type_info const* find_builtin_type(type_oid type) noexcept {
    auto const& types = table();
    auto const at =
        std::lower_bound(types.begin(), types.end(), type,
                         [](type_info const& each, type_oid oid) { return each.oid < oid; });
    return at != types.end() && at->oid == type ? &*at : nullptr;
}

type_oid builtin_element_of(type_oid type) noexcept {
    auto const* info = find_builtin_type(type);
    return info == nullptr ? type_oid{} : info->element;
}

std::string format_type(sql_type type, type_catalog const* catalog) {
    if (type.oid == type_oid{}) return "-";
    if (auto const* info = find_builtin_type(type.oid)) {
        if (info->element != type_oid{} && info->length == -1 && type.oid != oid::int2vector &&
            type.oid != oid::oidvector)
            return name_without_array({info->element, type.modifier}, catalog) + "[]";
    } else if (catalog != nullptr) {
        auto const described = catalog->describe(type.oid);
        if (described && described->element != type_oid{})
            return name_without_array({described->element, type.modifier}, catalog) + "[]";
    }
    return name_without_array(type, catalog);
}

}  // namespace sluice::sql
