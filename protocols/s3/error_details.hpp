// What S3's error documents say besides code and message: which bucket, key, upload, condition or method it
// was about, for whoever reads them and for SDKs that put them into their exceptions.
#pragma once

#include "protocols/s3/model/operations.hpp"
#include "protocols/s3/s3_request.hpp"
#include "protocols/s3/wire/s3_error.hpp"

namespace sluice::s3 {

// Adds the elements that the code has in S3's answers and that the request knows; what the failure says already
// stays. `row`: null where no operation was found.
void tell_details(s3_failure& shown, s3_request const& request, operation_row const* row);

}  // namespace sluice::s3
