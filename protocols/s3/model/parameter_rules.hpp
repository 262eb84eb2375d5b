// Nothing a client asks for is ignored in silence: every query parameter and x-amz-* header of a
// request must be one that its operation understands, and settings that have no effect here are
// taken only at the value that asks for nothing ("private", "STANDARD", ...). Pure, thread-safe.
#pragma once

#include "protocols/s3/model/operations.hpp"
#include "protocols/s3/s3_request.hpp"

namespace sluice::s3 {

// not_implemented names the header; access_control_list_not_supported and invalid_bucket_acl are for
// those of ACLs; invalid_argument names the unknown query parameter.
s3_result<> check_parameters(operation_row const& row, s3_request const& request,
                             s3_options const& options);

// One x-amz-* header (or what stands for one: a form's field) by those rules, `name` in lower case.
s3_result<> check_amz_header(operation_row const& row, std::string_view name,
                             std::string_view value, s3_options const& options);

}  // namespace sluice::s3
