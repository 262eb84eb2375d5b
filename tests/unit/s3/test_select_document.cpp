#include <gtest/gtest.h>

#include "protocols/s3/wire/select_document.hpp"

namespace sluice::s3 {
namespace {

constexpr std::string_view csv_in = "<InputSerialization><CSV/></InputSerialization>";
constexpr std::string_view csv_out = "<OutputSerialization><CSV/></OutputSerialization>";

s3_result<select_request> read(std::string_view input, std::string_view output = csv_out,
                               std::string_view more = {}) {
    std::string text = "<SelectObjectContentRequest xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                       "<Expression>SELECT * FROM S3Object</Expression>"
                       "<ExpressionType>SQL</ExpressionType>";
    text.append(input).append(output).append(more).append("</SelectObjectContentRequest>");
    auto const document = parse_xml(text, "SelectObjectContentRequest");
    if (!document) return document.error();
    return read_select_document(*document);
}

std::string_view code_of(s3_result<select_request> const& made) {
    return made ? "" : row_of(made.error().code).code;
}

std::string input(std::string_view inside) {
    return "<InputSerialization>" + std::string(inside) + "</InputSerialization>";
}
std::string output(std::string_view inside) {
    return "<OutputSerialization>" + std::string(inside) + "</OutputSerialization>";
}

TEST(select_document, reads_every_element) {
    auto const made = read(
        input("<CompressionType>NONE</CompressionType><CSV><FileHeaderInfo>USE</FileHeaderInfo>"
              "<Comments>%</Comments><QuoteEscapeCharacter>\\</QuoteEscapeCharacter>"
              "<RecordDelimiter>&#xD;&#xA;</RecordDelimiter><FieldDelimiter>\t</FieldDelimiter>"
              "<QuoteCharacter>'</QuoteCharacter></CSV>"),
        output("<JSON><RecordDelimiter>\n</RecordDelimiter></JSON>"),
        "<RequestProgress><Enabled>TRUE</Enabled></RequestProgress>"
        "<ScanRange><Start>5</Start><End>9</End></ScanRange>");
    ASSERT_TRUE(made) << code_of(made);
    auto const& csv = std::get<sql::records::csv_input>(made->input);
    EXPECT_EQ(csv.first_line, sql::records::csv_input::header::use);
    EXPECT_EQ(csv.comment, "%");
    EXPECT_EQ(csv.escape, "\\");
    EXPECT_EQ(csv.record_delimiter, "\r\n");
    EXPECT_EQ(csv.field_delimiter, "\t");
    EXPECT_EQ(csv.quote, "'");
    EXPECT_TRUE(made->progress);
    EXPECT_EQ(made->range->start, 5u);
    EXPECT_EQ(made->range->end, 9u);
    EXPECT_EQ(std::get<sql::records::json_output>(made->output).record_delimiter, "\n");
}

TEST(select_document, refuses_with_the_codes_of_s3) {
    EXPECT_EQ(code_of(read(csv_in)), "");
    EXPECT_EQ(code_of(read("")), "MissingRequiredParameter");
    EXPECT_EQ(code_of(read(csv_in, "")), "MissingRequiredParameter");
    EXPECT_EQ(code_of(read(input(""))), "InvalidDataSource");
    EXPECT_EQ(code_of(read(input("<CSV/><JSON><Type>LINES</Type></JSON>"))),
              "ObjectSerializationConflict");
    EXPECT_EQ(code_of(read(csv_in, output("<CSV/><JSON/>"))), "ObjectSerializationConflict");
    EXPECT_EQ(code_of(read(input("<CSV/><CompressionType>LZ4</CompressionType>"))),
              "InvalidCompressionFormat");
    EXPECT_EQ(code_of(read(input("<Parquet/><CompressionType>GZIP</CompressionType>"))),
              "InvalidCompressionFormat");
    EXPECT_EQ(code_of(read(input("<CSV><FileHeaderInfo>MAYBE</FileHeaderInfo></CSV>"))),
              "InvalidFileHeaderInfo");
    EXPECT_EQ(code_of(read(input("<JSON/>"))), "MissingRequiredParameter");
    EXPECT_EQ(code_of(read(input("<JSON><Type>TREE</Type></JSON>"))), "InvalidJsonType");
    EXPECT_EQ(code_of(read(csv_in, output("<CSV><QuoteFields>ODD</QuoteFields></CSV>"))),
              "InvalidQuoteFields");
    EXPECT_EQ(code_of(read(input("<CSV><FieldDelimiter>ab</FieldDelimiter></CSV>"))),
              "InvalidRequestParameter");
    EXPECT_EQ(code_of(read(input("<CSV><FieldDelimiter></FieldDelimiter></CSV>"))),
              "InvalidRequestParameter");
    EXPECT_EQ(code_of(read(input("<CSV><FieldDelimiter>\"</FieldDelimiter></CSV>"))),
              "InvalidRequestParameter");
    EXPECT_EQ(code_of(read(input("<CSV><Surprise>1</Surprise></CSV>"))), "MalformedXML");
    EXPECT_EQ(code_of(read(input("<CSV><Comments>a</Comments><Comments>b</Comments></CSV>"))),
              "MalformedXML");
    EXPECT_EQ(code_of(read(csv_in, csv_out, csv_out)), "MalformedXML");
    EXPECT_EQ(code_of(read(csv_in, csv_out, "<RequestProgress><Enabled>5</Enabled></RequestProgress>")),
              "InvalidRequestParameter");
}

TEST(select_document, refuses_ranges_that_cannot_be_cut) {
    constexpr std::string_view range = "<ScanRange><Start>0</Start></ScanRange>";
    EXPECT_EQ(code_of(read(csv_in, csv_out, range)), "");
    EXPECT_EQ(code_of(read(csv_in, csv_out, "<ScanRange></ScanRange>")), "InvalidScanRange");
    EXPECT_EQ(code_of(read(csv_in, csv_out, "<ScanRange><End>-1</End></ScanRange>")),
              "InvalidScanRange");
    for (std::string_view const inside :
         {"<CSV/><CompressionType>GZIP</CompressionType>", "<Parquet/>",
          "<JSON><Type>DOCUMENT</Type></JSON>",
          "<CSV><AllowQuotedRecordDelimiter>true</AllowQuotedRecordDelimiter></CSV>"})
        EXPECT_EQ(code_of(read(input(inside), csv_out, range)), "UnsupportedScanRangeInput");
}

TEST(select_document, counts_ranges_from_either_end) {
    auto const range = [](std::optional<std::uint64_t> start, std::optional<std::uint64_t> end) {
        auto const made = resolve_scan({start, end}, 100);
        return made ? std::to_string(made->first) + "-" + std::to_string(made->last)
                    : std::string(row_of(made.error().code).code);
    };
    EXPECT_EQ(range(0, 9), "0-9");
    EXPECT_EQ(range(50, {}), "50-99");
    EXPECT_EQ(range({}, 30), "70-99");
    EXPECT_EQ(range({}, 300), "0-99");
    EXPECT_EQ(range(50, 1000), "50-99");
    EXPECT_EQ(range(9, 8), "InvalidScanRange");
    EXPECT_EQ(range(100, {}), "InvalidScanRange");
    EXPECT_EQ(range({}, 0), "InvalidScanRange");
}

}  // namespace
}  // namespace sluice::s3
