// What answers say of the bucket's lifecycle rules: x-amz-expiration of an object, x-amz-abort-date
// and x-amz-abort-rule-id of an upload.
#pragma once

#include "backend/store/model/object_stat.hpp"
#include "backend/store/model/upload_info.hpp"
#include "protocols/http/response.hpp"
#include "protocols/s3/model/lifecycle.hpp"
#include "protocols/s3/ops/operation_call.hpp"

namespace sluice::s3 {

// Of the newest version of its key; nothing when no rule expires it.
void set_expiration_header(http::response_head& head, lifecycle_rules const& rules,
                           store::object_stat const& object, s3_options const& options);
void set_abort_headers(http::response_head& head, lifecycle_rules const& rules,
                       store::upload_info const& upload, s3_options const& options);
// The rules of the bucket that the request is about.
task<s3_result<lifecycle_rules>> lifecycle_of(operation_call& call);

}  // namespace sluice::s3
