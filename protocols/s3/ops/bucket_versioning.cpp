// GetBucketVersioning, PutBucketVersioning.
#include "protocols/s3/ops/bucket_edit.hpp"
#include "protocols/s3/ops/handlers.hpp"

namespace sluice::s3 {
namespace {

s3_result<store::versioning> decode(xml_element const& root) {
    if (!root.holds_only({"Status", "MfaDelete"})) return error_code::malformed_xml;
    auto const mfa = root.text_of("MfaDelete");
    if (mfa && *mfa != "Disabled" && *mfa != "Enabled") return error_code::malformed_xml;
    if (mfa && *mfa == "Enabled")
        return s3_failure(error_code::not_implemented, "MFA delete is not implemented");
    auto const status = root.text_of("Status");
    if (!status)
        return s3_failure(error_code::illegal_versioning_configuration,
                          "The Versioning element must be specified");
    if (*status == "Enabled") return store::versioning::enabled;
    if (*status == "Suspended") return store::versioning::suspended;
    return error_code::malformed_xml;
}

// A bucket with an object lock goes on keeping versions. Held to the bucket that was looked at, so
// that no lock comes in between.
task<s3_result<answer>> suspend(operation_call& call) {
    for (int attempt = 1;; ++attempt) {
        auto const bucket = co_await call.buckets.head(call.who, call.request.bucket());
        if (!bucket) co_return to_s3(bucket.error(), subject::bucket);
        auto const settings = decode_bucket_settings(bucket->settings);
        if (settings.has_error()) co_return to_s3(settings.error(), subject::bucket);
        if (settings->lock)
            co_return s3_failure(error_code::invalid_bucket_state,
                                 "An Object Lock configuration is present on this bucket, so the "
                                 "versioning state cannot be changed.");
        auto const changed = co_await call.buckets.change_versioning(
            call.who, call.request.bucket(), store::versioning::suspended, bucket->changed);
        if (changed) co_return empty_answer();
        if (changed.error().code != error::conflict || attempt == edit_attempts)
            co_return to_s3(changed.error(), subject::bucket);
    }
}

}  // namespace

task<s3_result<answer>> ops::get_bucket_versioning(operation_call& call) {
    auto const bucket = co_await call.buckets.head(call.who, call.request.bucket());
    if (!bucket) co_return to_s3(bucket.error(), subject::bucket);
    xml_writer out("VersioningConfiguration");
    if (bucket->versions != store::versioning::never)
        out.element("Status",
                    bucket->versions == store::versioning::enabled ? "Enabled" : "Suspended");
    co_return xml_answer(std::move(out));
}

task<s3_result<answer>> ops::put_bucket_versioning(operation_call& call) {
    auto const document =
        co_await read_document(call, "VersioningConfiguration", body_digest::optional);
    if (!document) co_return document.error();
    auto const versions = decode(*document);
    if (!versions) co_return versions.error();
    if (*versions == store::versioning::suspended) co_return co_await suspend(call);
    auto const changed =
        co_await call.buckets.change_versioning(call.who, call.request.bucket(), *versions);
    if (!changed) co_return to_s3(changed.error(), subject::bucket);
    co_return empty_answer();
}

}  // namespace sluice::s3
