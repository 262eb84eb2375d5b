// What GetObject and HeadObject share: both answer the same head.
#pragma once

#include "protocols/s3/ops/operation_call.hpp"

namespace sluice::s3 {

struct object_answer {
    answer out;                              // status, headers and length
    std::optional<store::byte_range> range;  // nothing to read when absent
    auth::readable_object object;
};

// Conditions, range, part number and response-* overrides applied. A 304 comes as an answer.
task<s3_result<object_answer>> describe_object(operation_call& call);

}  // namespace sluice::s3
