// GetObjectTagging, PutObjectTagging, DeleteObjectTagging: tags of one version of an object.
#include "protocols/s3/iam_request.hpp"
#include "protocols/s3/ops/bucket_edit.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/object_events.hpp"
#include "protocols/s3/ops/object_versions.hpp"
#include "protocols/s3/wire/tag_set.hpp"
#include "protocols/s3/wire/version_ids.hpp"

namespace sluice::s3 {
namespace {

task<s3_result<answer>> replace_tags(operation_call& call, tag_list tags, unsigned status) {
    auto const version = version_of(call.request);
    if (!version) co_return version.error();
    auto who = call.who;
    describe_tags(tags, who);
    auth::guarded_objects::attributes_change request;
    request.bucket = call.request.bucket();
    request.key = call.request.key();
    request.version = *version;
    request.change = [&tags](store::object_attributes& attributes) {
        attributes.tags = std::move(tags);
        return success();
    };
    request.announce = announcer_of(call);
    auto const changed = co_await call.objects.change_attributes(who, std::move(request));
    if (!changed) {
        auto missing = to_s3(changed.error(), subject::object);
        co_return co_await refuse_change(call, *version, std::move(missing));
    }
    auto out = empty_answer(status);
    set_version_header(out.head, *changed);
    co_return out;
}

}  // namespace

task<s3_result<answer>> ops::get_object_tagging(operation_call& call) {
    auto const object = co_await open_version(call);
    if (!object) {
        auto const version = version_of(call.request);
        if (!version) co_return object.error();
        co_return co_await refuse_change(call, *version, object.error());
    }
    xml_writer document("Tagging");
    write_tags(document, object->stat().attributes.tags);
    auto out = xml_answer(std::move(document));
    set_version_header(out.head, object->stat());
    co_return out;
}

task<s3_result<answer>> ops::put_object_tagging(operation_call& call) {
    auto const document = co_await read_document(call, "Tagging", body_digest::demanded);
    if (!document) co_return document.error();
    auto tags = tags_of_document(*document, object_tags_max);
    if (!tags) co_return tags.error();
    co_return co_await replace_tags(call, *std::move(tags), 200);
}

task<s3_result<answer>> ops::delete_object_tagging(operation_call& call) {
    tag_list none;
    co_return co_await replace_tags(call, std::move(none), 204);
}

}  // namespace sluice::s3
