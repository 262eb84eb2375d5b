// Moving payload between a request, the store and another object: what PutObject, UploadPart and
// UploadPartCopy share.
#pragma once

#include "auth/guard/writable_object.hpp"
#include "protocols/s3/ops/operation_call.hpp"

namespace sluice::s3 {

// entity_too_large for more than one upload may bring.
s3_result<> check_length(operation_call const& call);

// The algorithm whose checksum an upload is to be kept with: that of the checksum which comes with
// the body, else the one that x-amz-checksum-algorithm names. invalid_request when both are given
// and differ, it names none, or x-amz-checksum-type is not `scope`.
s3_result<std::optional<store::checksum_algorithm>> chosen_checksum_of(
    operation_call& call, store::checksum_scope scope);
// The same of a whole object, or S3's default.
s3_result<store::checksum_algorithm> upload_checksum_of(operation_call& call);

// The whole body into `target`, straight from the connection; success means that it is verified.
task<s3_result<>> receive(operation_call& call, auth::payload_stream& target);

// The rest of `source` into `target`, past `checks`.
task<s3_result<>> transfer(auth::object_reader& source, auth::payload_stream& target,
                           std::vector<running_checksum>& checks);

}  // namespace sluice::s3
