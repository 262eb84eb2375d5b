#include "protocols/sql/records/row_writer.hpp"

namespace sluice::sql::records {
namespace {

bool contains(std::string_view text, std::string_view part) {
    return !part.empty() && text.find(part) != std::string_view::npos;
}

void append_escaped(std::string_view text, std::string_view mark, std::string_view escape,
                    std::string& out) {
    while (true) {
        auto const at = text.find(mark);
        out += text.substr(0, at);
        if (at == std::string_view::npos) return;
        out += escape;
        out += mark;
        text.remove_prefix(at + mark.size());
    }
}

}  // namespace

void record_writer::write_field(csv_output const& how, std::string_view text, std::string& out) {
    bool const needs_quotes =
        how.quotes_always || contains(text, how.field_delimiter) ||
        contains(text, how.record_delimiter) || contains(text, how.quote) ||
        text.find_first_of("\r\n") != std::string_view::npos;
    if (how.quote.empty() || !needs_quotes) {
        out += text;
        return;
    }
    out += how.quote;
    append_escaped(text, how.quote, how.escape.empty() ? how.quote : how.escape, out);
    out += how.quote;
}

void record_writer::write_csv(csv_output const& how, value_fields const& row, std::string& out) {
    bool first = true;
    for (auto const& [name, held] : row) {
        if (!first) out += how.field_delimiter;
        first = false;
        room_.clear();
        print(held, room_);
        write_field(how, room_, out);
    }
    out += how.record_delimiter;
}

void record_writer::write_json(json_output const& how, value_fields const& row, std::string& out) {
    bool first = true;
    out += '{';
    for (auto const& [name, held] : row) {
        if (held.is_missing()) continue;
        if (!first) out += ',';
        first = false;
        print_json_text(name, out);
        out += ':';
        print_json(held, out);
    }
    out += '}';
    out += how.record_delimiter;
}

record_result<void> record_writer::write(value_fields const& row, std::size_t bytes_max,
                                         std::string& out) {
    auto const before = out.size();
    if (auto const* csv = std::get_if<csv_output>(&how_)) write_csv(*csv, row, out);
    else write_json(std::get<json_output>(how_), row, out);
    if (out.size() - before <= bytes_max) return {};
    out.resize(before);
    return record_fault(fault::over_max_record_size);
}

}  // namespace sluice::sql::records
