// PutObject with x-amz-write-offset-bytes: the body goes behind what the object holds.
#pragma once

#include <cstdint>
#include <optional>

#include "protocols/s3/ops/operation_call.hpp"

namespace sluice::s3 {

// The offset that the request names; invalid_argument.
s3_result<std::optional<std::uint64_t>> write_offset_of(s3_request const& request);

task<s3_result<answer>> append_to_object(operation_call& call, std::uint64_t offset);

}  // namespace sluice::s3
