#include "protocols/s3/wire/xml_writer.hpp"

#include "gateway/core/assert.hpp"

namespace sluice::s3 {
namespace {

constexpr std::string_view declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr std::string_view name_space = "http://s3.amazonaws.com/doc/2006-03-01/";
constexpr std::string_view schema_instance = "http://www.w3.org/2001/XMLSchema-instance";

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
    for (std::size_t at = 0; at < text.size(); ++at) {
        char const c = text[at];
        switch (c) {
            case '&': out_ += "&amp;"; break;
            case '<': out_ += "&lt;"; break;
            case '>': out_ += "&gt;"; break;
            case '"': out_ += "&quot;"; break;
            default:
                // CR, LF and TAB too: a parser would turn them into spaces or drop them.
                if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
                    out_.append("&#").append(std::to_string(static_cast<int>(c))).append(";");
                } else if (text.substr(at, 3) == "\xEF\xBF\xBE" ||
                           text.substr(at, 3) == "\xEF\xBF\xBF") {
                    out_.append(text[at + 2] == '\xBE' ? "&#65534;" : "&#65535;");
                    at += 2;
                } else {
                    out_.push_back(c);
                }
        }
    }
}

}  // namespace sluice::s3
