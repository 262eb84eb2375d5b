#include <gtest/gtest.h>

#include <algorithm>

#include "protocols/sql/catalog/relations/catalog_rows.hpp"

namespace sluice::sql {
namespace {

std::size_t place(catalog_snapshot const& catalog, char const* table, char const* name) {
    auto const found = catalog.find_relation(schema_oids::pg_catalog, table);
    return static_cast<std::size_t>(found->find_column(name)->number - 1);
}

std::vector<catalog_row> rows_of(catalog_snapshot const& catalog, char const* table) {
    auto made = catalog_rows(catalog, catalog.find_relation(schema_oids::pg_catalog, table)->oid);
    EXPECT_TRUE(made.has_value()) << table;
    return made ? std::move(*made) : std::vector<catalog_row>();
}

TEST(catalog_rows, have_every_column_and_no_null_where_there_is_none) {
    catalog_builder builder(*catalog_snapshot::initial());
    relation table;
    table.schema = schema_oids::public_;
    table.name = "t";
    column id;
    id.number = 1;
    id.name = "id";
    id.type = {type_oid{23}, -1};
    id.default_text = "1";
    table.columns.push_back(id);
    table.comment = "what it is";
    builder.put_relation(std::move(table));
    auto const catalog = builder.snapshot();
    for (auto const& row : builtin::system_relations()) {
        if (row.schema != 11 || row.kind != 'r') continue;
        auto const of = catalog->find_relation(object_oid{row.oid});
        auto const rows = catalog_rows(*catalog, of->oid);
        ASSERT_TRUE(rows.has_value()) << row.name;
        for (auto const& each : *rows) {
            ASSERT_EQ(each.size(), of->columns.size()) << row.name;
            for (std::size_t i = 0; i < each.size(); ++i)
                ASSERT_FALSE(of->columns[i].not_null && is_null(each[i]))
                    << row.name << "." << of->columns[i].name;
        }
    }
}

TEST(catalog_rows, show_a_table_and_its_column) {
    catalog_builder builder(*catalog_snapshot::initial());
    relation table;
    table.schema = schema_oids::public_;
    table.name = "t";
    column id;
    id.number = 1;
    id.name = "id";
    id.type = {type_oid{1043}, 14};
    table.columns.push_back(id);
    auto const oid = to_underlying(builder.put_relation(std::move(table)));
    auto const catalog = builder.snapshot();
    auto const classes = rows_of(*catalog, "pg_class");
    auto const name = place(*catalog, "pg_class", "relname");
    auto const found = std::find_if(classes.begin(), classes.end(), [&](catalog_row const& row) {
        return std::get<std::string>(row[name]) == "t";
    });
    ASSERT_NE(found, classes.end());
    EXPECT_EQ(std::get<std::int64_t>((*found)[0]), oid);
    EXPECT_EQ(std::get<std::string>((*found)[place(*catalog, "pg_class", "relkind")]), "r");
    auto const attributes = rows_of(*catalog, "pg_attribute");
    auto const column_row =
        std::find_if(attributes.begin(), attributes.end(),
                     [&](catalog_row const& row) { return std::get<std::int64_t>(row[0]) == oid; });
    ASSERT_NE(column_row, attributes.end());
    EXPECT_EQ(std::get<std::int64_t>((*column_row)[place(*catalog, "pg_attribute", "atttypmod")]),
              14);
    EXPECT_EQ(std::get<std::int64_t>((*column_row)[place(*catalog, "pg_attribute", "attlen")]), -1);
}

TEST(catalog_rows, settings_have_their_current_values) {
    auto const catalog = catalog_snapshot::initial();
    auto const view = catalog->find_relation(schema_oids::pg_catalog, "pg_settings");
    auto const rows = catalog_rows(*catalog, view->oid, [](std::string_view name) {
        return name == "TimeZone" ? std::optional<std::string>("Europe/Berlin") : std::nullopt;
    });
    ASSERT_TRUE(rows.has_value());
    auto const found = std::find_if(rows->begin(), rows->end(), [](catalog_row const& row) {
        return std::get<std::string>(row[0]) == "TimeZone";
    });
    ASSERT_NE(found, rows->end());
    EXPECT_EQ(std::get<std::string>((*found)[1]), "Europe/Berlin");
}

TEST(catalog_rows, other_relations_have_none) {
    auto const catalog = catalog_snapshot::initial();
    EXPECT_FALSE(catalog_rows(*catalog, object_oid{99999}).has_value());
    auto const view = catalog->find_relation(schema_oids::pg_catalog, "pg_tables");
    EXPECT_FALSE(catalog_rows(*catalog, view->oid).has_value());
}

}  // namespace
}  // namespace sluice::sql
