#include "protocols/s3/ops/handlers.hpp"

namespace sluice::s3 {

task<s3_result<answer>> ops::delete_bucket(operation_call& call) {
    auto const removed = co_await call.buckets.remove(call.who, call.request.bucket());
    if (!removed) co_return to_s3(removed.error(), subject::bucket);
    co_return empty_answer(204);
}

}  // namespace sluice::s3
