// CORSConfiguration documents and the rules they hold (API reference, PutBucketCors and CORSRule).
// Pure, thread-safe.
#pragma once

#include <vector>

#include "protocols/s3/model/bucket_settings.hpp"
#include "protocols/s3/wire/xml_reader.hpp"
#include "protocols/s3/wire/xml_writer.hpp"

namespace sluice::s3 {

inline constexpr std::size_t cors_rules_max = 100;
inline constexpr std::size_t cors_id_characters = 255;

// malformed_xml; invalid_request for what the schema allows and S3 does not: too many rules, other
// methods, more than one wildcard.
s3_result<std::vector<cors_rule>> cors_rules_in(xml_element const& configuration);
void write_cors_rules(xml_writer& out, std::vector<cors_rule> const& rules);

}  // namespace sluice::s3
