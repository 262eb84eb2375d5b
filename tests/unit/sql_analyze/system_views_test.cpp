// Each view of the system schemas that is kept as SQL is expanded with the columns PostgreSQL has.
#include <gtest/gtest.h>

#include "protocols/sql/analyze/analyzer.hpp"
#include "protocols/sql/catalog/identifiers.hpp"
#include "protocols/sql/catalog/system_views.hpp"
#include "protocols/sql/parse/parser.hpp"

namespace sluice::sql {
namespace {

TEST(system_views, have_the_columns_of_the_catalog) {
    auto const catalog = catalog_snapshot::initial();
    analysis_settings settings;
    settings.path = catalog->path_of("public", "postgres");
    std::size_t seen = 0;
    for (auto const& row : builtin::system_relations()) {
        object_oid const in{row.schema};
        if (row.kind != 'v' || system_view_text(in, row.name).empty()) continue;
        ++seen;
        auto const* schema_name =
            in == schema_oids::pg_catalog ? "pg_catalog." : "information_schema.";
        auto const text =
            "SELECT x FROM (SELECT * FROM " + (schema_name + quote_identifier(row.name)) + ") x";
        auto const parsed = parse_statement({text, 0});
        ASSERT_TRUE(parsed.has_value());
        auto const made = analyze(*parsed, *catalog, settings);
        ASSERT_TRUE(made.has_value()) << row.name << ": " << made.error().message;
        auto const relation = catalog->find_relation(object_oid{row.oid});
        auto const& outer = *std::get<select_statement>((*made)->body).body;
        auto const& inner = *std::get<range_entry::subquery>(outer.range_table.at(0).source).body;
        auto const& view = *std::get<range_entry::subquery>(inner.range_table.at(0).source).body;
        std::size_t i = 0;
        for (auto const& each : view.targets) {
            if (each.hidden) continue;
            ASSERT_LT(i, relation->columns.size());
            EXPECT_EQ(each.column.name, relation->columns[i].name) << row.name;
            EXPECT_EQ(each.value->type.oid, relation->columns[i].type.oid)
                << row.name << "." << each.column.name;
            ++i;
        }
        EXPECT_EQ(i, relation->columns.size()) << row.name;
    }
    EXPECT_GE(seen, 15u);
}

}  // namespace
}  // namespace sluice::sql
