// The tags of a bucket as documents carry them (API reference, Tagging; AWS Billing user guide,
// "User-defined tag restrictions"). Pure, thread-safe.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "protocols/s3/wire/xml_reader.hpp"
#include "protocols/s3/wire/xml_writer.hpp"

namespace sluice::s3 {

inline constexpr std::size_t bucket_tags_max = 50;
inline constexpr std::size_t tag_key_characters = 128;
inline constexpr std::size_t tag_value_characters = 256;

using bucket_tags = std::vector<std::pair<std::string, std::string>>;

// The Tag elements below `set`. malformed_xml; bad_request for too many; invalid_tag for keys and
// values that are too long, hold other characters than a tag may, come twice or begin with "aws:".
s3_result<bucket_tags> tags_in(xml_element const& set);
// <TagSet> with its Tag elements.
void write_tags(xml_writer& out, bucket_tags const& tags);

}  // namespace sluice::s3
