// GetBucketWebsite, PutBucketWebsite, DeleteBucketWebsite; what the website answers is in
// website_front.hpp.
#include "protocols/s3/ops/bucket_edit.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/wire/website_document.hpp"

namespace sluice::s3 {

task<s3_result<answer>> ops::get_bucket_website(operation_call& call) {
    auto const settings = co_await read_settings(call);
    if (!settings) co_return settings.error();
    if (!settings->site) co_return not_configured(call, error_code::no_such_website_configuration);
    xml_writer out("WebsiteConfiguration");
    write_website(out, *settings->site);
    co_return xml_answer(std::move(out));
}

task<s3_result<answer>> ops::put_bucket_website(operation_call& call) {
    auto const document =
        co_await read_document(call, "WebsiteConfiguration", body_digest::optional);
    if (!document) co_return document.error();
    auto const site = website_in(*document);
    if (!site) co_return site.error();
    settings_edit const edit = [&](bucket_settings& settings) { settings.site = *site; };
    co_return co_await edit_settings(call, edit, 200);
}

task<s3_result<answer>> ops::delete_bucket_website(operation_call& call) {
    settings_edit const edit = [](bucket_settings& settings) { settings.site.reset(); };
    co_return co_await edit_settings(call, edit, 204);
}

}  // namespace sluice::s3
