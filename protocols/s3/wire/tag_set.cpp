#include "protocols/s3/wire/tag_set.hpp"

#include <algorithm>

#include "auth/authn/uri_encoding.hpp"
#include "protocols/http/request.hpp"
#include "protocols/s3/wire/utf8.hpp"

namespace sluice::s3 {
namespace {

constexpr std::string_view reserved_prefix = "aws:";

std::size_t characters(std::string_view utf8) noexcept {
    return static_cast<std::size_t>(
        std::count_if(utf8.begin(), utf8.end(),
                      [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// Letters, digits, spaces and _.:/=+-@ of ASCII, and everything beyond it but control characters
// (U+0080 to U+009F, which UTF-8 writes as C2 80 to C2 9F).
bool may_be_in_tag(std::string_view text) noexcept {
    constexpr std::string_view marks = " _.:/=+-@";
    if (!is_utf8(text)) return false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        auto const byte = static_cast<unsigned char>(text[at]);
        bool const alphanumeric = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                                  (byte >= 'A' && byte <= 'Z');
        if (byte < 0x80 && !alphanumeric && marks.find(text[at]) == std::string_view::npos)
            return false;
        if (byte == 0xc2 && static_cast<unsigned char>(text[at + 1]) < 0xa0) return false;
    }
    return true;
}

s3_result<> add_tag(tag_list& tags, std::string_view key, std::string_view value,
                    std::size_t most) {
    if (key.empty() || characters(key) > tag_key_characters || !may_be_in_tag(key))
        return s3_failure(error_code::invalid_tag, "The TagKey you have provided is invalid")
            .detail("TagKey", key);
    if (characters(value) > tag_value_characters || !may_be_in_tag(value))
        return s3_failure(error_code::invalid_tag, "The TagValue you have provided is invalid")
            .detail("TagKey", key)
            .detail("TagValue", value);
    if (http::starts_with_ignoring_case(key, reserved_prefix))
        return s3_failure(error_code::invalid_tag,
                          most == object_tags_max
                              ? "Your TagKey cannot be prefixed with aws:"
                              : "System tags cannot be added/updated by requester")
            .detail("TagKey", key);
    if (std::any_of(tags.begin(), tags.end(),
                    [&](auto const& other) { return other.first == key; }))
        return s3_failure(error_code::invalid_tag, "Cannot provide multiple Tags with the same key")
            .detail("TagKey", key);
    tags.emplace_back(key, value);
    return {};
}

s3_failure too_many(std::size_t most) {
    return s3_failure(error_code::bad_request,
                      (most == object_tags_max ? "Object tags" : "Bucket tag count") +
                          std::string(" cannot be greater than ") + std::to_string(most));
}

}  // namespace

s3_result<tag_list> tags_in(xml_element const& set, std::size_t most) {
    if (!set.holds_only({"Tag"})) return error_code::malformed_xml;
    if (set.children.size() > most) return too_many(most);
    tag_list tags;
    for (auto const& child : set.children) {
        auto const key = child.text_of("Key");
        auto const value = child.text_of("Value");
        if (!key || !value || child.children.size() != 2) return error_code::malformed_xml;
        if (auto const fine = add_tag(tags, *key, *value, most); !fine) return fine.error();
    }
    return tags;
}

s3_result<tag_list> tags_of_document(xml_element const& tagging, std::size_t most) {
    auto const* set = tagging.only("TagSet");
    if (set == nullptr || tagging.children.size() != 1) return error_code::malformed_xml;
    return tags_in(*set, most);
}

s3_result<tag_list> tags_of_header(std::string_view text, std::size_t most) {
    auto const pieces = static_cast<std::size_t>(std::count(text.begin(), text.end(), '&')) + 1;
    if (pieces > most) return too_many(most);
    auto const parsed = auth::parse_query(text, most);
    auto const unreadable = [&] {
        return invalid_argument("x-amz-tagging", text,
                                "The header 'x-amz-tagging' shall be encoded as UTF-8 then "
                                "URLEncoded URL query parameters without tag name duplicates.");
    };
    if (!parsed) return unreadable();
    tag_list tags;
    for (auto const& [key, value] : *parsed) {
        auto const same = [&](auto const& other) { return other.first == key; };
        if (!may_be_in_tag(key) || !may_be_in_tag(value) ||
            std::any_of(tags.begin(), tags.end(), same))
            return unreadable();
        if (auto const fine = add_tag(tags, key, value, most); !fine) return fine.error();
    }
    return tags;
}

void write_tags(xml_writer& out, tag_list const& tags) {
    out.open("TagSet");
    for (auto const& [key, value] : tags)
        out.open("Tag").element("Key", key).element("Value", value).close();
    out.close();
}

}  // namespace sluice::s3
