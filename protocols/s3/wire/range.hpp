// The Range header (RFC 9110 14.1.2) as S3 reads it: one range of bytes. Anything else (other
// units, several ranges, nonsense) counts as no Range at all, which the RFC allows. Pure,
// thread-safe.
#pragma once

#include <optional>
#include <string_view>

#include "backend/store/model/byte_range.hpp"

namespace sluice::s3 {

std::optional<store::requested_range> parse_range(std::string_view header);

// x-amz-copy-source-range: "bytes=first-last" and nothing else.
std::optional<store::requested_range> parse_copy_range(std::string_view header);

}  // namespace sluice::s3
