// BucketLoggingStatus documents (API reference, PutBucketLogging). Pure, thread-safe.
#pragma once

#include <optional>

#include "protocols/s3/model/access_log.hpp"
#include "protocols/s3/wire/xml_reader.hpp"
#include "protocols/s3/wire/xml_writer.hpp"

namespace sluice::s3 {

// Nothing: logging is off. malformed_xml; not_implemented for grants; invalid_request for a prefix
// that is too long.
s3_result<std::optional<access_log_target>> access_log_in(xml_element const& status);
void write_access_log(xml_writer& out, access_log_target const& target);

}  // namespace sluice::s3
