#include "protocols/s3/wire/select_document.hpp"

#include <algorithm>
#include <charconv>

#include "protocols/sql/types/text_tools.hpp"

namespace sluice::s3 {
namespace {

namespace records = sql::records;

constexpr std::size_t delimiter_characters_max = 2;

// Whether the children have these names, each once at most.
bool holds_once(xml_element const& from, std::initializer_list<std::string_view> names) {
    if (!from.holds_only(names)) return false;
    return std::all_of(from.children.begin(), from.children.end(),
                       [&](auto const& child) { return from.only(child.name) != nullptr; });
}
bool holds_texts(xml_element const& from, std::initializer_list<std::string_view> names) {
    return holds_once(from, names) &&
           std::all_of(from.children.begin(), from.children.end(),
                       [](auto const& child) { return child.children.empty(); });
}

s3_failure bad_parameter(std::string_view name) {
    return {error_code::invalid_request_parameter,
            "The value of a parameter in the " + std::string(name) + " element is not valid."};
}

s3_failure missing_parameter(std::string_view name) {
    return {error_code::missing_required_parameter,
            "The SelectRequest entity is missing the parameter " + std::string(name) + "."};
}

s3_result<bool> read_flag(std::string_view name, std::string_view text) {
    if (sql::same_ignoring_case(text, "true")) return true;
    if (sql::same_ignoring_case(text, "false")) return false;
    return bad_parameter(name);
}

// A parameter of characters: between `fewest` and `most` of them, where it is given.
s3_result<> read_characters(xml_element const& from, std::string_view name, std::size_t fewest,
                            std::size_t most, std::string& into) {
    auto const text = from.text_of(name);
    if (!text) return {};
    auto const count = sql::character_count(*text);
    if (count < fewest || count > most) return bad_parameter(name);
    into = *text;
    return {};
}

bool begins_alike(std::string_view a, std::string_view b) {
    return a.starts_with(b) || b.starts_with(a);
}

s3_result<> check_marks(std::string_view field, std::string_view record, std::string_view quote) {
    if (begins_alike(field, record)) return bad_parameter("FieldDelimiter");
    if (!quote.empty() && (begins_alike(quote, field) || begins_alike(quote, record)))
        return bad_parameter("QuoteCharacter");
    return {};
}

s3_result<records::csv_input> read_csv_input(xml_element const& from) {
    if (!holds_texts(from, {"FileHeaderInfo", "Comments", "QuoteEscapeCharacter", "RecordDelimiter",
                          "FieldDelimiter", "QuoteCharacter", "AllowQuotedRecordDelimiter"}))
        return error_code::malformed_xml;
    records::csv_input out;
    if (auto const header = from.text_of("FileHeaderInfo")) {
        if (sql::same_ignoring_case(*header, "USE"))
            out.first_line = records::csv_input::header::use;
        else if (sql::same_ignoring_case(*header, "IGNORE"))
            out.first_line = records::csv_input::header::ignore;
        else if (!sql::same_ignoring_case(*header, "NONE"))
            return error_code::invalid_file_header_info;
    }
    if (auto const flag = from.text_of("AllowQuotedRecordDelimiter")) {
        auto const allowed = read_flag("AllowQuotedRecordDelimiter", *flag);
        if (!allowed) return allowed.error();
        out.allows_quoted_record_delimiter = *allowed;
    }
    if (auto const fine = read_characters(from, "Comments", 0, 1, out.comment); !fine)
        return fine.error();
    if (auto const fine = read_characters(from, "QuoteCharacter", 0, 1, out.quote); !fine)
        return fine.error();
    if (auto const fine = read_characters(from, "QuoteEscapeCharacter", 0, 1, out.escape); !fine)
        return fine.error();
    if (auto const fine = read_characters(from, "RecordDelimiter", 1, delimiter_characters_max,
                                          out.record_delimiter);
        !fine)
        return fine.error();
    if (auto const fine = read_characters(from, "FieldDelimiter", 1, 1, out.field_delimiter); !fine)
        return fine.error();
    // Without a character of its own a quote is escaped by itself.
    if (!from.text_of("QuoteEscapeCharacter")) out.escape = out.quote;
    if (auto const fine = check_marks(out.field_delimiter, out.record_delimiter, out.quote); !fine)
        return fine.error();
    return out;
}

s3_result<records::json_input> read_json_input(xml_element const& from) {
    if (!holds_texts(from, {"Type"})) return error_code::malformed_xml;
    auto const type = from.text_of("Type");
    if (!type) return missing_parameter("Type");
    if (sql::same_ignoring_case(*type, "LINES")) return records::json_input{true};
    if (sql::same_ignoring_case(*type, "DOCUMENT")) return records::json_input{false};
    return error_code::invalid_json_type;
}

s3_result<> read_input(xml_element const& from, select_request& out) {
    if (!holds_once(from, {"CSV", "JSON", "Parquet", "CompressionType"}))
        return error_code::malformed_xml;
    auto const formats = from.children.size() - (from.only("CompressionType") != nullptr ? 1 : 0);
    if (formats == 0) return error_code::invalid_data_source;
    if (formats > 1) return error_code::object_serialization_conflict;
    if (auto const packed = from.text_of("CompressionType")) {
        if (sql::same_ignoring_case(*packed, "GZIP")) out.packed = records::compression::gzip;
        else if (sql::same_ignoring_case(*packed, "BZIP2")) out.packed = records::compression::bzip2;
        else if (!sql::same_ignoring_case(*packed, "NONE"))
            return error_code::invalid_compression_format;
    }
    if (auto const* csv = from.only("CSV")) {
        auto read = read_csv_input(*csv);
        if (!read) return read.error();
        out.input = *std::move(read);
    } else if (auto const* json = from.only("JSON")) {
        auto const read = read_json_input(*json);
        if (!read) return read.error();
        out.input = *read;
    } else {
        if (!from.only("Parquet")->children.empty()) return error_code::malformed_xml;
        if (out.packed != records::compression::none)
            return s3_failure(error_code::invalid_compression_format,
                              "Whole-object compression is not applicable to Parquet objects.");
        out.input = parquet_input{};
    }
    return {};
}

s3_result<records::csv_output> read_csv_output(xml_element const& from) {
    if (!holds_texts(from, {"QuoteFields", "QuoteEscapeCharacter", "RecordDelimiter",
                          "FieldDelimiter", "QuoteCharacter"}))
        return error_code::malformed_xml;
    records::csv_output out;
    if (auto const quotes = from.text_of("QuoteFields")) {
        out.quotes_always = sql::same_ignoring_case(*quotes, "ALWAYS");
        if (!out.quotes_always && !sql::same_ignoring_case(*quotes, "ASNEEDED"))
            return error_code::invalid_quote_fields;
    }
    if (auto const fine = read_characters(from, "QuoteCharacter", 0, 1, out.quote); !fine)
        return fine.error();
    if (auto const fine = read_characters(from, "QuoteEscapeCharacter", 0, 1, out.escape); !fine)
        return fine.error();
    if (auto const fine = read_characters(from, "RecordDelimiter", 1, delimiter_characters_max,
                                          out.record_delimiter);
        !fine)
        return fine.error();
    if (auto const fine = read_characters(from, "FieldDelimiter", 1, 1, out.field_delimiter); !fine)
        return fine.error();
    if (!from.text_of("QuoteEscapeCharacter")) out.escape = out.quote;
    return out;
}

s3_result<> read_output(xml_element const& from, select_request& out) {
    if (!holds_once(from, {"CSV", "JSON"})) return error_code::malformed_xml;
    if (from.children.empty()) return missing_parameter("OutputSerialization");
    if (from.children.size() > 1) return error_code::object_serialization_conflict;
    if (auto const* csv = from.only("CSV")) {
        auto read = read_csv_output(*csv);
        if (!read) return read.error();
        out.output = *std::move(read);
        return {};
    }
    auto const& json = *from.only("JSON");
    if (!holds_texts(json, {"RecordDelimiter"})) return error_code::malformed_xml;
    records::json_output made;
    auto const fine = read_characters(json, "RecordDelimiter", 1, delimiter_characters_max,
                                      made.record_delimiter);
    if (!fine) return fine.error();
    out.output = made;
    return {};
}

s3_result<std::optional<std::uint64_t>> read_position(xml_element const& from,
                                                      std::string_view name) {
    auto const text = from.text_of(name);
    if (!text) return std::optional<std::uint64_t>();
    std::uint64_t position = 0;
    auto const* end = text->data() + text->size();
    auto const parsed = std::from_chars(text->data(), end, position);
    if (text->empty() || parsed.ec != std::errc{} || parsed.ptr != end)
        return error_code::invalid_scan_range;
    return std::optional(position);
}

s3_result<> read_range(xml_element const& from, select_request& out) {
    if (!holds_texts(from, {"Start", "End"})) return error_code::malformed_xml;
    auto const start = read_position(from, "Start");
    if (!start) return start.error();
    auto const end = read_position(from, "End");
    if (!end) return end.error();
    if (!*start && !*end) return error_code::invalid_scan_range;
    if (out.packed != records::compression::none)
        return error_code::unsupported_scan_range_input;
    auto const* csv = std::get_if<records::csv_input>(&out.input);
    auto const* json = std::get_if<records::json_input>(&out.input);
    bool const divides = (csv != nullptr && !csv->allows_quoted_record_delimiter) ||
                         (json != nullptr && json->lines);
    if (!divides) return error_code::unsupported_scan_range_input;
    out.range = select_request::scan{*start, *end};
    return {};
}

}  // namespace

s3_result<select_request> read_select_document(xml_element const& document) {
    if (!holds_once(document, {"Expression", "ExpressionType", "RequestProgress",
                               "InputSerialization", "OutputSerialization", "ScanRange"}))
        return error_code::malformed_xml;
    for (std::string_view name :
         {"Expression", "ExpressionType", "InputSerialization", "OutputSerialization"})
        if (document.only(name) == nullptr) return missing_parameter(name);
    select_request out;
    auto const expression = document.text_of("Expression");
    auto const type = document.text_of("ExpressionType");
    if (!expression || !type) return error_code::malformed_xml;
    out.expression = *expression;
    if (!sql::same_ignoring_case(*type, "SQL"))
        return error_code::invalid_expression_type;
    if (auto const* progress = document.only("RequestProgress")) {
        if (!holds_texts(*progress, {"Enabled"})) return error_code::malformed_xml;
        auto const flag = read_flag("Enabled", progress->text_of("Enabled").value_or("false"));
        if (!flag) return flag.error();
        out.progress = *flag;
    }
    if (auto const fine = read_input(*document.only("InputSerialization"), out); !fine)
        return fine.error();
    if (auto const fine = read_output(*document.only("OutputSerialization"), out); !fine)
        return fine.error();
    if (auto const* range = document.only("ScanRange"))
        if (auto const fine = read_range(*range, out); !fine) return fine.error();
    return out;
}

s3_result<scanned_bytes> resolve_scan(select_request::scan const& range, std::uint64_t size) {
    if (size == 0) return scanned_bytes{};
    if (!range.start) {
        // The last so many bytes.
        auto const count = std::min(*range.end, size);
        if (count == 0) return error_code::invalid_scan_range;
        return scanned_bytes{size - count, size - 1};
    }
    if (*range.start >= size || (range.end && *range.end < *range.start))
        return error_code::invalid_scan_range;
    return scanned_bytes{*range.start, std::min(range.end.value_or(size - 1), size - 1)};
}

}  // namespace sluice::s3
