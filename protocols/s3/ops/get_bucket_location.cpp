#include "protocols/s3/ops/handlers.hpp"

namespace sluice::s3 {

task<s3_result<answer>> ops::get_bucket_location(operation_call& call) {
    auto const bucket = co_await call.buckets.head(call.who, call.request.bucket());
    if (!bucket) co_return to_s3(bucket.error(), subject::bucket);
    // The root element itself holds the region, nothing for S3's first one.
    xml_writer out("LocationConstraint");
    if (call.options.region != "us-east-1") out.text(call.options.region);
    co_return xml_answer(std::move(out));
}

}  // namespace sluice::s3
