// Reads the XML that clients send into a small tree of elements. Refused: document types and with
// them entities, depth beyond 8, more elements or bytes than the limits. Namespaces and attributes
// carry nothing in S3's requests that are served; prefixes are not understood. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/s3/wire/s3_error.hpp"

namespace sluice::s3 {

struct xml_element {
    std::string name;
    std::string text;  // of elements without children; white space kept
    std::string type;  // its xsi:type, whatever prefix stands for xsi; empty: none
    std::vector<xml_element> children;

    // The only child of that name; nullptr when there is none or more than one.
    xml_element const* only(std::string_view child) const noexcept;
    std::optional<std::string_view> text_of(std::string_view child) const noexcept;
    // Whether all children have one of the names.
    bool holds_only(std::initializer_list<std::string_view> names) const noexcept;
};

struct xml_limits {
    std::size_t bytes = 4 * 1024 * 1024;
    std::size_t elements = 100'000;
    std::size_t depth = 8;
};

// malformed_xml; max_message_length_exceeded.
s3_result<xml_element> parse_xml(std::string_view text, std::string_view expected_root,
                                 xml_limits const& limits = {});

}  // namespace sluice::s3
