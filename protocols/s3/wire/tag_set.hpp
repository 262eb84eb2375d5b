// Tags of buckets and objects, as documents and the x-amz-tagging header carry them (API reference,
// Tagging; S3 user guide, "Categorizing your storage using tags"). Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/s3/wire/xml_reader.hpp"
#include "protocols/s3/wire/xml_writer.hpp"

namespace sluice::s3 {

inline constexpr std::size_t object_tags_max = 10;
inline constexpr std::size_t bucket_tags_max = 50;
inline constexpr std::size_t tag_key_characters = 128;
inline constexpr std::size_t tag_value_characters = 256;

using tag_list = std::vector<std::pair<std::string, std::string>>;

// The Tag elements below `set`, at most `most`. malformed_xml; bad_request for too many; invalid_tag
// for keys and values that are too long, hold other characters than a tag may, come twice or begin
// with "aws:".
s3_result<tag_list> tags_in(xml_element const& set, std::size_t most);
// Those of a Tagging document, which holds one TagSet.
s3_result<tag_list> tags_of_document(xml_element const& tagging, std::size_t most);
// "a=1&b=2", encoded as a query is. invalid_argument, or as above.
s3_result<tag_list> tags_of_header(std::string_view text, std::size_t most);

// <TagSet> with its Tag elements.
void write_tags(xml_writer& out, tag_list const& tags);

}  // namespace sluice::s3
