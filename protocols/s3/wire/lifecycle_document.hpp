// LifecycleConfiguration documents (API reference, PutBucketLifecycleConfiguration and
// LifecycleRule). Pure, thread-safe.
#pragma once

#include "protocols/s3/model/lifecycle.hpp"
#include "protocols/s3/wire/xml_reader.hpp"
#include "protocols/s3/wire/xml_writer.hpp"

namespace sluice::s3 {

// Rules without an ID get one. malformed_xml for what the schema has not; invalid_argument for
// numbers, dates and ids that are none; invalid_request for parts that do not go together;
// not_implemented for transitions.
s3_result<lifecycle_rules> lifecycle_rules_in(xml_element const& configuration);
void write_lifecycle_rules(xml_writer& out, lifecycle_rules const& rules);

}  // namespace sluice::s3
