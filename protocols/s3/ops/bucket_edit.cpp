#include "protocols/s3/ops/bucket_edit.hpp"

#include "protocols/s3/wire/object_lock_document.hpp"

namespace sluice::s3 {
namespace {

s3_result<bucket_settings> decoded(store::bucket_info const& bucket) {
    auto settings = decode_bucket_settings(bucket.settings);
    if (settings.has_error()) return to_s3(std::move(settings).error(), subject::bucket);
    return *std::move(settings);
}

}  // namespace

task<s3_result<xml_element>> read_document(operation_call& call, std::string_view root,
                                           body_digest digest, std::size_t bytes) {
    if (digest == body_digest::demanded && !call.body.check().declares_digest())
        co_return s3_failure(
            error_code::invalid_request,
            "Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
    auto const most = bytes == 0 ? call.options.small_document_bytes : bytes;
    auto const text = co_await call.body.read_all(most);
    if (!text) co_return text.error();
    co_return parse_xml(*text, root);
}

task<s3_result<bucket_settings>> read_settings(operation_call& call) {
    auto const bucket = co_await call.buckets.head(call.who, call.request.bucket());
    if (!bucket) co_return to_s3(bucket.error(), subject::bucket);
    co_return decoded(*bucket);
}

task<s3_result<answer>> edit_settings(operation_call& call, settings_edit edit, unsigned status) {
    checked_edit unchecked = [edit = std::move(edit)](store::bucket_info&,
                                                      bucket_settings& settings) -> s3_result<> {
        edit(settings);
        return {};
    };
    co_return co_await edit_bucket(call, std::move(unchecked), status);
}

task<s3_result<answer>> edit_bucket(operation_call& call, checked_edit edit, unsigned status) {
    for (int attempt = 1;; ++attempt) {
        auto bucket = co_await call.buckets.head(call.who, call.request.bucket());
        if (!bucket) co_return to_s3(bucket.error(), subject::bucket);
        auto settings = decoded(*bucket);
        if (!settings) co_return settings.error();
        auto const before = bucket->access;
        if (auto const fine = edit(*bucket, *settings); !fine) co_return fine.error();
        auto bytes = encode(*settings);
        std::optional<std::string> access;
        if (bucket->access != before) access = std::move(bucket->access);
        auto const changed = co_await call.buckets.change_settings(
            call.who, call.request.bucket(), std::move(bytes), bucket->changed,
            std::move(access));
        if (changed) co_return empty_answer(status);
        if (changed.error().code != error::conflict || attempt == edit_attempts)
            co_return to_s3(changed.error(), subject::bucket);
    }
}

task<s3_result<answer>> confirm_settings(operation_call& call, unsigned status) {
    auto const confirmed = co_await call.buckets.confirm(call.who, call.request.bucket());
    if (!confirmed) co_return to_s3(confirmed.error(), subject::bucket);
    co_return empty_answer(status);
}

task<s3_result<answer>> answer_absent(operation_call& call, error_code code) {
    auto const bucket = co_await call.buckets.head(call.who, call.request.bucket());
    if (!bucket) co_return to_s3(bucket.error(), subject::bucket);
    co_return not_configured(call, code);
}

s3_failure not_configured(operation_call const& call, error_code code) {
    return s3_failure(code).detail("BucketName", call.request.bucket());
}

s3_failure part_not_implemented(std::string_view operation, std::string_view part) {
    return s3_failure(error_code::not_implemented,
                      std::string(operation) + ": " + std::string(part) + " is not implemented")
        .detail("Operation", operation);
}

task<s3_result<bucket_settings>> known_settings(operation_call& call) {
    auto const stored = co_await call.buckets.settings_of(call.request.bucket());
    if (stored.has_error()) {
        if (stored.error().code == error::not_found) co_return bucket_settings{};
        co_return to_s3(stored.error(), subject::bucket);
    }
    auto settings = decode_bucket_settings(*stored);
    if (settings.has_error()) co_return to_s3(settings.error(), subject::bucket);
    co_return *std::move(settings);
}

task<s3_result<bool>> bucket_is_locked(operation_call& call) {
    auto const settings = co_await known_settings(call);
    if (!settings) co_return settings.error();
    co_return settings->lock.has_value();
}

task<s3_result<bool>> bypass_of(operation_call& call) {
    constexpr std::string_view header = "x-amz-bypass-governance-retention";
    auto const asked = asks_to_bypass(call.request);
    if (!asked) co_return asked.error();
    if (!call.request.has_header(header)) co_return *asked;
    auto const there = co_await call.buckets.known(call.request.bucket());
    if (!there) co_return *asked;   // the deletion says so
    auto const locked = co_await bucket_is_locked(call);
    if (!locked) co_return locked.error();
    if (!*locked)
        co_return invalid_argument(header, call.request.header(header).value_or(""),
                                   std::string(header) +
                                       " is only applicable to Object Lock enabled buckets.");
    co_return *asked;
}

}  // namespace sluice::s3
