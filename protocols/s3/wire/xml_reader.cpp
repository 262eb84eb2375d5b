#include "protocols/s3/wire/xml_reader.hpp"

#include <algorithm>
#include <charconv>
#include <pugixml.hpp>
#include <vector>

#include "protocols/http/request.hpp"
#include "protocols/s3/wire/utf8.hpp"

namespace sluice::s3 {
namespace {

// XML 1.0, 3.1: no attribute is given twice. They are as many as bytes allow, and usually one.
bool has_attribute_twice(pugi::xml_node element) {
    std::vector<std::string_view> names;
    for (auto const attribute : element.attributes()) names.push_back(attribute.name());
    std::sort(names.begin(), names.end());
    return std::adjacent_find(names.begin(), names.end()) != names.end();
}

// Depth is bounded before this recurses further.
bool convert(pugi::xml_node from, xml_element& to, std::size_t depth_left) {
    if (depth_left == 0) return false;
    to.name = from.name();
    if (has_attribute_twice(from)) return false;
    for (auto const attribute : from.attributes())
        if (std::string_view(attribute.name()).ends_with(":type")) to.type = attribute.value();
    for (auto const child : from.children()) {
        switch (child.type()) {
            case pugi::node_element:
                to.children.emplace_back();
                if (!convert(child, to.children.back(), depth_left - 1)) return false;
                break;
            case pugi::node_pcdata:
            case pugi::node_cdata: to.text += child.value(); break;
            default: return false;  // document types, declarations in the middle
        }
    }
    return to.children.empty() || to.text.find_first_not_of(" \t\r\n") == std::string::npos;
}

// Control characters too, as in XML 1.1: keys have them, and answers refer to them so.
bool is_character(std::uint32_t code) noexcept {
    return (code >= 0x1 && code <= 0xD7FF) || (code >= 0xE000 && code <= 0xFFFD) ||
           (code >= 0x10000 && code <= 0x10FFFF);
}

// "#10", "#x2F" or one of the five names: what stands between & and ;.
bool is_reference(std::string_view name) noexcept {
    for (std::string_view known : {"amp", "lt", "gt", "quot", "apos"})
        if (name == known) return true;
    if (!name.starts_with('#')) return false;
    bool const hex = name.starts_with("#x");
    name.remove_prefix(hex ? 2 : 1);
    std::uint32_t code = 0;
    auto const* end = name.data() + name.size();
    auto const parsed = std::from_chars(name.data(), end, code, hex ? 16 : 10);
    return !name.empty() && parsed.ec == std::errc{} && parsed.ptr == end && is_character(code);
}

// XML 1.0, 2.4 and 4.1: outside of CDATA and comments & begins a reference. The parser would leave any
// other as it stands.
bool has_only_references(std::string_view text) noexcept {
    while (!text.empty()) {
        if (text.starts_with("<![CDATA[") || text.starts_with("<!--")) {
            std::string_view const end = text.starts_with("<!--") ? "-->" : "]]>";
            auto const at = text.find(end);
            if (at == text.npos) return false;
            // 2.5: a comment has no -- in it, nor - at its end.
            if (end == "-->" && text.find("--", 4) != at) return false;
            text.remove_prefix(at + end.size());
            continue;
        }
        if (text.front() == '&') {
            auto const end = text.find(';');
            if (end == text.npos || !is_reference(text.substr(1, end - 1))) return false;
        }
        text.remove_prefix(std::min(text.find_first_of("<&", 1), text.size()));
    }
    return true;
}

// The document is UTF-8 whatever else it says of itself.
bool is_of_utf8(pugi::xml_node declaration) noexcept {
    std::string_view const encoding = declaration.attribute("encoding").value();
    return encoding.empty() || http::equal_ignoring_case(encoding, "utf-8") ||
           http::equal_ignoring_case(encoding, "us-ascii");
}

// The one element at the top, with nothing beside it.
pugi::xml_node root_of(pugi::xml_document const& document) noexcept {
    pugi::xml_node root;
    for (auto const node : document.children()) {
        bool const declares = node.type() == pugi::node_declaration && !node.previous_sibling();
        if (declares && is_of_utf8(node)) continue;
        if (node.type() != pugi::node_element || root) return {};
        root = node;
    }
    return root;
}

}  // namespace

xml_element const* xml_element::only(std::string_view child) const noexcept {
    xml_element const* found = nullptr;
    for (auto const& candidate : children) {
        if (candidate.name != child) continue;
        if (found != nullptr) return nullptr;
        found = &candidate;
    }
    return found;
}

std::optional<std::string_view> xml_element::text_of(std::string_view child) const noexcept {
    auto const* found = only(child);
    if (found == nullptr || !found->children.empty()) return std::nullopt;
    return found->text;
}

bool xml_element::holds_only(std::initializer_list<std::string_view> names) const noexcept {
    return std::all_of(children.begin(), children.end(), [&](auto const& child) {
        return std::find(names.begin(), names.end(), child.name) != names.end();
    });
}

s3_result<xml_element> parse_xml(std::string_view text, std::string_view expected_root,
                                 xml_limits const& limits) {
    if (text.size() > limits.bytes) return error_code::max_message_length_exceeded;
    if (text.find('\0') != std::string_view::npos || !is_utf8(text) || !has_only_references(text))
        return error_code::malformed_xml;
    // The tree takes some 70 bytes an element: bound it before it is built.
    auto const tags = static_cast<std::size_t>(std::count(text.begin(), text.end(), '<'));
    if (tags > limits.elements * 2 + 2) return error_code::max_message_length_exceeded;
    pugi::xml_document document;
    auto const flags = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol |
                       pugi::parse_doctype | pugi::parse_declaration | pugi::parse_fragment |
                       pugi::parse_ws_pcdata_single;
    auto const parsed = document.load_buffer(text.data(), text.size(), flags, pugi::encoding_utf8);
    if (!parsed) return error_code::malformed_xml;
    auto const root = root_of(document);
    if (!root || std::string_view(root.name()) != expected_root) return error_code::malformed_xml;
    xml_element tree;
    if (!convert(root, tree, limits.depth)) return error_code::malformed_xml;
    return tree;
}

}  // namespace sluice::s3
