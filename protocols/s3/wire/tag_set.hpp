// Tags of objects and buckets: S3's rules for them (S3 user guide, "Categorizing your storage using
// tags"), as XML and as the x-amz-tagging header. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/s3/wire/s3_error.hpp"
#include "protocols/s3/wire/xml_reader.hpp"
#include "protocols/s3/wire/xml_writer.hpp"

namespace sluice::s3 {

using tag_list = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::size_t object_tags_max = 10;
inline constexpr std::size_t bucket_tags_max = 50;

// Keys of 1 to 128 and values of 0 to 256 characters of those S3 allows, no key twice, none that
// begins with "aws:": invalid_tag; more than `most`: bad_request.
s3_result<> check_tags(tag_list const& tags, std::size_t most);

// The Tagging document; malformed_xml, or as check_tags.
s3_result<tag_list> parse_tagging(std::string_view document, xml_limits const& limits,
                                  std::size_t most);
// "a=1&b=2", percent-encoded as in a query; invalid_argument, or as check_tags.
s3_result<tag_list> parse_tagging_header(std::string_view text, std::size_t most);

void write_tagging(xml_writer& out, tag_list const& tags);

}  // namespace sluice::s3
