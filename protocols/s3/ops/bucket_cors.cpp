// GetBucketCors, PutBucketCors, DeleteBucketCors; what the rules do is in cross_origin.hpp.
#include "protocols/s3/ops/bucket_edit.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/wire/cors_document.hpp"

namespace sluice::s3 {

task<s3_result<answer>> ops::get_bucket_cors(operation_call& call) {
    auto const settings = co_await read_settings(call);
    if (!settings) co_return settings.error();
    if (settings->cors.empty())
        co_return not_configured(call, error_code::no_such_cors_configuration);
    xml_writer out("CORSConfiguration");
    write_cors_rules(out, settings->cors);
    co_return xml_answer(std::move(out));
}

task<s3_result<answer>> ops::put_bucket_cors(operation_call& call) {
    auto const document = co_await read_document(call, "CORSConfiguration", body_digest::demanded);
    if (!document) co_return document.error();
    auto const rules = cors_rules_in(*document);
    if (!rules) co_return rules.error();
    settings_edit const edit = [&](bucket_settings& settings) { settings.cors = *rules; };
    co_return co_await edit_settings(call, edit, 200);
}

task<s3_result<answer>> ops::delete_bucket_cors(operation_call& call) {
    settings_edit const edit = [](bucket_settings& settings) { settings.cors.clear(); };
    co_return co_await edit_settings(call, edit, 204);
}

}  // namespace sluice::s3
