// Get and Put of BucketRequestPayment and BucketAccelerateConfiguration: every bucket has them, and
// here at the value without effect. Putting that value succeeds, whatever else is refused by name.
#include "protocols/s3/ops/bucket_edit.hpp"
#include "protocols/s3/ops/handlers.hpp"

namespace sluice::s3 {
namespace {

// An answer that needs nothing of the bucket but that it is there.
task<s3_result<answer>> answer_document(operation_call& call, xml_writer document) {
    auto const bucket = co_await call.buckets.head(call.who, call.request.bucket());
    if (!bucket) co_return to_s3(bucket.error(), subject::bucket);
    co_return xml_answer(std::move(document));
}

// One element of the root with one of two texts: the value that is so, or the one that is not
// served.
s3_result<> check_choice(std::string_view operation, xml_element const& document,
                         std::string_view element, std::string_view is_so,
                         std::string_view not_served) {
    auto const value = document.text_of(element);
    if (!value || document.children.size() != 1) return error_code::malformed_xml;
    if (*value == is_so) return {};
    if (*value != not_served) return error_code::malformed_xml;
    return part_not_implemented(operation, std::string(element) + " " + std::string(not_served));
}

}  // namespace

task<s3_result<answer>> ops::get_bucket_request_payment(operation_call& call) {
    xml_writer out("RequestPaymentConfiguration");
    out.element("Payer", "BucketOwner");
    return answer_document(call, std::move(out));
}

task<s3_result<answer>> ops::put_bucket_request_payment(operation_call& call) {
    auto const document =
        co_await read_document(call, "RequestPaymentConfiguration", body_digest::optional);
    if (!document) co_return document.error();
    auto const fine =
        check_choice("PutBucketRequestPayment", *document, "Payer", "BucketOwner", "Requester");
    if (!fine) co_return fine.error();
    co_return co_await confirm_settings(call, 200);
}

task<s3_result<answer>> ops::get_bucket_accelerate_configuration(operation_call& call) {
    auto const settings = co_await read_settings(call);
    if (!settings) co_return settings.error();
    xml_writer out("AccelerateConfiguration");
    if (settings->acceleration_suspended) out.element("Status", "Suspended");
    co_return xml_answer(std::move(out));
}

task<s3_result<answer>> ops::put_bucket_accelerate_configuration(operation_call& call) {
    auto const document =
        co_await read_document(call, "AccelerateConfiguration", body_digest::optional);
    if (!document) co_return document.error();
    auto const fine = check_choice("PutBucketAccelerateConfiguration", *document, "Status",
                                   "Suspended", "Enabled");
    if (!fine) co_return fine.error();
    settings_edit const edit = [](bucket_settings& settings) {
        settings.acceleration_suspended = true;
    };
    co_return co_await edit_settings(call, edit, 200);
}

}  // namespace sluice::s3
