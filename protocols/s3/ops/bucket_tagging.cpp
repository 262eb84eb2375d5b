// GetBucketTagging, PutBucketTagging, DeleteBucketTagging
#include "protocols/s3/ops/bucket_edit.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/wire/tag_set.hpp"

namespace sluice::s3 {

task<s3_result<answer>> ops::get_bucket_tagging(operation_call& call) {
    auto const settings = co_await read_settings(call);
    if (!settings) co_return settings.error();
    if (settings->tags.empty()) co_return not_configured(call, error_code::no_such_tag_set);
    xml_writer out("Tagging");
    write_tags(out, settings->tags);
    co_return xml_answer(std::move(out));
}

task<s3_result<answer>> ops::put_bucket_tagging(operation_call& call) {
    auto const document = co_await read_document(call, "Tagging", body_digest::demanded);
    if (!document) co_return document.error();
    auto const tags = tags_of_document(*document, bucket_tags_max);
    if (!tags) co_return tags.error();
    settings_edit const edit = [&](bucket_settings& settings) { settings.tags = *tags; };
    co_return co_await edit_settings(call, edit, 204);
}

task<s3_result<answer>> ops::delete_bucket_tagging(operation_call& call) {
    settings_edit const edit = [](bucket_settings& settings) { settings.tags.clear(); };
    co_return co_await edit_settings(call, edit, 204);
}

}  // namespace sluice::s3
