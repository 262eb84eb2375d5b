#include "protocols/s3/ops/handlers.hpp"

namespace sluice::s3 {

task<s3_result<answer>> ops::head_bucket(operation_call& call) {
    auto const bucket = co_await call.buckets.head(call.who, call.request.bucket());
    if (!bucket) co_return to_s3(bucket.error(), subject::bucket);
    auto out = empty_answer();
    out.head.set("x-amz-bucket-region", call.options.region);
    out.head.set("x-amz-access-point-alias", "false");
    co_return out;
}

}  // namespace sluice::s3
