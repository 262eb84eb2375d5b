#include "protocols/s3/wire/xml_reader.hpp"

#include <algorithm>
#include <pugixml.hpp>

#include "protocols/s3/wire/utf8.hpp"

namespace sluice::s3 {
namespace {

// Depth is bounded before this recurses further.
bool convert(pugi::xml_node from, xml_element& to, std::size_t depth_left) {
    if (depth_left == 0) return false;
    to.name = from.name();
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
    if (text.find('\0') != std::string_view::npos || !is_utf8(text))
        return error_code::malformed_xml;
    // The tree takes some 70 bytes an element: bound it before it is built.
    auto const tags = static_cast<std::size_t>(std::count(text.begin(), text.end(), '<'));
    if (tags > limits.elements * 2 + 2) return error_code::max_message_length_exceeded;
    pugi::xml_document document;
    auto const flags = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol |
                       pugi::parse_doctype | pugi::parse_ws_pcdata_single;
    auto const parsed = document.load_buffer(text.data(), text.size(), flags, pugi::encoding_utf8);
    if (!parsed) return error_code::malformed_xml;
    pugi::xml_node root;
    for (auto const node : document.children()) {
        if (node.type() != pugi::node_element || root) return error_code::malformed_xml;
        root = node;
    }
    if (!root || std::string_view(root.name()) != expected_root) return error_code::malformed_xml;
    xml_element tree;
    if (!convert(root, tree, limits.depth)) return error_code::malformed_xml;
    return tree;
}

}  // namespace sluice::s3
