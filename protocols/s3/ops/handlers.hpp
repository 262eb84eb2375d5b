// The handlers of all served operations, declared and found through the operations table.
#pragma once

#include "protocols/s3/ops/operation_call.hpp"

namespace sluice::s3 {

namespace ops {
#define S3_HANDLER_served(id) task<s3_result<answer>> id(operation_call& call);
#define S3_HANDLER_refused(id)
#define S3_HANDLER_alias(id)
#define S3_OPERATION(id, name, method, level, serving, ...) S3_HANDLER_##serving(id)
#include "protocols/s3/model/operations.def"
#undef S3_OPERATION
#undef S3_HANDLER_served
#undef S3_HANDLER_refused
#undef S3_HANDLER_alias
}  // namespace ops

// nullptr for operations that are refused.
handler handler_of(operation id) noexcept;

// Whether the operation takes a payload: others refuse one.
bool takes_body(operation id) noexcept;

}  // namespace sluice::s3
