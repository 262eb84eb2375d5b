#include "protocols/http/date.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/list_parameters.hpp"
#include "protocols/s3/ops/principal_names.hpp"
#include "protocols/s3/ops/upload_settings.hpp"
#include "protocols/s3/wire/storage_classes.hpp"

namespace sluice::s3 {
namespace {

struct list_uploads_request {
    auth::guarded_uploads::list_request page;
    std::uint32_t max_uploads = 0;
    std::string key_marker;
    std::string upload_marker;
    key_spelling spell;
};

s3_result<list_uploads_request> decode(operation_call const& call) {
    list_uploads_request wanted;
    wanted.page.bucket = call.request.bucket();
    wanted.page.prefix = call.request.parameter("prefix").value_or("");
    wanted.page.delimiter = call.request.parameter("delimiter").value_or("");
    wanted.key_marker = call.request.parameter("key-marker").value_or("");
    wanted.page.key_after =
        position_behind(wanted.key_marker, wanted.page.prefix, wanted.page.delimiter);
    auto const size =
        page_size(call.request, "max-uploads", call.options.list_page, call.options.list_page);
    if (!size) return size.error();
    wanted.max_uploads = *size;
    wanted.page.max_entries = *size == 0 ? 1 : *size;
    auto const spell = key_spelling::of(call.request);
    if (!spell) return spell.error();
    wanted.spell = *spell;
    // Without a key marker the upload's means nothing (S3 API reference).
    auto const marker = call.request.parameter("upload-id-marker").value_or("");
    if (marker.empty() || wanted.key_marker.empty()) return wanted;
    auto const id = parse_upload_id(marker);
    if (!id) return invalid_argument("upload-id-marker", marker, "Invalid uploadId marker");
    wanted.upload_marker = marker;
    if (wanted.page.key_after == wanted.key_marker) wanted.page.upload_after = *id;
    return wanted;
}

// Where the next page begins; of the last one what it ends with.
std::pair<std::string, store::upload_id> next_of(store::upload_page const& page) {
    if (page.truncated) return {page.next_key_after, page.next_upload_after};
    std::pair<std::string, store::upload_id> last;
    if (!page.uploads.empty()) last = {page.uploads.back().key, page.uploads.back().id};
    if (!page.common_prefixes.empty() && page.common_prefixes.back() > last.first)
        last = {page.common_prefixes.back(), store::upload_id{}};
    return last;
}

}  // namespace

task<s3_result<answer>> ops::list_multipart_uploads(operation_call& call) {
    auto const wanted = decode(call);
    if (!wanted) co_return wanted.error();
    auto page = co_await call.uploads.list(call.who, wanted->page);
    if (!page) co_return to_s3(page.error(), subject::bucket);
    if (wanted->max_uploads == 0) *page = {};

    auto const& spell = wanted->spell;
    xml_writer out("ListMultipartUploadsResult");
    out.element("Bucket", call.request.bucket())
        .element("KeyMarker", spell(wanted->key_marker));
    out.element("UploadIdMarker", wanted->upload_marker);
    auto const next = next_of(*page);
    out.element("NextKeyMarker", spell(next.first));
    out.element("NextUploadIdMarker",
                next.second == store::upload_id{} ? std::string() : upload_id_text(next.second));
    out.element("Prefix", spell(wanted->page.prefix));
    if (!wanted->page.delimiter.empty()) out.element("Delimiter", spell(wanted->page.delimiter));
    if (spell.encoded()) out.element("EncodingType", "url");
    out.element("MaxUploads", wanted->max_uploads).element("IsTruncated", page->truncated);
    for (auto const& upload : page->uploads) {
        auto const settings = kept_settings(upload.attributes);
        out.open("Upload")
            .element("Key", spell(upload.key))
            .element("UploadId", upload_id_text(upload.id));
        auto const initiator = call.guard.label_of(upload.initiator);
        write_principal(out, "Initiator", initiator);
        write_principal(out, "Owner", initiator);
        out.element("StorageClass", storage_class_of(upload.attributes))
            .element("Initiated", http::iso_date(upload.created));
        if (settings.chosen) {
            out.element("ChecksumAlgorithm", spelling_of(settings.algorithm)->name);
            out.element("ChecksumType", name_of(settings.scope));
        }
        out.close();
    }
    for (auto const& prefix : page->common_prefixes)
        out.open("CommonPrefixes").element("Prefix", spell(prefix)).close();
    co_return xml_answer(std::move(out));
}

}  // namespace sluice::s3
