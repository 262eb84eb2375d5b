#include "protocols/sql/catalog/relations/catalog_rows.hpp"

#include <array>

#include "protocols/sql/catalog/relations/row_maker.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

struct filler {
    std::string_view name;
    void (*fill)(row_maker&);
};
constexpr std::array fillers{filler{"pg_class", fill_pg_class},
                             filler{"pg_attribute", fill_pg_attribute},
                             filler{"pg_attrdef", fill_pg_attrdef},
                             filler{"pg_index", fill_pg_index},
                             filler{"pg_constraint", fill_pg_constraint},
                             filler{"pg_sequence", fill_pg_sequence},
                             filler{"pg_inherits", fill_pg_inherits},
                             filler{"pg_description", fill_pg_description},
                             filler{"pg_depend", fill_pg_depend},
                             filler{"pg_rewrite", fill_pg_rewrite},
                             filler{"pg_type", fill_pg_type},
                             filler{"pg_enum", fill_pg_enum},
                             filler{"pg_range", fill_pg_range},
                             filler{"pg_cast", fill_pg_cast},
                             filler{"pg_proc", fill_pg_proc},
                             filler{"pg_operator", fill_pg_operator},
                             filler{"pg_aggregate", fill_pg_aggregate},
                             filler{"pg_am", fill_pg_am},
                             filler{"pg_opclass", fill_pg_opclass},
                             filler{"pg_opfamily", fill_pg_opfamily},
                             filler{"pg_amop", fill_pg_amop},
                             filler{"pg_amproc", fill_pg_amproc},
                             filler{"pg_language", fill_pg_language},
                             filler{"pg_collation", fill_pg_collation},
                             filler{"pg_namespace", fill_pg_namespace},
                             filler{"pg_database", fill_pg_database},
                             filler{"pg_authid", fill_pg_authid},
                             filler{"pg_auth_members", fill_pg_auth_members},
                             filler{"pg_tablespace", fill_pg_tablespace}};

datum neutral_value(type_oid type) {
    if (type == oid::boolean) return false;
    if (type == oid::float4 || type == oid::float8) return 0.0;
    if (type == oid::int2vector) return number_array(std::vector<int>(), oid::int2, 0);
    if (type == oid::oidvector) return number_array(std::vector<int>(), oid::oid, 0);
    if (type == oid::text || type == oid::name || type == oid::internal_char ||
        type == oid::pg_node_tree)
        return std::string();
    return std::int64_t{0};
}

}  // namespace

row_maker::row_maker(catalog_snapshot const& catalog, relation const& of) : catalog_(catalog) {
    for (auto const& each : of.columns) {
        places_.emplace(each.name, empty_.size());
        empty_.push_back(each.not_null ? neutral_value(each.type.oid) : datum(sql_null{}));
    }
}

row_maker& row_maker::row() {
    rows_.push_back(empty_);
    return *this;
}

row_maker& row_maker::set(std::string_view column, datum value) {
    auto const found = places_.find(column);
    if (found != places_.end()) rows_.back()[found->second] = std::move(value);
    return *this;
}

row_maker& row_maker::maybe(std::string_view column, std::string_view value) {
    return value.empty() ? set(column, sql_null{}) : text(column, value);
}

row_maker& row_maker::function(std::string_view column, std::string_view name) {
    return oid(column, name.empty() || name == "-" ? 0 : builtin::proc_oid_of(name));
}

std::vector<relation_ptr> all_relations(catalog_snapshot const& catalog) {
    std::vector<relation_ptr> out;
    for (auto const& row : builtin::system_relations())
        if (auto found = catalog.find_relation(object_oid{row.oid}))
            out.push_back(std::move(found));
    for (auto const& [oid, each] : catalog.contents().relations) out.push_back(each);
    if (catalog.dynamic() != nullptr)
        for (auto const in : {schema_oids::topics, schema_oids::objects, schema_oids::audit})
            for (auto& each : catalog.dynamic()->list(in)) out.push_back(std::move(each));
    return out;
}

char shown_kind(relation const& of) noexcept {
    switch (of.kind) {
        case relation_kind::topic:
        case relation_kind::bucket:
        case relation_kind::audit:
        case relation_kind::catalog:
            return 'r';
        case relation_kind::catalog_view:
            return 'v';
        default:
            return static_cast<char>(of.kind);
    }
}

std::optional<std::vector<catalog_row>> catalog_rows(catalog_snapshot const& catalog,
                                                     object_oid relation,
                                                     setting_source const& settings) {
    auto const found = catalog.find_relation(relation);
    if (!found || found->schema != schema_oids::pg_catalog) return std::nullopt;
    row_maker rows(catalog, *found);
    if (found->name == "pg_settings") {
        fill_pg_settings(rows, settings);
        return rows.take();
    }
    if (found->kind != relation_kind::catalog) return std::nullopt;
    for (auto const& each : fillers)
        if (each.name == found->name) {
            each.fill(rows);
            return rows.take();
        }
    // Catalogs of things that there are none of: triggers, policies, publications, ...
    return rows.take();
}

}  // namespace sluice::sql
