#include "gateway/core/encoding.hpp"
#include "protocols/http/date.hpp"
#include "protocols/s3/ops/expiration_headers.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/list_parameters.hpp"
#include "protocols/s3/ops/object_encryption.hpp"
#include "protocols/s3/ops/principal_names.hpp"
#include "protocols/s3/ops/upload_settings.hpp"
#include "protocols/s3/wire/object_headers.hpp"
#include "protocols/s3/wire/storage_classes.hpp"

namespace sluice::s3 {

task<s3_result<answer>> ops::list_parts(operation_call& call) {
    auto const name = upload_named(call.request);
    if (!name) co_return name.error();
    auto const size =
        page_size(call.request, "max-parts", call.options.list_page, call.options.list_page);
    if (!size) co_return size.error();
    auto const after = page_size(call.request, "part-number-marker", 0, INT32_MAX);
    if (!after) co_return after.error();
    auto const key = read_key(call);
    if (!key) co_return key.error();
    auth::guarded_uploads::list_parts_request request{*name, *after, *size == 0 ? 1 : *size};
    auto page = co_await call.uploads.list_parts(call.who, std::move(request));
    if (!page) co_return to_s3(page.error(), subject::object);
    if (auto fits = check_upload_key(page->upload.attributes, *key); !fits) co_return fits.error();
    if (*size == 0) page->parts.clear();

    auto const settings = kept_settings(page->upload.attributes);
    bool const truncated = page->truncated && !page->parts.empty();
    xml_writer out("ListPartsResult");
    out.element("Bucket", call.request.bucket()).element("Key", call.request.key());
    out.element("UploadId", upload_id_text(name->id));
    auto const initiator = call.guard.label_of(page->upload.initiator);
    write_principal(out, "Initiator", initiator);
    write_principal(out, "Owner", initiator);
    out.element("StorageClass", storage_class_of(page->upload.attributes));
    out.element("PartNumberMarker", *after);
    out.element("NextPartNumberMarker", page->parts.empty() ? 0 : page->parts.back().number);
    out.element("MaxParts", *size).element("IsTruncated", truncated);
    if (settings.chosen) {
        out.element("ChecksumAlgorithm", spelling_of(settings.algorithm)->name);
        out.element("ChecksumType", name_of(settings.scope));
    }
    for (auto const& part : page->parts) {
        out.open("Part").element("PartNumber", part.number);
        out.element("LastModified", http::iso_date(part.last_modified))
            .element("ETag", quoted(part.etag));
        out.element("Size", part.size);
        for (auto const& checksum : part.checksums)
            if (auto const* spelling = spelling_of(checksum.algorithm))
                out.element(spelling->element, base64_encode(checksum.value));
        out.close();
    }
    auto answered = xml_answer(std::move(out));
    auto const rules = co_await lifecycle_of(call);
    if (rules) set_abort_headers(answered.head, *rules, page->upload, call.options);
    else call.cause = rules.error().cause;
    co_return answered;
}

}  // namespace sluice::s3
