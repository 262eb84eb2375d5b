// Configurations that no bucket has here, since putting them is refused by name: reading one says
// that it is not there, deleting one finds it gone.
#include "protocols/s3/ops/bucket_edit.hpp"
#include "protocols/s3/ops/handlers.hpp"

namespace sluice::s3 {
namespace {

constexpr unsigned no_content = 204;

// A list of the configurations of one kind, which holds none.
task<s3_result<answer>> answer_none(operation_call& call, std::string_view root) {
    // No answer ever gave one out.
    if (auto const token = call.request.parameter("continuation-token"))
        co_return invalid_argument("continuation-token", *token,
                                   "The continuation token provided is incorrect");
    auto const bucket = co_await call.buckets.head(call.who, call.request.bucket());
    if (!bucket) co_return to_s3(bucket.error(), subject::bucket);
    xml_writer out(root);
    out.element("IsTruncated", false);
    co_return xml_answer(std::move(out));
}

}  // namespace

// One configuration of its kind: the error that says it is not there, and a deletion that succeeds.
#define S3_ABSENT(get_id, code)                                           \
    task<s3_result<answer>> ops::get_id(operation_call& call) {           \
        return answer_absent(call, error_code::code);                     \
    }
#define S3_GONE(delete_id)                                                \
    task<s3_result<answer>> ops::delete_id(operation_call& call) {        \
        return confirm_settings(call, no_content);                        \
    }
S3_ABSENT(get_bucket_replication, replication_configuration_not_found)
S3_GONE(delete_bucket_replication)

// Several of a kind, told apart by an id: none is found.
#define S3_NONE_OF(kind, root)                                                         \
    task<s3_result<answer>> ops::list_bucket_##kind##_configurations(operation_call& call) { \
        return answer_none(call, root);                                                \
    }                                                                                  \
    S3_ABSENT(get_bucket_##kind##_configuration, no_such_configuration)                \
    S3_ABSENT(delete_bucket_##kind##_configuration, no_such_configuration)
S3_NONE_OF(analytics, "ListBucketAnalyticsConfigurationResult")
S3_NONE_OF(inventory, "ListInventoryConfigurationsResult")
S3_NONE_OF(metrics, "ListMetricsConfigurationsResult")
S3_NONE_OF(intelligent_tiering, "ListBucketIntelligentTieringConfigurationsOutput")

#undef S3_NONE_OF
#undef S3_GONE
#undef S3_ABSENT

}  // namespace sluice::s3
