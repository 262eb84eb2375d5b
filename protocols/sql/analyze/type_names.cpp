#include "protocols/sql/analyze/type_names.hpp"

#include <charconv>

#include "protocols/sql/parse/parser.hpp"

namespace sluice::sql {
namespace {

std::string joined(syntax::qualified_name const& names) {
    std::string out;
    for (auto const& each : names) out += (out.empty() ? "" : ".") + each;
    return out;
}

// As TypeNameToString: what an error shows.
std::string shown(syntax::type_name const& name) {
    auto out = joined(name.names);
    if (name.percent_type) out += "%TYPE";
    if (!name.array_bounds.empty()) out += "[]";
    return out;
}

outcome<std::vector<std::int32_t>> modifier_numbers(syntax::type_name const& name) {
    std::vector<std::int32_t> out;
    for (auto const& each : name.modifiers) {
        auto const* number = each ? std::get_if<syntax::literal>(&each->node) : nullptr;
        std::int32_t value = 0;
        bool ok = number != nullptr;
        if (ok && number->what == syntax::literal::kind::integer) {
            value = number->integer;
        } else if (ok && number->what == syntax::literal::kind::string) {
            auto const* end = number->text.data() + number->text.size();
            ok = std::from_chars(number->text.data(), end, value).ptr == end;
        } else if (auto const* negative =
                       each ? std::get_if<syntax::operation>(&each->node) : nullptr;
                   negative != nullptr && !negative->left && negative->right) {
            auto const* inner = std::get_if<syntax::literal>(&negative->right->node);
            ok = inner != nullptr && inner->what == syntax::literal::kind::integer;
            if (ok) value = -inner->integer;
        } else {
            ok = false;
        }
        if (!ok)
            return sql_error("42601", "type modifiers must be simple constants or identifiers")
                .at(name.position);
        out.push_back(value);
    }
    return out;
}

sql_error invalid(std::string text) { return {"22023", std::move(text)}; }

outcome<std::int32_t> length_modifier(std::vector<std::int32_t> const& given, char const* type,
                                      std::int32_t most, std::int32_t header) {
    if (given.size() != 1) return invalid("invalid type modifier");
    if (given[0] < 1)
        return invalid(std::string("length for type ") + type + " must be at least 1");
    if (given[0] > most)
        return invalid(std::string("length for type ") + type + " cannot exceed " +
                       std::to_string(most));
    return given[0] + header;
}

outcome<std::int32_t> numeric_modifier(std::vector<std::int32_t> const& given) {
    if (given.empty() || given.size() > 2) return invalid("invalid NUMERIC type modifier");
    auto const precision = given[0];
    auto const scale = given.size() == 2 ? given[1] : 0;
    if (precision < 1 || precision > 1000)
        return invalid("NUMERIC precision " + std::to_string(precision) +
                       " must be between 1 and 1000");
    if (scale < -1000 || scale > 1000)
        return invalid("NUMERIC scale " + std::to_string(scale) +
                       " must be between -1000 and 1000");
    return (precision << 16 | (scale & 0x7ff)) + 4;
}

outcome<std::int32_t> time_modifier(std::vector<std::int32_t> const& given, char const* name) {
    if (given.size() != 1) return invalid("invalid type modifier");
    if (given[0] < 0)
        return invalid(std::string(name) + "(" + std::to_string(given[0]) +
                       ") precision must not be negative");
    return std::min(given[0], 6);
}

outcome<std::int32_t> interval_modifier(std::vector<std::int32_t> const& given) {
    if (given.empty() || given.size() > 2) return invalid("invalid INTERVAL type modifier");
    if (given.size() == 1) return given[0] == 0x7fff ? -1 : given[0] << 16 | 0xffff;
    if (given[1] < 0)
        return invalid("INTERVAL(" + std::to_string(given[1]) + ") precision must not be negative");
    return given[0] << 16 | std::min(given[1], 6);
}

outcome<std::int32_t> modifier_of(analysis_context const& context, type_row const& row,
                                  std::vector<std::int32_t> const& given,
                                  syntax::type_name const& name) {
    if (given.empty()) return -1;
    switch (row.oid) {
        case 1042:
            return length_modifier(given, "char", 10485760, 4);
        case 1043:
            return length_modifier(given, "varchar", 10485760, 4);
        case 1560:
            return length_modifier(given, "bit", 83886080, 0);
        case 1562:
            return length_modifier(given, "varbit", 83886080, 0);
        case 1700:
            return numeric_modifier(given);
        case 1083:
            return time_modifier(given, "TIME");
        case 1266:
            return time_modifier(given, "TIME");
        case 1114:
            return time_modifier(given, "TIMESTAMP");
        case 1184:
            return time_modifier(given, "TIMESTAMP");
        case 1186:
            return interval_modifier(given);
        default:
            return sql_error("42601",
                             "type modifier is not allowed for type \"" + joined(name.names) + "\"")
                .at(name.position);
    }
    static_cast<void>(context);
}

}  // namespace

type_row const* lookup_type(analysis_context const& context, syntax::qualified_name const& names) {
    if (names.empty()) return nullptr;
    if (names.size() == 1) return context.catalog().find_type(context.path(), names[0]);
    auto const* in = context.catalog().find_schema(names[names.size() - 2]);
    return in == nullptr ? nullptr : context.catalog().find_type(in->oid, names.back());
}

outcome<sql_type> find_named_type(analysis_context& context, syntax::type_name const& name) {
    if (name.percent_type) return sql_error("0A000", "%TYPE is not supported").at(name.position);
    if (name.names.size() > 1) {
        auto const& in = name.names[name.names.size() - 2];
        if (context.catalog().find_schema(in) == nullptr)
            return sql_error("3F000", "schema \"" + in + "\" does not exist").at(name.position);
    }
    auto const* row = lookup_type(context, name.names);
    if (row == nullptr)
        return sql_error("42704", "type \"" + shown(name) + "\" does not exist").at(name.position);
    if (!row->defined)
        return sql_error("42704", "type \"" + shown(name) + "\" is only a shell").at(name.position);
    SLUICE_TRY(auto const numbers, modifier_numbers(name));
    auto const modifier = modifier_of(context, *row, numbers, name);
    if (modifier.has_error()) {
        modifier.error()->position = name.position;
        return sql_error(*modifier.error());
    }
    sql_type out{type_oid{row->oid}, *modifier};
    if (name.array_bounds.empty()) return out;
    out.oid = context.array_of(out.oid);
    if (out.oid == type_oid{})
        return sql_error("42704", "type \"" + shown(name) + "\" does not exist").at(name.position);
    return out;
}

outcome<sql_type> type_from_text(analysis_context& context, std::string_view text) {
    auto parsed = parse_type_name(text);
    if (parsed.has_error()) {
        auto raised = std::move(parsed).error();
        raised.position = 0;
        return raised;
    }
    auto written = std::move(*parsed);
    written.position = 0;
    return find_named_type(context, written);
}

outcome<relation_ptr> lookup_table(analysis_context const& context, syntax::table_ref const& name) {
    if (!name.catalog.empty() && name.catalog != context.catalog().contents().database_name)
        return sql_error("0A000", "cross-database references are not implemented: \"" +
                                      name.catalog + "." + name.schema + "." + name.name + "\"")
            .at(name.position);
    if (name.schema.empty()) return context.catalog().find_relation(context.path(), name.name);
    auto const* in = context.catalog().find_schema(name.schema);
    return in == nullptr ? relation_ptr() : context.catalog().find_relation(in->oid, name.name);
}

outcome<relation_ptr> find_table(analysis_context const& context, syntax::table_ref const& name) {
    SLUICE_TRY(auto found, lookup_table(context, name));
    if (found) return found;
    auto const shown_name = name.schema.empty() ? name.name : name.schema + "." + name.name;
    return sql_error("42P01", "relation \"" + shown_name + "\" does not exist").at(name.position);
}

outcome<void> check_collation(analysis_context const& context, syntax::qualified_name const& names,
                              type_oid of, std::int32_t position) {
    if (!is_unknown(of) && !context.is_collatable(of))
        return sql_error("42804", "collations are not supported by type " + context.name(of))
            .at(position);
    auto const& name = names.back();
    // The database's own order; every other one is refused.
    if (name == "default" || name == "C" || name == "POSIX" || name == "C.UTF-8" ||
        name == "ucs_basic")
        return {};
    return sql_error("42704", "collation \"" + joined(names) +
                                  "\" for encoding \"UTF8\" does not "
                                  "exist")
        .at(position);
}

}  // namespace sluice::sql
