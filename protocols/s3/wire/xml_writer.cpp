#include "protocols/s3/wire/xml_writer.hpp"

#include <array>

#include "gateway/core/assert.hpp"

namespace sluice::s3 {
namespace {

constexpr std::string_view declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr std::string_view name_space = "http://s3.amazonaws.com/doc/2006-03-01/";
constexpr std::string_view schema_instance = "http://www.w3.org/2001/XMLSchema-instance";

// Bytes that may not stand as they are, or begin a character that may not.
constexpr auto special_bytes = [] {
    std::array<bool, 256> table{};
    for (unsigned byte = 0; byte < 0x20; ++byte) table[byte] = true;
    for (char const c : std::string_view("\x7f\xEF&<>\"")) table[static_cast<unsigned char>(c)] = true;
    return table;
}();

std::size_t plain_bytes(std::string_view text) noexcept {
    std::size_t count = 0;
    while (count < text.size() && !special_bytes[static_cast<unsigned char>(text[count])]) ++count;
    return count;
}

// What stands for the start of `text`, which is special; returns how much of it that was.
std::size_t append_special(std::string& out, std::string_view text) {
    char const c = text.front();
    switch (c) {
        case '&': out += "&amp;"; return 1;
        case '<': out += "&lt;"; return 1;
        case '>': out += "&gt;"; return 1;
        case '"': out += "&quot;"; return 1;
        case '\xEF': break;
        // CR, LF and TAB too: a parser would turn them into spaces or drop them.
        default: out.append("&#").append(std::to_string(static_cast<int>(c))).append(";"); return 1;
    }
    if (text.starts_with("\xEF\xBF\xBE")) {
        out += "&#65534;";
        return 3;
    }
    if (text.starts_with("\xEF\xBF\xBF")) {
        out += "&#65535;";
        return 3;
    }
    out.push_back(c);
    return 1;
}

}  // namespace

xml_writer::xml_writer(std::string_view root) : xml_writer(in_name_space(root, name_space)) {}

xml_writer xml_writer::in_name_space(std::string_view root, std::string_view name_space) {
    xml_writer writer;
    writer.out_.append(declaration).append("<").append(root);
    writer.out_.append(" xmlns=\"").append(name_space).append("\">");
    writer.open_.push_back(root);
    return writer;
}

xml_writer xml_writer::plain(std::string_view root) {
    xml_writer writer;
    writer.out_.append(declaration);
    writer.open(root);
    return writer;
}

xml_writer& xml_writer::open(std::string_view name) {
    out_.append("<").append(name).append(">");
    open_.push_back(name);
    return *this;
}

xml_writer& xml_writer::open_typed(std::string_view name, std::string_view type) {
    out_.append("<").append(name).append(" xmlns:xsi=\"").append(schema_instance);
    out_.append("\" xsi:type=\"").append(type).append("\">");
    open_.push_back(name);
    return *this;
}

xml_writer& xml_writer::close() {
    SLUICE_ASSERT(!open_.empty());
    out_.append("</").append(open_.back()).append(">");
    open_.pop_back();
    return *this;
}

xml_writer& xml_writer::element(std::string_view name, std::string_view text) {
    out_.append("<").append(name).append(">");
    append_escaped(text);
    out_.append("</").append(name).append(">");
    return *this;
}

xml_writer& xml_writer::element(std::string_view name, std::uint64_t number) {
    return element(name, std::string_view(std::to_string(number)));
}

xml_writer& xml_writer::element(std::string_view name, bool value) {
    return element(name, std::string_view(value ? "true" : "false"));
}

xml_writer& xml_writer::text(std::string_view text) {
    append_escaped(text);
    return *this;
}

std::string xml_writer::finish() && {
    while (!open_.empty()) close();
    return std::move(out_);
}

void xml_writer::append_escaped(std::string_view text) {
    while (!text.empty()) {
        // Most text is plain: it is taken in runs.
        auto const count = plain_bytes(text);
        out_.append(text.substr(0, count));
        text.remove_prefix(count);
        if (!text.empty()) text.remove_prefix(append_special(out_, text));
    }
}

}  // namespace sluice::s3
