#include <gtest/gtest.h>

#include <algorithm>

#include "protocols/sql/catalog/builtin_rows.hpp"
#include "protocols/sql/catalog/catalog.hpp"
#include "protocols/sql/catalog/identifiers.hpp"

namespace sluice::sql {
namespace {

TEST(builtin_rows, settings_are_found_in_any_letter_case) {
    for (auto const& row : builtin::settings()) {
        std::string name(row.name);
        EXPECT_EQ(builtin::find_setting(name), &row);
        for (auto& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        EXPECT_EQ(builtin::find_setting(name), &row);
        EXPECT_EQ(builtin::find_setting(name + "x"), nullptr);
    }
    EXPECT_EQ(builtin::find_setting(""), nullptr);
}

TEST(builtin_rows, are_those_of_initdb) {
    EXPECT_EQ(builtin::types().size(), 611u);
    EXPECT_EQ(builtin::operators().size(), 799u);
    EXPECT_EQ(builtin::aggregates().size(), 148u);
    EXPECT_EQ(builtin::find_type(23u)->name, "int4");
    EXPECT_EQ(builtin::find_type("timestamptz")->oid, 1184u);
    EXPECT_EQ(builtin::find_type(std::uint32_t{1}), nullptr);
    EXPECT_EQ(builtin::find_proc(1242)->name, "boolin");
    EXPECT_EQ(builtin::find_setting("timezone")->name, "TimeZone");
}

TEST(builtin_rows, every_operator_has_the_function_of_its_types) {
    for (auto const& row : builtin::operators()) {
        auto const* function = builtin::find_proc(row.function);
        ASSERT_NE(function, nullptr) << row.oid;
        EXPECT_EQ(function->argument_count, row.kind == 'l' ? 1 : 2) << row.oid;
        EXPECT_EQ(function->result, row.result) << row.oid;
    }
}

TEST(builtin_rows, every_aggregate_is_an_aggregate_function) {
    for (auto const& row : builtin::aggregates()) {
        auto const* function = builtin::find_proc(row.function);
        ASSERT_NE(function, nullptr);
        EXPECT_EQ(function->kind, 'a');
    }
}

TEST(builtin_rows, are_found_by_name_in_order) {
    auto const rows = builtin::procs_named("abs");
    ASSERT_GT(rows.size(), 4u);
    EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end(),
                               [](auto const* a, auto const* b) { return a->oid < b->oid; }));
    EXPECT_TRUE(builtin::procs_named("no_such").empty());
    EXPECT_EQ(builtin::find_cast(23, 20)->context, 'i');
    EXPECT_EQ(builtin::find_cast(20, 23)->context, 'a');
}

TEST(identifiers, are_quoted_where_needed) {
    EXPECT_EQ(quote_identifier("org_1"), "org_1");
    EXPECT_EQ(quote_identifier("Org"), "\"Org\"");
    EXPECT_EQ(quote_identifier("select"), "\"select\"");
    EXPECT_EQ(quote_identifier("a\"b"), "\"a\"\"b\"");
    EXPECT_EQ(quote_literal("it's"), "'it''s'");
    EXPECT_EQ(quote_literal("a\\b"), "E'a\\\\b'");
}

TEST(format_type, spells_types_as_sql) {
    auto const catalog = catalog_snapshot::initial();
    auto const name = [&](std::uint32_t oid, std::int32_t modifier) {
        return catalog->format_type({type_oid{oid}, modifier});
    };
    EXPECT_EQ(name(1043, 14), "character varying(10)");
    EXPECT_EQ(name(1015, 14), "character varying(10)[]");
    EXPECT_EQ(name(1700, 655366), "numeric(10,2)");
    EXPECT_EQ(name(1184, 3), "timestamp(3) with time zone");
    EXPECT_EQ(name(18, -1), "\"char\"");
    EXPECT_EQ(name(3220, -1), "pg_lsn");
    EXPECT_EQ(name(0, -1), "-");
}

}  // namespace
}  // namespace sluice::sql
