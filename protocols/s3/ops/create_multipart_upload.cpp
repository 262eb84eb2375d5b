#include "protocols/s3/ops/access_lists.hpp"
#include "protocols/s3/ops/bucket_rules.hpp"
#include "protocols/s3/ops/expiration_headers.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/object_encryption.hpp"
#include "protocols/s3/ops/upload_settings.hpp"
#include "protocols/s3/wire/object_headers.hpp"

namespace sluice::s3 {

task<s3_result<answer>> ops::create_multipart_upload(operation_call& call) {
    auto const settings = upload_settings_of(call.request);
    if (!settings) co_return settings.error();
    auto attributes = attributes_of(call.request, call.options);
    if (!attributes) co_return attributes.error();
    keep(*settings, *attributes);
    auto const encryption = co_await choose_encryption(call, call.request);
    if (!encryption) co_return encryption.error();
    auto access = access_choice_of(call, call.request, access_subject::object);
    if (!access) co_return access.error();
    auto rule = rule_for_upload();
    auto const upload =
        co_await call.uploads.create(call.who, call.request.bucket(), call.request.key(),
                                     *std::move(attributes), *encryption, std::move(rule),
                                     *std::move(access));
    if (!upload) co_return to_s3(upload.error(), subject::bucket);

    xml_writer document("InitiateMultipartUploadResult");
    document.element("Bucket", call.request.bucket()).element("Key", call.request.key());
    document.element("UploadId", upload_id_text(upload->id));
    auto out = xml_answer(std::move(document));
    if (settings->chosen) {
        out.head.set("x-amz-checksum-algorithm", spelling_of(settings->algorithm)->name);
        out.head.set("x-amz-checksum-type", name_of(settings->scope));
    }
    auto const rules = co_await lifecycle_of(call);
    if (rules) set_abort_headers(out.head, *rules, *upload, call.options);
    else call.cause = rules.error().cause;
    set_encryption_headers(out.head, upload->attributes.encryption, call.options,
                           &encryption->customer);
    set_context_header(out.head, *encryption);
    co_return out;
}

}  // namespace sluice::s3
