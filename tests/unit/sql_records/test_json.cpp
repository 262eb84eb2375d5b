#include <gtest/gtest.h>

#include "tests/unit/sql_records/run_statement.hpp"

namespace sluice::sql::records {
namespace {

std::string over(std::string_view statement, std::string_view text, std::size_t piece = SIZE_MAX,
                 bool lines = false) {
    statement_run run;
    run.input = json_input{lines};
    run.piece = piece;
    return run.over(statement, text);
}

constexpr std::string_view rules =
    "{\"Rules\":[{\"id\":\"1\"},{\"expr\":\"y > x\"},{\"id\":\"2\",\"expr\":\"z = DEBUG\"}]}\n"
    "{\"created\":\"June 27\",\"modified\":\"July 6\"}";

// The answers that the user guide gives for its own examples.
TEST(record_json, spreads_paths_of_from) {
    for (std::size_t piece = 1; piece <= rules.size(); ++piece) {
        EXPECT_EQ(over("SELECT id FROM S3Object[*].Rules[*].id", rules, piece),
                  "{\"id\":\"1\"}\n{}\n{\"id\":\"2\"}\n{}\n");
        EXPECT_EQ(
            over("SELECT id FROM S3Object[*].Rules[*].id WHERE id IS NOT MISSING", rules, piece),
            "{\"id\":\"1\"}\n{\"id\":\"2\"}\n");
    }
    constexpr std::string_view folders =
        "{\"dir_name\":\"important_docs\",\"files\":[{\"name\":\".\"},{\"name\":\"x\"}],"
        "\"owner\":\"AWS S3\"}";
    EXPECT_EQ(over("SELECT d.dir_name, d.files FROM S3Object[*] d", folders),
              "{\"dir_name\":\"important_docs\",\"files\":[{\"name\":\".\"},{\"name\":\"x\"}]}\n");
    EXPECT_EQ(over("SELECT _1.dir_name, _1.owner FROM S3Object[*]", folders),
              "{\"dir_name\":\"important_docs\",\"owner\":\"AWS S3\"}\n");
    EXPECT_EQ(over("SELECT f.name FROM S3Object[*].files[*] f LIMIT 1", folders),
              "{\"name\":\".\"}\n");
}

TEST(record_json, keeps_what_it_shows) {
    constexpr std::string_view text =
        "{\"a\": [1, 2.50, -3e2, null, true], \"b\": {\"c\": \"\\u00e9\\n\"}, "
        "\"big\": 123456789012345678901234567890}";
    EXPECT_EQ(over("SELECT * FROM S3Object", text),
              "{\"a\":[1,2.50,-300,null,true],\"b\":{\"c\":\"\xC3\xA9\\n\"},"
              "\"big\":123456789012345678901234567890}\n");
    EXPECT_EQ(over("SELECT s.a[1] AS x, s.b.C, s.a[9], s.b['c'] FROM S3Object s", text),
              "{\"x\":2.50,\"C\":\"\xC3\xA9\\n\",\"c\":\"\xC3\xA9\\n\"}\n");
    EXPECT_EQ(over("SELECT * FROM S3Object", "1 \"x\"\n[2]"),
              "{\"_1\":1}\n{\"_1\":\"x\"}\n{\"_1\":[2]}\n");
}

TEST(record_json, tells_missing_from_null) {
    constexpr std::string_view text = "{\"a\":null}{\"b\":1}";
    EXPECT_EQ(over("SELECT COUNT(*) FROM S3Object WHERE a IS NULL", text), "{\"_1\":2}\n");
    EXPECT_EQ(over("SELECT COUNT(*) FROM S3Object WHERE a IS MISSING", text), "{\"_1\":1}\n");
    EXPECT_EQ(over("SELECT COUNT(*) FROM S3Object WHERE a IS NOT NULL", text), "{\"_1\":0}\n");
    EXPECT_EQ(over("SELECT a FROM S3Object", text), "{\"a\":null}\n{}\n");
}

TEST(record_json, compares_like_with_like) {
    constexpr std::string_view text =
        "{\"v\":false}{\"v\":true}{\"v\":42}{\"v\":\"true\"}{\"v\":\"42\"}{\"v\":[1,2]}";
    EXPECT_EQ(over("SELECT COUNT(*) FROM S3Object WHERE v = true", text), "{\"_1\":1}\n");
    EXPECT_EQ(over("SELECT COUNT(*) FROM S3Object WHERE v != true", text), "{\"_1\":5}\n");
    EXPECT_EQ(over("SELECT COUNT(*) FROM S3Object WHERE v > 41", text), "{\"_1\":1}\n");
    EXPECT_EQ(over("SELECT v FROM S3Object WHERE 2 IN s3object.v", text), "{\"v\":[1,2]}\n");
    EXPECT_EQ(over("SELECT v FROM S3Object s WHERE 2 IN s.v[*]", text), "{\"v\":[1,2]}\n");
    EXPECT_EQ(over("SELECT v FROM S3Object s WHERE (1, 2.0) = s.v", text), "{\"v\":[1,2]}\n");
}

TEST(record_json, refuses_names_that_match_twice) {
    EXPECT_EQ(over("SELECT a FROM S3Object", "{\"a\":1,\"A\":2}"), "fault: ambiguous_field_name");
    EXPECT_EQ(over("SELECT \"A\" FROM S3Object", "{\"a\":1,\"A\":2}"), "{\"A\":2}\n");
    EXPECT_EQ(over("SELECT \"a\" FROM S3Object", "{\"a\":1,\"a\":2}"),
              "fault: ambiguous_field_name");
}

TEST(record_json, refuses_what_is_broken) {
    for (std::string_view const text :
         {"{\"a\":1", "{\"a\":}", "{a:1}", "[1,]", "{\"a\":01}", "{\"a\":1.}", "{\"a\":.5}", "nul",
          "{\"a\":\"\\ud800\"}", "{]", "}", "1]", "{\"a\":tru}", "{\"a\" 1}", "{\"a\":\"\n\"}"})
        for (std::size_t const piece : {std::size_t{1}, SIZE_MAX})
            EXPECT_EQ(over("SELECT * FROM S3Object", text, piece), "fault: json_parsing_error")
                << text;
    EXPECT_EQ(over("SELECT * FROM S3Object", "{\"a\":\"\xFF\"}"), "fault: invalid_text_encoding");
    EXPECT_EQ(over("SELECT * FROM S3Object", std::string(1000, '[') + std::string(1000, ']')),
              "fault: json_parsing_error");
}

TEST(record_json, bounds_records_and_what_they_hold) {
    statement_run run;
    run.input = json_input{true};
    run.limits.record_bytes = 64;
    run.piece = 7;
    EXPECT_EQ(run.over("SELECT * FROM S3Object", "{\"a\":\"" + std::string(100, 'x') + "\"}"),
              "fault: over_max_record_size");
    run.limits = {};
    run.limits.value_bytes = 1000;
    std::string many = "[1";
    for (int i = 0; i < 100; ++i) many += ",1";
    EXPECT_EQ(run.over("SELECT * FROM S3Object", many + "]"), "fault: over_max_record_size");
}

TEST(record_json, divides_lines_at_any_byte) {
    constexpr std::string_view text = "{\"a\":1}\n{\"a\":22}\n\n{\"a\":333}\n";
    auto const whole = over("SELECT a FROM S3Object", text, SIZE_MAX, true);
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
        statement_run first, rest;
        first.input = rest.input = json_input{true};
        first.range.last = cut - 1;
        rest.range = {cut - 1, cut, text.size() - 1};
        EXPECT_EQ(first.over("SELECT a FROM S3Object", text) +
                      rest.over("SELECT a FROM S3Object", text),
                  whole)
            << cut;
    }
}

TEST(record_json, is_written_as_csv) {
    statement_run run;
    run.input = json_input{true};
    run.output = csv_output{};
    EXPECT_EQ(run.over("SELECT a, b, c, d FROM S3Object", "{\"a\":[1,\"x\"],\"b\":null,\"d\":true}"),
              "\"[1,\"\"x\"\"]\",,,true\n");
}

}  // namespace
}  // namespace sluice::sql::records
