// Schemas, databases, roles, tablespaces, settings.
#include "protocols/sql/catalog/relations/row_maker.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

constexpr std::uint32_t database_oid = 5, default_tablespace = 1663, global_tablespace = 1664;
constexpr std::int64_t utf8_encoding = 6;

}  // namespace

void fill_pg_namespace(row_maker& rows) {
    for (auto const& [oid, each] : rows.catalog().contents().schemas)
        rows.row().oid("oid", oid).text("nspname", each->name).oid("nspowner", each->owner);
}

void fill_pg_database(row_maker& rows) {
    rows.row()
        .oid("oid", database_oid)
        .text("datname", rows.catalog().contents().database_name)
        .oid("datdba", bootstrap_role)
        .number("encoding", utf8_encoding)
        .letter("datlocprovider", 'c')
        .flag("datistemplate", false)
        .flag("datallowconn", true)
        .number("datconnlimit", -1)
        .oid("dattablespace", default_tablespace)
        .text("datcollate", "C.UTF-8")
        .text("datctype", "C.UTF-8");
}

void fill_pg_authid(row_maker& rows) {
    for (auto const& [oid, each] : rows.catalog().contents().roles)
        rows.row()
            .oid("oid", oid)
            .text("rolname", each->name)
            .flag("rolsuper", each->superuser)
            .flag("rolinherit", each->inherit)
            .flag("rolcreaterole", each->create_role)
            .flag("rolcreatedb", each->create_db)
            .flag("rolcanlogin", each->can_login)
            .flag("rolreplication", each->replication)
            .flag("rolbypassrls", each->bypass_rls)
            .number("rolconnlimit", each->connection_limit);
}

void fill_pg_auth_members(row_maker& rows) {
    for (auto const& [oid, each] : rows.catalog().contents().roles)
        for (auto const group : each->member_of)
            rows.row()
                .oid("roleid", group)
                .oid("member", oid)
                .oid("grantor", bootstrap_role)
                .flag("admin_option", false);
}

void fill_pg_tablespace(row_maker& rows) {
    rows.row().oid("oid", default_tablespace).text("spcname", "pg_default");
    rows.oid("spcowner", bootstrap_role);
    rows.row().oid("oid", global_tablespace).text("spcname", "pg_global");
    rows.oid("spcowner", bootstrap_role);
}

void fill_pg_settings(row_maker& rows, setting_source const& settings) {
    for (auto const& row : builtin::settings()) {
        auto const current = settings ? settings(row.name) : std::nullopt;
        rows.row()
            .text("name", row.name)
            .text("setting", current ? std::string_view(*current) : row.setting)
            .maybe("unit", row.unit)
            .text("category", row.category)
            .text("context", row.context)
            .text("vartype", row.kind)
            .text("source", current && *current != row.setting ? "session" : "default")
            .maybe("min_val", row.minimum)
            .maybe("max_val", row.maximum)
            .text("boot_val", row.boot)
            .text("reset_val", row.setting)
            .flag("pending_restart", false);
        if (row.choices.size() < 2) continue;
        std::vector<std::string> choices(1);
        for (char const c : row.choices.substr(1, row.choices.size() - 2)) {
            if (c == ',')
                choices.emplace_back();
            else if (c != '"')
                choices.back() += c;
        }
        rows.set("enumvals", text_array(choices, oid::text));
    }
}

}  // namespace sluice::sql
