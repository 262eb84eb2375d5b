#include "protocols/s3/ops/handlers.hpp"

namespace sluice::s3 {
namespace {

constexpr std::array<handler, operation_rows.size()> handlers{
#define S3_HANDLER_served(id) &ops::id
#define S3_HANDLER_refused(id) nullptr
#define S3_HANDLER_alias(id) nullptr
#define S3_OPERATION(id, name, method, level, serving, ...) S3_HANDLER_##serving(id),
#include "protocols/s3/model/operations.def"
#undef S3_OPERATION
#undef S3_HANDLER_served
#undef S3_HANDLER_refused
#undef S3_HANDLER_alias
};

}  // namespace

handler handler_of(operation id) noexcept {
    return handlers[static_cast<std::size_t>(id)];
}

bool takes_body(operation id) noexcept {
    switch (id) {
        case operation::put_object:
        case operation::post_object:
        case operation::upload_part:
        case operation::create_bucket:
        case operation::put_bucket_versioning:
        case operation::put_bucket_website:
        case operation::put_object_tagging:
        case operation::delete_objects:
        case operation::put_bucket_accelerate_configuration:
        case operation::put_bucket_acl:
        case operation::put_bucket_cors:
        case operation::put_bucket_lifecycle_configuration:
        case operation::put_bucket_encryption:
        case operation::put_bucket_logging:
        case operation::put_bucket_notification_configuration:
        case operation::put_bucket_ownership_controls:
        case operation::put_bucket_policy:
        case operation::put_bucket_request_payment:
        case operation::put_bucket_tagging:
        case operation::put_object_acl:
        case operation::put_object_legal_hold:
        case operation::put_object_lock_configuration:
        case operation::put_object_retention:
        case operation::restore_object:
        case operation::select_object_content:
        case operation::put_public_access_block:
        case operation::complete_multipart_upload: return true;
        default: return false;
    }
}

}  // namespace sluice::s3
