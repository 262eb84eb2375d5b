// GetObjectTagging, PutObjectTagging, DeleteObjectTagging: tags of one version of an object.
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/object_versions.hpp"
#include "protocols/s3/wire/tag_set.hpp"
#include "protocols/s3/wire/version_ids.hpp"

namespace sluice::s3 {
namespace {

task<s3_result<answer>> replace_tags(operation_call& call, tag_list tags, unsigned status) {
    auto const version = version_of(call.request);
    if (!version) co_return version.error();
    auth::guarded_objects::attributes_change request;
    request.bucket = call.request.bucket();
    request.key = call.request.key();
    request.version = *version;
    request.change = [&tags](store::object_attributes& attributes) {
        attributes.tags = std::move(tags);
        return success();
    };
    auto const changed = co_await call.objects.change_attributes(call.who, std::move(request));
    if (!changed) co_return missing_version(to_s3(changed.error(), subject::object), *version);
    auto out = empty_answer(status);
    set_version_header(out.head, *changed);
    co_return out;
}

}  // namespace

task<s3_result<answer>> ops::get_object_tagging(operation_call& call) {
    auto const object = co_await open_version(call);
    if (!object) co_return object.error();
    xml_writer document("Tagging");
    write_tagging(document, object->stat().attributes.tags);
    auto out = xml_answer(std::move(document));
    set_version_header(out.head, object->stat());
    co_return out;
}

task<s3_result<answer>> ops::put_object_tagging(operation_call& call) {
    auto const text = co_await call.body.read_all(call.options.document_bytes);
    if (!text) co_return text.error();
    auto tags = parse_tagging(*text, {call.options.document_bytes, call.options.document_elements},
                              object_tags_max);
    if (!tags) co_return tags.error();
    co_return co_await replace_tags(call, *std::move(tags), 200);
}

task<s3_result<answer>> ops::delete_object_tagging(operation_call& call) {
    tag_list none;
    co_return co_await replace_tags(call, std::move(none), 204);
}

}  // namespace sluice::s3
