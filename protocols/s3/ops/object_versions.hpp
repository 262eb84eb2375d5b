// What operations on one version of an object share.
#pragma once

#include "protocols/s3/ops/operation_call.hpp"

namespace sluice::s3 {

// The object that the path and versionId name. A delete marker is refused as S3 does: no_such_key
// when it is the newest, method_not_allowed when it was named, both with x-amz-delete-marker.
task<s3_result<auth::readable_object>> open_version(operation_call& call);

// The same for the source of a copy; a named delete marker is invalid_request.
s3_result<> refuse_source_marker(store::object_stat const& stat,
                                 std::optional<object_version> version);

// Why `what` found no object to change: method_not_allowed for a delete marker, named or not.
task<s3_failure> refuse_change(operation_call& call, std::optional<object_version> version,
                               s3_failure what);

// no_such_key becomes no_such_version when a version was named.
s3_failure missing_version(s3_failure what, std::optional<object_version> version);

}  // namespace sluice::s3
