#include <bzlib.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "tests/unit/sql_records/run_statement.hpp"

namespace sluice::sql::records {
namespace {

std::string gzip(std::string_view text) {
    std::string out(compressBound(text.size()) + 64, '\0');
    z_stream stream{};
    deflateInit2(&stream, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

std::string bzip2(std::string text) {
    std::string out(text.size() * 2 + 1024, '\0');
    auto size = static_cast<unsigned>(out.size());
    BZ2_bzBuffToBuffCompress(out.data(), &size, text.data(), static_cast<unsigned>(text.size()), 9,
                             0, 0);
    out.resize(size);
    return out;
}

constexpr std::string_view torture =
    "\xEF\xBB\xBF"
    "a,b,c\n"
    "# a comment, \"with\" quotes\n"
    "\n"
    "\"x\"\"y\",\"1,2\",\"\"\n"
    "plain\"quote,  spaces ,\r\n"
    "\"crlf\"\r\n"
    "\xC3\xA9,\"\xE2\x82\xAC\",last";
constexpr std::string_view untangled =
    "{\"a\":\"x\\\"y\",\"b\":\"1,2\",\"c\":\"\"}\n"
    "{\"a\":\"plain\\\"quote\",\"b\":\"  spaces \",\"c\":\"\\r\"}\n"
    "{\"a\":\"crlf\\r\"}\n"
    "{\"a\":\"\xC3\xA9\",\"b\":\"\xE2\x82\xAC\",\"c\":\"last\"}\n";

statement_run with_headers() {
    statement_run out;
    csv_input input;
    input.first_line = csv_input::header::use;
    out.input = input;
    return out;
}

TEST(record_csv, reads_the_same_whatever_the_pieces) {
    for (std::size_t piece = 1; piece <= torture.size(); ++piece) {
        auto run = with_headers();
        run.piece = piece;
        EXPECT_EQ(run.over("SELECT * FROM S3Object", torture), untangled) << piece;
        EXPECT_EQ(run.processed, torture.size());
    }
}

TEST(record_csv, knows_other_marks) {
    statement_run run;
    csv_input input;
    input.record_delimiter = "\r\n";
    input.field_delimiter = "\xC2\xA6";
    input.quote = "'";
    input.escape = "\\";
    input.comment = "";
    input.allows_quoted_record_delimiter = true;
    run.input = input;
    constexpr std::string_view text = "#1\xC2\xA6'it\\'s \\\\ \\n'\r\n'two\r\nlines'\xC2\xA6\n\r\n";
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
        run.piece = piece;
        EXPECT_EQ(run.over("SELECT * FROM S3Object", text),
                  "{\"_1\":\"#1\",\"_2\":\"it's \\\\ \\\\n\"}\n"
                  "{\"_1\":\"two\\r\\nlines\",\"_2\":\"\\n\"}\n")
            << piece;
    }
}

TEST(record_csv, refuses_what_is_broken) {
    statement_run run;
    EXPECT_EQ(run.over("SELECT * FROM S3Object", "a,\"b\nc\",d\n"),
              "fault: csv_escaping_record_delimiter");
    EXPECT_EQ(run.over("SELECT * FROM S3Object", "a,\"b"), "fault: csv_unescaped_quote");
    EXPECT_EQ(run.over("SELECT * FROM S3Object", "a,\"b\"c,d\n"), "fault: csv_unescaped_quote");
    EXPECT_EQ(run.over("SELECT * FROM S3Object", "a,\xFF\n"), "fault: invalid_text_encoding");
    EXPECT_EQ(run.over("SELECT a FROM S3Object", "a\n"), "fault: invalid_column_index");
    EXPECT_EQ(run.over("SELECT * FROM S3Object[*].a", "a\n"), "fault: invalid_key_path");
    EXPECT_EQ(run.over("SELECT _1 + 1 FROM S3Object", "a\n"), "fault: cast_failed");
    run.limits.record_bytes = 8;
    run.piece = 3;
    EXPECT_EQ(run.over("SELECT * FROM S3Object", "123456789\n"), "fault: over_max_record_size");
    EXPECT_EQ(run.over("SELECT COUNT(*) FROM S3Object", "1\n12345678901234567890\n"),
              "fault: over_max_record_size");
    EXPECT_EQ(run.over("SELECT _1 FROM S3Object WHERE _1 = 'x'", "12345678\n"), "");
    EXPECT_EQ(run.over("SELECT * FROM S3Object", "123456789"), "fault: over_max_record_size");
    run.limits.record_bytes = 100;
    run.limits.columns = 3;
    EXPECT_EQ(run.over("SELECT * FROM S3Object", "1,2,3,4\n"), "fault: over_max_column");
}

TEST(record_csv, finds_names_without_case_and_refuses_two) {
    auto run = with_headers();
    EXPECT_EQ(run.over("SELECT a FROM S3Object", "A,a\n1,2\n"), "fault: ambiguous_field_name");
    EXPECT_EQ(run.over("SELECT \"a\" FROM S3Object", "A,a\n1,2\n"), "{\"a\":\"2\"}\n");
    EXPECT_EQ(run.over("SELECT \"a\" FROM S3Object", "a,a\n1,2\n"), "fault: ambiguous_field_name");
    csv_input input;
    input.first_line = csv_input::header::ignore;
    run.input = input;
    EXPECT_EQ(run.over("SELECT _2 FROM S3Object", "A,a\n1,2\n"), "{\"_2\":\"2\"}\n");
    EXPECT_EQ(run.over("SELECT a FROM S3Object", "A,a\n1,2\n"), "fault: invalid_column_index");
}

TEST(record_csv, writes_quotes_where_they_are_needed) {
    statement_run run;
    csv_output output;
    run.output = output;
    EXPECT_EQ(run.over("SELECT * FROM S3Object", "a,\"b,c\",\"d\"\"e\"\n"), "a,\"b,c\",\"d\"\"e\"\n");
    output.quotes_always = true;
    output.quote = "'";
    output.escape = "\\";
    output.field_delimiter = ";";
    output.record_delimiter = "|";
    run.output = output;
    EXPECT_EQ(run.over("SELECT _2, _9, _1 FROM S3Object", "it's,b\n"), "'b';'';'it\\'s'|");
}

TEST(record_csv, divides_at_any_byte) {
    constexpr std::string_view text = "h1,h2\n10,a\n200,b\n\n3,c\n";
    auto const whole = with_headers().over("SELECT h1 FROM S3Object", text);
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
        auto first = with_headers();
        first.range.last = cut - 1;
        auto rest = with_headers();
        rest.range = {cut - 1, cut, text.size() - 1};
        rest.header = "h1,h2";
        EXPECT_EQ(first.over("SELECT h1 FROM S3Object", text) +
                      rest.over("SELECT h1 FROM S3Object", text),
                  whole)
            << cut;
    }
}

TEST(record_csv, is_unpacked) {
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += std::to_string(i) + ",x\n";
    auto const half = text.size() / 2;
    auto const pair = gzip(text.substr(0, half)) + gzip(text.substr(half));
    auto const other = bzip2(text.substr(0, half)) + bzip2(text.substr(half));
    for (std::size_t const piece : {std::size_t{1}, std::size_t{1000}, SIZE_MAX}) {
        statement_run run;
        run.piece = piece;
        run.packed = compression::gzip;
        EXPECT_EQ(run.over("SELECT SUM(_1) FROM S3Object", pair), "{\"_1\":199990000}\n");
        EXPECT_EQ(run.processed, text.size());
        EXPECT_EQ(run.over("SELECT COUNT(*) FROM S3Object", pair.substr(0, pair.size() - 3)),
                  "fault: truncated_input");
        EXPECT_EQ(run.over("SELECT COUNT(*) FROM S3Object", pair + "x"),
                  "fault: truncated_input");
        EXPECT_EQ(run.over("SELECT COUNT(*) FROM S3Object", text),
                  "fault: invalid_compression_format");
        run.packed = compression::bzip2;
        EXPECT_EQ(run.over("SELECT SUM(_1) FROM S3Object", other), "{\"_1\":199990000}\n");
        EXPECT_EQ(run.over("SELECT COUNT(*) FROM S3Object", other.substr(0, other.size() - 3)),
                  "fault: truncated_input");
        EXPECT_EQ(run.over("SELECT COUNT(*) FROM S3Object", pair),
                  "fault: invalid_compression_format");
    }
}

}  // namespace
}  // namespace sluice::sql::records
