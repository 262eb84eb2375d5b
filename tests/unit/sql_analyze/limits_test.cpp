// Deep statements: served within the limits, refused past them, never a crash.
#include <gtest/gtest.h>

#include <string>

#include "protocols/sql/analyze/analyzer.hpp"
#include "protocols/sql/parse/parser.hpp"

namespace sluice::sql {
namespace {

std::string repeated(std::string_view part, std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += part;
    return out;
}

sql_result<statement_ptr> analysed(std::string const& text, analysis_settings settings = {}) {
    auto const catalog = catalog_snapshot::initial();
    settings.path = catalog->path_of("public", "postgres");
    auto const parsed = parse_statement({text, 0});
    if (parsed.has_error()) return parsed.error();
    return analyze(*parsed, *catalog, settings);
}

TEST(analysis_limits, what_the_parser_lets_through_is_served) {
    EXPECT_TRUE(analysed("SELECT " + repeated("1+(", 500) + "1" + repeated(")", 500)).has_value());
    EXPECT_TRUE(analysed("SELECT 1" + repeated("+1", 500)).has_value());
    EXPECT_TRUE(
        analysed("SELECT " + repeated("(SELECT ", 150) + "1" + repeated(")", 150)).has_value());
    EXPECT_TRUE(analysed("SELECT 1" + repeated(" UNION SELECT 1", 300)).has_value());
    EXPECT_TRUE(analysed("SELECT * FROM " + repeated("(SELECT * FROM ", 100) + "pg_class" +
                         repeated(") x", 100))
                    .has_value());
}

TEST(analysis_limits, past_the_depth_is_refused) {
    analysis_settings settings;
    settings.depth = 50;
    auto const made = analysed("SELECT 1" + repeated("+1", 200), settings);
    ASSERT_TRUE(made.has_error());
    EXPECT_STREQ(made.error().sqlstate, "54001");
}

TEST(analysis_limits, given_parameter_types_are_kept) {
    auto const catalog = catalog_snapshot::initial();
    analysis_settings settings;
    settings.path = catalog->path_of("public", "postgres");
    auto const parsed = parse_statement({"SELECT $1, $2 + 1", 0});
    ASSERT_TRUE(parsed.has_value());
    auto const made = analyze(*parsed, *catalog, settings, {type_oid{1700}, type_oid{0}});
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ((*made)->parameters.at(0).oid, type_oid{1700});
    EXPECT_EQ((*made)->parameters.at(1).oid, type_oid{23});
    EXPECT_EQ((*made)->columns.at(0).type.oid, type_oid{1700});
}

TEST(analysis_limits, references_count_query_levels) {
    // The table expression is two queries outside of the side of the union that reads it.
    auto const made =
        analysed("WITH a AS (SELECT 1 AS x) SELECT * FROM (SELECT x FROM a UNION SELECT 2.5) u");
    ASSERT_TRUE(made.has_value());
    auto const& outer = *std::get<select_statement>((*made)->body).body;
    auto const& both = *std::get<range_entry::subquery>(outer.range_table.at(0).source).body;
    auto const& left = *both.left;
    EXPECT_EQ(std::get<range_entry::common_table>(left.range_table.at(0).source).levels_up, 2u);
    EXPECT_EQ(left.targets.at(0).value->type.oid, type_oid{1700});
}

}  // namespace
}  // namespace sluice::sql
