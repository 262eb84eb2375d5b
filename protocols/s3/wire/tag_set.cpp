#include "protocols/s3/wire/tag_set.hpp"

#include <algorithm>

#include "auth/authn/uri_encoding.hpp"
#include "protocols/s3/wire/utf8.hpp"

namespace sluice::s3 {
namespace {

constexpr std::size_t key_characters_max = 128;
constexpr std::size_t value_characters_max = 256;
constexpr std::string_view reserved_prefix = "aws:";
constexpr std::string_view punctuation = " +-=._:/@";

s3_failure invalid_tag(std::string message) {
    return s3_failure(error_code::invalid_tag, std::move(message));
}

std::size_t characters_in(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// Letters of other scripts are taken without a look at what they are.
bool is_allowed(char c) {
    auto const byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || punctuation.find(c) != punctuation.npos;
}

bool is_text(std::string_view text, std::size_t most) {
    return is_utf8(text) && characters_in(text) <= most &&
           std::all_of(text.begin(), text.end(), is_allowed);
}

s3_result<> check_tag(std::string const& key, std::string const& value) {
    if (key.empty() || !is_text(key, key_characters_max))
        return invalid_tag("The TagKey you have provided is invalid");
    if (!is_text(value, value_characters_max))
        return invalid_tag("The TagValue you have provided is invalid");
    if (key.starts_with(reserved_prefix))
        return invalid_tag("System tags cannot be added/updated by requester");
    return {};
}

}  // namespace

s3_result<> check_tags(tag_list const& tags, std::size_t most) {
    if (tags.size() > most)
        return s3_failure(error_code::bad_request,
                          "Tags cannot be greater than " + std::to_string(most));
    for (auto tag = tags.begin(); tag != tags.end(); ++tag) {
        if (auto fine = check_tag(tag->first, tag->second); !fine) return fine;
        auto const same = [&](auto const& other) { return other.first == tag->first; };
        if (std::any_of(tags.begin(), tag, same))
            return invalid_tag("Cannot provide multiple Tags with the same key");
    }
    return {};
}

s3_result<tag_list> parse_tagging(std::string_view document, xml_limits const& limits,
                                  std::size_t most) {
    auto const root = parse_xml(document, "Tagging", limits);
    if (!root) return root.error();
    auto const* set = root->only("TagSet");
    if (set == nullptr || root->children.size() != 1) return error_code::malformed_xml;
    tag_list tags;
    for (auto const& tag : set->children) {
        auto const key = tag.text_of("Key");
        auto const value = tag.text_of("Value");
        if (tag.name != "Tag" || !key || !value || tag.children.size() != 2)
            return error_code::malformed_xml;
        tags.emplace_back(*key, *value);
    }
    if (auto const fine = check_tags(tags, most); !fine) return fine.error();
    return tags;
}

s3_result<tag_list> parse_tagging_header(std::string_view text, std::size_t most) {
    auto parsed = auth::parse_query(text, most + 1);
    if (!parsed)
        return invalid_argument("x-amz-tagging", text,
                                "The header 'x-amz-tagging' shall be encoded as UTF-8 then "
                                "URLEncoded URL query parameters without tag name duplicates.");
    if (auto const fine = check_tags(*parsed, most); !fine) return fine.error();
    return *std::move(parsed);
}

void write_tagging(xml_writer& out, tag_list const& tags) {
    out.open("TagSet");
    for (auto const& [key, value] : tags)
        out.open("Tag").element("Key", key).element("Value", value).close();
    out.close();
}

}  // namespace sluice::s3
