#include "protocols/sql/parse/parser.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sluice::sql {
namespace {

sql_error error_of(std::string text) {
    auto const parsed = parse_statement({std::move(text), 0});
    EXPECT_TRUE(parsed.has_error());
    return parsed.has_error() ? parsed.error() : sql_error();
}
syntax::statement_ptr parsed(std::string text) {
    auto const made = parse_statement({std::move(text), 0});
    EXPECT_TRUE(made.has_value()) << made.error().message;
    return made.has_value() ? *made : nullptr;
}
syntax::expr_ptr expression_of(std::string const& text) {
    auto const made = parse_expression(text);
    EXPECT_TRUE(made.has_value()) << text << ": " << made.error().message;
    return made.has_value() ? *made : nullptr;
}
std::string repeated(std::string_view part, std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += part;
    return out;
}

TEST(parser, splits_a_query_string) {
    auto const made = split_statements("SELECT 1; ;\n  SELECT 'ä;b';select 3");
    ASSERT_TRUE(made.has_value());
    ASSERT_EQ(made->size(), 3u);
    EXPECT_EQ((*made)[0].text, "SELECT 1");
    EXPECT_EQ((*made)[1].text, "SELECT 'ä;b'");
    EXPECT_EQ((*made)[1].offset, 14);
    EXPECT_EQ((*made)[2].text, "select 3");
    EXPECT_EQ((*made)[2].offset, 27);
}

TEST(parser, an_error_anywhere_fails_the_whole_string) {
    auto const made = split_statements("SELECT 1; SELEC 2");
    ASSERT_TRUE(made.has_error());
    EXPECT_STREQ(made.error().sqlstate, "42601");
    EXPECT_EQ(made.error().message, "syntax error at or near \"SELEC\"");
    EXPECT_EQ(made.error().position, 11);
}

TEST(parser, positions_are_characters) {
    auto const raised = error_of("SELECT 'äöü' x y");
    EXPECT_EQ(raised.message, "syntax error at or near \"y\"");
    EXPECT_EQ(raised.position, 16);
    auto const statement = parsed("SELECT 'äöü', a.b");
    auto const& query = *std::get<syntax::select_ptr>(statement->body);
    EXPECT_EQ(query.targets[1].value->position, 15);
}

TEST(parser, end_of_input) {
    auto const raised = error_of("SELECT (");
    EXPECT_EQ(raised.message, "syntax error at end of input");
    EXPECT_EQ(raised.position, 9);
}

TEST(parser, nothing_is_no_statement) {
    EXPECT_EQ(parsed(" -- only a comment"), nullptr);
    EXPECT_TRUE(split_statements(" ; ")->empty());
}

TEST(parser, one_statement_only) {
    EXPECT_EQ(error_of("SELECT 1; SELECT 2").message,
              "cannot insert multiple commands into a prepared statement");
}

TEST(parser, states_that_are_not_syntax_errors) {
    EXPECT_STREQ(error_of("SELECT sum(a) OVER (ROWS BETWEEN CURRENT ROW AND 1 PRECEDING)").sqlstate,
                 "42P20");
    EXPECT_EQ(error_of("SELECT * FROM (SELECT 1)").hint,
              "For example, FROM (SELECT ...) [AS] foo.");
    EXPECT_STREQ(error_of("SELECT 'a\xff'").sqlstate, "22021");
    EXPECT_EQ(error_of("SELECT '\xe3\x28'").message,
              "invalid byte sequence for encoding \"UTF8\": 0xe3 0x28 0x27");
    EXPECT_STREQ(error_of(std::string("SELECT 1\0", 9)).sqlstate, "22021");
}

TEST(parser, what_is_not_represented_is_refused_by_name) {
    auto const raised = error_of("SELECT xmlelement(name a)");
    EXPECT_STREQ(raised.sqlstate, "0A000");
    EXPECT_EQ(raised.message, "XML is not supported");
    EXPECT_EQ(raised.position, 8);
    EXPECT_STREQ(error_of("MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE").sqlstate,
                 "0A000");
    EXPECT_STREQ(error_of("CREATE TRIGGER t BEFORE INSERT ON a EXECUTE FUNCTION f()").sqlstate,
                 "0A000");
}

// Each shape in turn: a deep tree, deep text, a long list. Nothing may crash, and what is refused
// is refused as too deep or too large.
class hostile_text : public ::testing::TestWithParam<std::string> {};
TEST_P(hostile_text, is_refused) {
    auto const made = parse_statement({GetParam(), 0});
    ASSERT_TRUE(made.has_error());
    std::string const state = made.error().sqlstate;
    EXPECT_TRUE(state == "54001" || state == "54000" || state == "42601") << state;
}
INSTANTIATE_TEST_SUITE_P(
    shapes, hostile_text,
    ::testing::Values("SELECT " + repeated("1+", 50'000) + "1", "SELECT " + repeated("(", 100'000),
                      "SELECT " + repeated("(", 2'900) + "1" + repeated(")", 2'900) + "+" +
                          repeated("-", 5'000) + "1",
                      "SELECT " + repeated("NOT ", 5'000) + "true",
                      "SELECT " + repeated("a[", 5'000) + "1" + repeated("]", 5'000),
                      "SELECT 1" + repeated(" UNION SELECT 1", 20'000),
                      "SELECT " + repeated("CASE WHEN true THEN ", 2'000),
                      "SELECT 1 FROM " + repeated("a JOIN ", 8'000) + "a" +
                          repeated(" ON true", 8'000),
                      "SELECT 1 IN (" + repeated("1,", 300'000) + "1)",
                      repeated("SELECT 1;", 11'000) + "SELECT 1"));

TEST(parser, wide_texts_are_served) {
    EXPECT_NE(parsed("SELECT 1 WHERE true" + repeated(" OR a = 1", 20'000)), nullptr);
    EXPECT_NE(parsed("SELECT 1 IN (" + repeated("1,", 50'000) + "1)"), nullptr);
    EXPECT_NE(parsed("INSERT INTO t VALUES (1)" + repeated(",(1)", 50'000)), nullptr);
}

TEST(parser, literals) {
    auto const number = expression_of("12");
    EXPECT_EQ(std::get<syntax::literal>(number->node).integer, 12);
    auto const large = expression_of("99999999999");
    EXPECT_EQ(std::get<syntax::literal>(large->node).text, "99999999999");
    auto const bits = expression_of("B'0101'");
    EXPECT_EQ(std::get<syntax::literal>(bits->node).text, "b0101");
    auto const escaped = expression_of("E'a\\n'");
    EXPECT_EQ(std::get<syntax::literal>(escaped->node).text, "a\n");
}

TEST(parser, ties_only_where_they_are_asked_for) {
    auto const has_ties = [](char const* limit) {
        auto const made = parsed(std::string("SELECT a FROM t ORDER BY a ") + limit);
        return std::get<syntax::select_ptr>(made->body)->with_ties;
    };
    EXPECT_FALSE(has_ties(""));
    EXPECT_FALSE(has_ties("LIMIT 3"));
    EXPECT_FALSE(has_ties("LIMIT ALL OFFSET 2"));
    EXPECT_FALSE(has_ties("FETCH FIRST 3 ROWS ONLY"));
    EXPECT_TRUE(has_ties("FETCH FIRST 3 ROWS WITH TIES"));
}

TEST(parser, operators_keep_their_kind) {
    using kind = syntax::operation::kind;
    auto const what = [](char const* text) {
        return std::get<syntax::operation>(expression_of(text)->node).what;
    };
    EXPECT_EQ(what("a OPERATOR(pg_catalog.~) b"), kind::plain);
    EXPECT_EQ(what("a = ANY (b)"), kind::any);
    EXPECT_EQ(what("a <> ALL (b)"), kind::all);
    EXPECT_EQ(what("a IS NOT DISTINCT FROM b"), kind::not_distinct);
    EXPECT_EQ(what("a NOT IN (1, 2)"), kind::in);
    EXPECT_EQ(what("a NOT BETWEEN SYMMETRIC 1 AND 2"), kind::not_between_symmetric);
    EXPECT_EQ(what("nullif(a, b)"), kind::null_if);
}

TEST(parser, types) {
    auto const made = parse_type_name("character varying(10)[]");
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ(made->names.back(), "varchar");
    EXPECT_EQ(made->modifiers.size(), 1u);
    EXPECT_EQ(made->array_bounds, std::vector<std::int32_t>{-1});
    EXPECT_TRUE(parse_type_name("integer 5").has_error());
}

}  // namespace
}  // namespace sluice::sql
