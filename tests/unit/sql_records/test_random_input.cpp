// Bytes that nobody meant, as statement and as input: they end in rows or in a fault, never in a
// crash or a hang. The same seeds each time.
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/sql_records/run_statement.hpp"

namespace sluice::sql::records {
namespace {

std::string some_of(std::mt19937& random, std::span<std::string_view const> parts,
                    std::size_t most) {
    std::string out;
    for (auto count = random() % most; count > 0; --count) {
        out += parts[random() % parts.size()];
        if (random() % 3 != 0) out += ' ';
    }
    return out;
}

constexpr std::array<std::string_view, 48> words{
    "SELECT", "FROM", "WHERE",  "S3Object", "s",    "*",     "a",     ".",   "[",      "]",
    "[*]",    "(",    ")",      ",",        "'",    "\"",    "`",     "1",   "2.5",    "1e9",
    "AND",    "OR",   "NOT",    "IS",       "NULL", "MISSING", "IN",  "LIKE", "ESCAPE", "BETWEEN",
    "CASE",   "WHEN", "THEN",   "END",      "CAST", "AS",    "INT",   "LIMIT", "COUNT(*)", "SUM(",
    "=",      "<>",   "||",     "-",        "/",    "DATE_ADD(", "EXTRACT(", "\xC3\xA9"};
constexpr std::array<std::string_view, 24> pieces{
    "{", "}", "[", "]", ":", ",", "\"", "\\", "\n", "\r\n", "a", "1", "-", ".5", "e", "null",
    "true", "\xEF\xBB\xBF", "\xFF", "#", "\"a\":", "  ", "\\u12", "\x1F\x8B\x08"};

TEST(record_random_input, ends_in_rows_or_a_fault) {
    std::mt19937 random(20260101);
    for (int round = 0; round < 20'000; ++round) {
        auto statement = some_of(random, words, 20);
        if (round % 2 == 0) statement = "SELECT a, _1 FROM S3Object s WHERE " + statement;
        if (round % 4 == 1) statement = "SELECT " + statement + " FROM S3Object s";
        auto const input = some_of(random, pieces, 30);
        statement_run run;
        if (random() % 2 == 0) run.input = json_input{random() % 2 == 0};
        if (random() % 8 == 0) run.packed = compression::gzip;
        if (random() % 8 == 0) run.packed = compression::bzip2;
        if (random() % 2 == 0) run.output = csv_output{};
        run.piece = 1 + random() % 8;
        run.over(statement, input);
        run.over("SELECT * FROM S3Object", input);
    }
}

TEST(record_random_input, takes_any_bytes) {
    std::mt19937 random(7);
    for (int round = 0; round < 20'000; ++round) {
        std::string noise(random() % 64, '\0');
        for (auto& c : noise) c = static_cast<char>(random());
        statement_run run;
        if (round % 2 == 0) run.input = json_input{};
        run.packed = static_cast<compression>(random() % 3);
        run.piece = 1 + random() % 16;
        run.over("SELECT * FROM S3Object", noise);
        EXPECT_TRUE(run.over(noise, "a,b\n").starts_with("fault")) << round;
    }
}

}  // namespace
}  // namespace sluice::sql::records
