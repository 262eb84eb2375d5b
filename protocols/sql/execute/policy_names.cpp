#include "protocols/sql/execute/policy_names.hpp"

namespace sluice::sql {
namespace {

std::string part_of(std::string_view name) {
    if (name != "*" && name.find_first_of(".\"") == std::string_view::npos)
        return std::string(name);
    std::string out = "\"";
    for (char const c : name) {
        if (c == '"') out.push_back(c);
        out.push_back(c);
    }
    return out + "\"";
}

}  // namespace

std::string policy_name(std::string_view schema, std::string_view name) {
    return part_of(schema) + "." + part_of(name);
}

std::string policy_name(relation const& of, catalog_snapshot const& catalog) {
    // A sequence that a column owns is part of its table.
    if (of.sequence && of.sequence->owner_table != object_oid{})
        if (auto const table = catalog.find_relation(of.sequence->owner_table))
            return policy_name(*table, catalog);
    auto const* schema = catalog.find_schema(of.schema);
    return policy_name(schema == nullptr ? "?" : std::string_view(schema->name), of.name);
}

std::string policy_name_of_schema(std::string_view schema) { return part_of(schema) + ".*"; }

principal_id maker_of(relation const& of, catalog_snapshot const& catalog) {
    object_oid table{};
    if (of.index) table = of.index->table;
    if (of.sequence) table = of.sequence->owner_table;
    if (table == object_oid{}) return of.maker;
    auto const found = catalog.find_relation(table);
    return found ? found->maker : of.maker;
}

}  // namespace sluice::sql
