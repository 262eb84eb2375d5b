// format_type(): the SQL name of a type with its modifier.
#include <array>
#include <cctype>

#include "protocols/sql/catalog/catalog.hpp"
#include "protocols/sql/catalog/identifiers.hpp"

namespace sluice::sql {
namespace {

struct spelling {
    std::uint32_t oid;
    std::string_view plain;
};
constexpr std::array spellings{
    spelling{16, "boolean"},
    spelling{18, "\"char\""},
    spelling{20, "bigint"},
    spelling{21, "smallint"},
    spelling{23, "integer"},
    spelling{700, "real"},
    spelling{701, "double precision"},
    spelling{1042, "character"},
    spelling{1043, "character varying"},
    spelling{1083, "time without time zone"},
    spelling{1114, "timestamp without time zone"},
    spelling{1184, "timestamp with time zone"},
    spelling{1186, "interval"},
    spelling{1266, "time with time zone"},
    spelling{1560, "bit"},
    spelling{1562, "bit varying"},
    spelling{1700, "numeric"},
};

std::string precision(std::int32_t modifier) { return "(" + std::to_string(modifier) + ")"; }

std::string interval_modifier(std::int32_t modifier) {
    struct fields {
        std::int32_t mask;
        char const* text;
    };
    static constexpr fields known[] = {{0x4, " year"},
                                       {0x2, " month"},
                                       {0x8, " day"},
                                       {0x400, " hour"},
                                       {0x800, " minute"},
                                       {0x1000, " second"},
                                       {0x6, " year to month"},
                                       {0x408, " day to hour"},
                                       {0xc08, " day to minute"},
                                       {0x1c08, " day to second"},
                                       {0xc00, " hour to minute"},
                                       {0x1c00, " hour to second"},
                                       {0x1800, " minute to second"}};
    std::string out;
    auto const mask = modifier >> 16 & 0x7fff;
    for (auto const& each : known)
        if (each.mask == mask) out = each.text;
    auto const digits = modifier & 0xffff;
    if (digits != 0xffff) out += precision(digits);
    return out;
}

// What a modifier adds; text in the middle for the types with WITH TIME ZONE.
std::string with_modifier(std::uint32_t oid, std::string_view name, std::int32_t modifier) {
    std::string out(name);
    switch (oid) {
        case 1042:
        case 1043:
            return modifier >= 4 ? out + precision(modifier - 4) : out;
        case 1560:
        case 1562:
            return modifier >= 0 ? out + precision(modifier) : out;
        case 1700: {
            if (modifier < 4) return out;
            auto const value = modifier - 4;
            auto const scale = ((value & 0x7ff) ^ 1024) - 1024;
            return out + "(" + std::to_string(value >> 16 & 0xffff) + "," + std::to_string(scale) +
                   ")";
        }
        case 1083:
        case 1114:
        case 1184:
        case 1266: {
            if (modifier < 0) return out;
            auto const space = out.find(' ');
            return out.substr(0, space) + precision(modifier) + out.substr(space);
        }
        case 1186:
            return modifier >= 0 ? out + interval_modifier(modifier) : out;
        default:
            return out;
    }
}

bool visible(catalog_snapshot const& catalog, search_path const& path, type_row const& row) {
    auto const* found = catalog.find_type(path, row.name);
    return found != nullptr && found->oid == row.oid;
}

}  // namespace

std::string catalog_snapshot::format_type(sql_type type) const {
    search_path path;
    path.schemas = {schema_oids::pg_catalog, schema_oids::public_};
    return format_type(type, path);
}

std::string catalog_snapshot::format_type(sql_type type, search_path const& path) const {
    auto const* row = find_type(type.oid);
    if (row == nullptr) return static_cast<std::uint32_t>(type.oid) == 0 ? "-" : "???";
    if (row->is_true_array() && row->storage != 'p')
        return format_type({type_oid{row->element}, type.modifier}, path) + "[]";
    for (auto const& each : spellings)
        if (each.oid == row->oid) return with_modifier(row->oid, each.plain, type.modifier);
    std::string out;
    if (!visible(*this, path, *row)) {
        auto const* in = find_schema(object_oid{row->schema});
        if (in != nullptr) out = quote_identifier(in->name) + ".";
    }
    out += quote_identifier(row->name);
    if (type.modifier >= 0) out += precision(type.modifier);
    return out;
}

}  // namespace sluice::sql
