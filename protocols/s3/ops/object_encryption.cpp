#include "protocols/s3/ops/object_encryption.hpp"

#include "protocols/s3/model/bucket_settings.hpp"

namespace sluice::s3 {
namespace {

s3_result<default_encryption> default_in(std::string_view stored) {
    if (stored.empty()) return default_encryption{};
    auto settings = decode_bucket_settings(stored);
    if (settings.has_error()) return to_s3(std::move(settings).error(), subject::bucket);
    return settings->encryption.value_or(default_encryption{});
}

task<s3_result<default_encryption>> default_of(operation_call& call) {
    auto const stored = co_await call.buckets.settings_of(call.request.bucket());
    if (stored) co_return default_in(*stored);
    co_return to_s3(stored.error(), subject::bucket);
}

s3_result<auth::encryption_choice> as_choice(default_encryption const& from,
                                             s3_options const& options) {
    auth::encryption_choice out;
    switch (from.method) {
        case default_encryption::kind::none: return out;
        case default_encryption::kind::server_key:
            return auth::encryption_choice::with_server_key();
        case default_encryption::kind::named_key: break;
    }
    out.kind = auth::encryption_kind::named_key;
    out.bucket_key = from.bucket_key.value_or(false);
    if (from.key.empty()) return out;
    auto id = key_id_named(from.key, options);
    if (!id) return id.error();
    out.key_id = *std::move(id);
    return out;
}

}  // namespace

task<s3_result<auth::encryption_choice>> choose_encryption(operation_call& call,
                                                           s3_request const& asking) {
    auto asked = encryption_of(asking, call.who.connection(), call.options);
    if (!asked) co_return asked.error();
    bool const needs_no_default =
        *asked && ((*asked)->choice.kind == auth::encryption_kind::server_key ||
                   ((*asked)->choice.kind == auth::encryption_kind::named_key &&
                    (*asked)->says_bucket_key));
    if (needs_no_default) co_return std::move((*asked)->choice);
    auto const standard = co_await default_of(call);
    if (!standard) co_return standard.error();
    if (!*asked) co_return as_choice(*standard, call.options);
    auto choice = std::move((*asked)->choice);
    if (choice.kind == auth::encryption_kind::named_key)
        choice.bucket_key = standard->bucket_key.value_or(false);
    else if (standard->blocks_customer_keys)
        co_return s3_failure(error_code::access_denied,
                             "This bucket blocks server-side encryption with customer-provided "
                             "keys (SSE-C).");
    co_return choice;
}

s3_result<auth::encryption_choice> default_choice(std::string_view settings,
                                                  s3_options const& options) {
    auto const found = default_in(settings);
    if (!found) return found.error();
    return as_choice(*found, options);
}

s3_result<std::optional<auth::secret_key>> read_key(operation_call const& call,
                                                    keyed_object which) {
    return customer_key_of(call.request, call.who.connection(), which);
}

s3_result<> unlock(auth::readable_object& object, std::optional<auth::secret_key> const& key,
                   wanted_of_object what) {
    auto const kind = object.encryption().kind;
    bool const by_name =
        kind == auth::encryption_kind::server_key || kind == auth::encryption_kind::named_key;
    if (what == wanted_of_object::description && by_name && !key) return {};
    auto const unlocked = object.unlock(pointer_to(key));
    if (unlocked.has_error()) return to_s3(unlocked.error(), subject::object);
    return {};
}

s3_result<> check_upload_key(store::object_attributes const& upload,
                             std::optional<auth::secret_key> const& key) {
    if (!key) return {};
    auto const facts = auth::describe_encryption(upload.encryption);
    if (facts.has_error()) return to_s3(facts.error(), subject::upload);
    auto trouble = auth::key_trouble::none;
    if (facts->kind != auth::encryption_kind::customer_key)
        trouble = auth::key_trouble::unexpected;
    else if (!auth::opens_with(upload.encryption, *key)) trouble = auth::key_trouble::wrong;
    if (trouble == auth::key_trouble::none) return {};
    return to_s3(auth::refusal(trouble, ""), subject::upload);
}

}  // namespace sluice::s3
