// WebsiteConfiguration documents (API reference, PutBucketWebsite). Pure, thread-safe.
#pragma once

#include "protocols/s3/model/website.hpp"
#include "protocols/s3/wire/xml_reader.hpp"
#include "protocols/s3/wire/xml_writer.hpp"

namespace sluice::s3 {

inline constexpr std::size_t website_rules_max = 50;
inline constexpr std::size_t website_text_bytes_max = 1024;   // of a key, prefix or host

// malformed_xml; invalid_argument, invalid_request for what the schema allows and S3 does not.
s3_result<website> website_in(xml_element const& configuration);
void write_website(xml_writer& out, website const& site);

}  // namespace sluice::s3
