#include "protocols/s3/ops/handlers.hpp"

namespace sluice::s3 {

task<s3_result<answer>> ops::delete_bucket(operation_call& call) {
    auto const removed = co_await call.buckets.remove(call.who, call.request.bucket());
    if (!removed) {
        auto refused = to_s3(removed.error(), subject::bucket);
        auto const bucket = co_await call.buckets.known(call.request.bucket());
        if (refused.code == error_code::bucket_not_empty && bucket &&
            bucket->versions != store::versioning::never)
            refused.message = "The bucket you tried to delete is not empty. You must delete all "
                              "versions in the bucket.";
        co_return refused;
    }
    co_return empty_answer(204);
}

}  // namespace sluice::s3
