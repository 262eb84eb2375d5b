#include <gtest/gtest.h>

#include "tests/unit/sql_records/run_statement.hpp"

namespace sluice::sql::records {
namespace {

struct expected_row {
    std::string statement, answer;
};

constexpr std::string_view people =
    "name,Age,city\nAnn,30,Oslo\nBob,4,\"Rome, IT\"\nCyd,,Bern\n";

std::string over_people(std::string_view statement) {
    statement_run run;
    csv_input input;
    input.first_line = csv_input::header::use;
    run.input = input;
    return run.over(statement, people);
}

std::string over_json(std::string_view statement, std::string_view text) {
    statement_run run;
    run.input = json_input{true};
    return run.over(statement, text);
}

std::string many(std::string_view part, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += part;
    return out;
}

TEST(record_statement, answers_csv_with_headers) {
    for (auto const& [statement, answer] : std::vector<expected_row>{
             {"SELECT * FROM S3Object WHERE name = 'Ann'",
              "{\"name\":\"Ann\",\"Age\":\"30\",\"city\":\"Oslo\"}\n"},
             {"select s.NAME from s3object s where s.age > 5", "{\"NAME\":\"Ann\"}\n"},
             {"SELECT s.\"Age\" AS a FROM S3Object AS s LIMIT 1", "{\"a\":\"30\"}\n"},
             {"SELECT s.\"age\" FROM S3Object s", "fault: missing_headers"},
             {"SELECT s._1, _3 FROM S3Object s WHERE s._2 = 4",
              "{\"_1\":\"Bob\",\"_3\":\"Rome, IT\"}\n"},
             {"SELECT s.nothing FROM S3Object s", "fault: missing_headers"},
             {"SELECT s._0 FROM S3Object s", "fault: invalid_column_index"},
             {"SELECT s._9 FROM S3Object s LIMIT 1", "{}\n"},
             {"SELECT s.name.first FROM S3Object s", "fault: invalid_key_path"},
             {"SELECT COUNT(*) FROM S3Object", "{\"_1\":3}\n"},
             {"SELECT COUNT(*) AS n FROM S3Object[*] s WHERE s.city LIKE '%o%'", "{\"n\":2}\n"},
             {"SELECT name FROM S3Object WHERE Age = ''", "{\"name\":\"Cyd\"}\n"},
             {"SELECT name FROM S3Object WHERE CAST(Age AS INT) = 4", "fault: cast_failed"},
             {"SELECT name FROM S3Object WHERE NULLIF(Age, '') IS NULL", "{\"name\":\"Cyd\"}\n"},
             {"SELECT SUM(CAST(CASE Age WHEN '' THEN '0' ELSE Age END AS INT)) AS s, "
              "MIN(CHAR_LENGTH(city)) m FROM S3Object",
              "{\"s\":34,\"m\":4}\n"},
             {"SELECT name FROM S3Object WHERE name IN ('Bob', 'Cyd') AND NOT city = 'Bern'",
              "{\"name\":\"Bob\"}\n"},
             {"SELECT name FROM S3Object WHERE Age BETWEEN 4 AND 4.0", "{\"name\":\"Bob\"}\n"},
             {"SELECT name FROM S3Object WHERE Age NOT BETWEEN 4 AND 10 AND Age <> ''",
              "{\"name\":\"Ann\"}\n"},
             {"SELECT name FROM S3Object LIMIT 0", ""},
         })
        EXPECT_EQ(over_people(statement), answer) << statement;
}

TEST(record_statement, computes) {
    for (auto const& [expression, answer] : std::vector<expected_row>{
             {"1 / 2", "0"},
             {"7 % 4", "3"},
             {"1.0 / 2.0 * .3", "0.15"},
             {"3.0 / 2", "1.5"},
             {"1 + 2 * 3 - -4", "11"},
             {"9223372036854775807 + 1", "fault: integer_overflow"},
             {"-9223372036854775808", "-9223372036854775808"},
             {"9223372036854775807 * 1.0", "9223372036854775807.0"},
             {"1 / 0", "fault: evaluator_invalid_arguments"},
             {"1.5 / 0.0", "fault: evaluator_invalid_arguments"},
             {"'a' || 'b'", "\"ab\""},
             {"CAST('12' AS INT) + 1", "13"},
             {"CAST(' 7 ' AS INTEGER)", "7"},
             {"CAST(1.9 AS INT)", "1"},
             {"CAST('1.9' AS INT)", "fault: cast_failed"},
             {"CAST('1e3' AS FLOAT)", "1000"},
             {"CAST(0.1 AS FLOAT) + CAST(0.2 AS FLOAT)", "0.30000000000000004"},
             {"CAST('0.10' AS DECIMAL)", "0.10"},
             {"CAST('0.10' AS NUMERIC(5, 1))", "0.10"},
             {"CAST('0.10' AS DECIMAL(5))", "fault: parse_invalid_type_param"},
             {"CAST('true' AS BOOL)", "true"},
             {"CAST('yes' AS BOOLEAN)", "fault: cast_failed"},
             {"CAST(5 AS STRING)", "\"5\""},
             {"CAST(NULL AS INT)", "null"},
             {"CAST('x' AS VARCHAR)", "fault: parse_expected_type_name"},
             {"CHAR_LENGTH('h\u00e9')", "2"},
             {"CHARACTER_LENGTH('')", "0"},
             {"UPPER('h\u00e9') || LOWER('AB')", "\"H\u00c9ab\""},
             {"TRIM('  x ')", "\"x\""},
             {"TRIM(BOTH '1' FROM '11x11')", "\"x\""},
             {"TRIM(LEADING 'ab' FROM 'abbaxab')", "\"xab\""},
             {"TRIM(TRAILING FROM 'x  ')", "\"x\""},
             {"SUBSTRING('123456', 2)", "\"23456\""},
             {"SUBSTRING('123456' FROM 2 FOR 3)", "\"234\""},
             {"SUBSTRING('123456', 0, 2)", "\"1\""},
             {"SUBSTRING('1', 5)", "\"\""},
             {"SUBSTRING('1', 1, -1)", "fault: evaluator_invalid_arguments"},
             {"COALESCE(NULL, NULL, 3)", "3"},
             {"NULLIF(1, 1)", "null"},
             {"CASE WHEN 1 = 2 THEN 'a' WHEN TRUE THEN 'b' END", "\"b\""},
             {"CASE 3 WHEN 1 THEN 'a' ELSE 'c' END", "\"c\""},
             {"'abc' LIKE 'a_c'", "true"},
             {"'a%c' LIKE 'a\\%c' ESCAPE '\\'", "true"},
             {"'axc' LIKE 'a\\%c' ESCAPE '\\'", "false"},
             {"'abc' NOT LIKE '%b%'", "false"},
             {"'a' LIKE 'a!' ESCAPE '!'",
              "fault: evaluator_like_pattern_invalid_escape_sequence"},
             {"'a' LIKE 'a' ESCAPE 'xy'", "fault: like_invalid_inputs"},
             {"5 LIKE 'a'", "fault: like_invalid_inputs"},
             {"NULL = 1", "null"},
             {"NULL IS NULL AND NULL IS NOT MISSING", "true"},
             {"NOT (NULL OR TRUE)", "false"},
             {"1 IN (3, NULL)", "null"},
             {"(1, 2.0) = (1.0, 2)", "true"},
             {"DATE_ADD(year, 5, `2010-01-01T`)", "\"2015-01-01T\""},
             {"DATE_ADD(month, 1, `2010T`)", "\"2010-02T\""},
             {"DATE_ADD(day, -1, `2017-01-10T`)", "\"2017-01-09T\""},
             {"DATE_ADD(month, 13, `2010-01-31T`)", "\"2011-02-28T\""},
             {"DATE_ADD(hour, 1, `2017-01-02T03:04:05.006Z`)", "\"2017-01-02T04:04:05.006Z\""},
             {"DATE_ADD(year, 99999, `2010T`)", "fault: evaluator_invalid_arguments"},
             {"DATE_DIFF(year, `2010-01-01T`, `2011-01-01T`)", "1"},
             {"DATE_DIFF(month, `2010-01-01T`, `2010-05T`)", "4"},
             {"DATE_DIFF(month, `2011T`, `2010T`)", "-12"},
             {"DATE_DIFF(day, `2010-01-01T23:00Z`, `2010-01-02T01:00Z`)", "0"},
             {"DATE_DIFF(fortnight, `2011T`, `2010T`)", "fault: parse_expected_date_part"},
             {"DATE_DIFF(day, '2010-01-01T', `2010-01-02T`)",
              "fault: incorrect_sql_function_argument_type"},
             {"EXTRACT(YEAR FROM `2010-01-01T`)", "2010"},
             {"EXTRACT(timezone_hour FROM `2010-01-01T10:00-03:30`)", "-3"},
             {"EXTRACT(timezone_minute FROM `2010-01-01T10:00-03:30`)", "-30"},
             {"TO_TIMESTAMP('2007-02-23T12:14:33.079-08:00')", "\"2007-02-23T12:14:33.079-08:00\""},
             {"TO_TIMESTAMP('soon')", "fault: value_parse_failure"},
             {"TO_STRING(`1969-07-20T20:18Z`, 'MMMM d, y')", "\"July 20, 1969\""},
             {"TO_STRING(`1969-07-20T20:18Z`, 'MMM d yyyy h:m a')", "\"Jul 20 1969 8:18 PM\""},
             {"TO_STRING(`1969-07-20T20:18Z`, 'yyyy-MM-dd''T''H:m:ssX')",
              "\"1969-07-20T20:18:00Z\""},
             {"TO_STRING(`1969-07-20T20:18+08:00`, 'H:m:ssXXXX')", "\"20:18:00+0800\""},
             {"TO_STRING(`1969-07-20T20:18Z`, 'QQ')",
              "fault: evaluator_invalid_timestamp_format_pattern_symbol"},
             {"TO_STRING(`1969-07-20T20:18Z`, '''x')",
              "fault: evaluator_unterminated_timestamp_format_pattern_token"},
             {"UTCNOW() > `2020-01-01T`", "false"},
             {"`2010-01-01T00:00Z` = `2010-01-01T01:00+01:00`", "true"},
             {"`10.5` + 1", "11.5"},
             {"`{a:1}`", "fault: lexer_invalid_ion_literal"},
             {"'x' + 1", "fault: evaluator_invalid_arguments"},
             {"NOT 5", "fault: evaluator_invalid_arguments"},
             {"SQRT(4)", "fault: unsupported_function"},
             {"LOWER('a', 'b')", "fault: evaluator_invalid_arguments"},
             {"LOWER(5)", "fault: incorrect_sql_function_argument_type"},
             {"1 IS TRUE", "fault: parse_unsupported_syntax"},
         }) {
        auto const made = over_json("SELECT " + expression + " AS r FROM S3Object", "{}");
        auto const wanted =
            answer.starts_with("fault") ? answer : "{\"r\":" + answer + "}\n";
        EXPECT_EQ(made, wanted) << expression;
    }
}

TEST(record_statement, refuses_by_name) {
    for (auto const& [statement, answer] : std::vector<expected_row>{
             {"", "fault: parse_unexpected_token"},
             {"SELECT", "fault: parse_select_missing_from"},
             {"SELECT *", "fault: parse_select_missing_from"},
             {"SELECT * FROM", "fault: parse_unexpected_token"},
             {"SELECT * FROM elsewhere", "fault: evaluator_binding_does_not_exist"},
             {"SELECT *, a FROM S3Object", "fault: parse_asterisk_is_not_alone_in_select_list"},
             {"SELECT a FROM S3Object GROUP BY a", "fault: unsupported_sql_structure"},
             {"SELECT a FROM S3Object ORDER BY a", "fault: unsupported_sql_structure"},
             {"SELECT DISTINCT a FROM S3Object", "fault: unsupported_sql_structure"},
             {"SELECT COUNT(DISTINCT a) FROM S3Object", "fault: unsupported_sql_operation"},
             {"SELECT a FROM S3Object s, S3Object t", "fault: parse_malformed_join"},
             {"SELECT a FROM S3Object s JOIN S3Object t ON s.a = t.a", "fault: parse_malformed_join"},
             {"SELECT a FROM (SELECT 1) x", "fault: unsupported_sql_structure"},
             {"SELECT a FROM S3Object WHERE a IN (SELECT b FROM S3Object)",
              "fault: unsupported_sql_structure"},
             {"SELECT a FROM S3Object UNION SELECT b FROM S3Object",
              "fault: unsupported_sql_structure"},
             {"SELECT SUM(*) FROM S3Object", "fault: parse_unsupported_call_with_star"},
             {"SELECT SUM(a, b) FROM S3Object", "fault: parse_non_unary_aggregate_function_call"},
             {"SELECT SUM(COUNT(a)) FROM S3Object", "fault: unsupported_sql_structure"},
             {"SELECT a, COUNT(*) FROM S3Object", "fault: unsupported_sql_structure"},
             {"SELECT a FROM S3Object WHERE COUNT(*) > 1", "fault: unsupported_sql_structure"},
             {"SELECT a FROM S3Object LIMIT -1", "fault: evaluator_negative_limit"},
             {"SELECT a FROM S3Object LIMIT 1.5", "fault: evaluator_invalid_arguments"},
             {"SELECT a FROM S3Object LIMIT b", "fault: evaluator_invalid_arguments"},
             {"SELECT a ! b FROM S3Object", "fault: lexer_invalid_operator"},
             {"SELECT a == b FROM S3Object", "fault: lexer_invalid_operator"},
             {"SELECT $1 FROM S3Object", "fault: lexer_invalid_char"},
             {"SELECT 'a FROM S3Object", "fault: lexer_invalid_literal"},
             {"SELECT 1x FROM S3Object", "fault: lexer_invalid_literal"},
             {"SELECT a[x] FROM S3Object", "fault: parse_invalid_path_component"},
             {"SELECT a. FROM S3Object", "fault: parse_invalid_path_component"},
             {"SELECT a.*.b FROM S3Object", "fault: parse_invalid_path_component"},
             {"SELECT missing FROM S3Object", "fault: parse_unexpected_token"},
             {"INSERT", "fault: parse_unexpected_token"},
             {"SELECT a FROM S3Object; SELECT a FROM S3Object", "fault: parse_unexpected_token"},
             {"SELECT " + std::string(300, '(') + "1" + std::string(300, ')') + " FROM S3Object",
              "fault: parse_unsupported_syntax"},
             {"SELECT " + std::string(150, '(') + "1" + many(" BETWEEN 0 AND 2)", 150) +
                  " FROM S3Object",
              "{\"_1\":null}\n"},
             {"SELECT " + many("CASE ", 90) + "1" + many(" WHEN 1 THEN 1 WHEN 2 THEN 2 END", 90) +
                  " AS x FROM S3Object",
              "{\"x\":1}\n"},
             {"SELECT '" + std::string(256 * 1024, 'x') + "' FROM S3Object",
              "fault: expression_too_long"},
         })
        EXPECT_EQ(over_json(statement, "{}"), answer) << statement.substr(0, 80);
}

TEST(record_statement, says_where_a_token_is) {
    auto const made = compile("SELECT a,\n  FROM S3Object");
    ASSERT_TRUE(made.has_error());
    EXPECT_EQ(made.error().text, "Unexpected token FROM at line 2, column 3.");
}

TEST(record_statement, counts_what_is_there) {
    EXPECT_EQ(over_json("SELECT COUNT(*), COUNT(a), SUM(a), AVG(a), MIN(a), MAX(a) FROM S3Object",
                        "{\"a\":1}{\"a\":null}{}{\"a\":2.5}"),
              "{\"_1\":4,\"_2\":2,\"_3\":3.5,\"_4\":1.75,\"_5\":1,\"_6\":2.5}\n");
    EXPECT_EQ(over_json("SELECT SUM(a), COUNT(a), AVG(a) + 1 FROM S3Object", ""),
              "{\"_1\":null,\"_2\":0,\"_3\":null}\n");
    EXPECT_EQ(over_json("SELECT AVG(a) FROM S3Object", "{\"a\":1}{\"a\":1}{\"a\":2}").substr(0, 10),
              "{\"_1\":1.33");
    EXPECT_EQ(over_json("SELECT MAX(a) FROM S3Object", "{\"a\":\"x\"}"),
              "fault: incorrect_sql_function_argument_type");
    EXPECT_EQ(over_json("SELECT SUM(a) FROM S3Object",
                        "{\"a\":9223372036854775807}{\"a\":1}"),
              "fault: integer_overflow");
}

}  // namespace
}  // namespace sluice::sql::records
