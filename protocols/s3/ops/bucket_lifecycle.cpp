// GetBucketLifecycleConfiguration, PutBucketLifecycleConfiguration, DeleteBucketLifecycle; what the
// rules do is in lifecycle_worker.hpp.
#include "protocols/s3/ops/bucket_edit.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/wire/lifecycle_document.hpp"

namespace sluice::s3 {
namespace {

// Of transitions, which are not served: S3's own default, without effect here.
constexpr std::string_view minimum_header = "x-amz-transition-default-minimum-object-size";
constexpr std::string_view minimum_default = "all_storage_classes_128K";

}  // namespace

task<s3_result<answer>> ops::get_bucket_lifecycle_configuration(operation_call& call) {
    auto const settings = co_await read_settings(call);
    if (!settings) co_return settings.error();
    if (settings->lifecycle.empty())
        co_return not_configured(call, error_code::no_such_lifecycle_configuration);
    xml_writer out("LifecycleConfiguration");
    write_lifecycle_rules(out, settings->lifecycle);
    auto answered = xml_answer(std::move(out));
    answered.head.set(minimum_header, minimum_default);
    co_return answered;
}

task<s3_result<answer>> ops::put_bucket_lifecycle_configuration(operation_call& call) {
    auto const document = co_await read_document(call, "LifecycleConfiguration",
                                                 body_digest::demanded,
                                                 call.options.document_bytes);
    if (!document) co_return document.error();
    auto const rules = lifecycle_rules_in(*document);
    if (!rules) co_return rules.error();
    settings_edit const edit = [&](bucket_settings& settings) { settings.lifecycle = *rules; };
    auto answered = co_await edit_settings(call, edit, 200);
    if (answered) answered->head.set(minimum_header, minimum_default);
    co_return answered;
}

task<s3_result<answer>> ops::delete_bucket_lifecycle(operation_call& call) {
    settings_edit const edit = [](bucket_settings& settings) { settings.lifecycle.clear(); };
    co_return co_await edit_settings(call, edit, 204);
}

}  // namespace sluice::s3
