#include "protocols/s3/ops/bucket_rules.hpp"

#include "protocols/s3/model/bucket_settings.hpp"
#include "protocols/s3/wire/object_lock_document.hpp"
#include "protocols/s3/wire/storage_classes.hpp"

namespace sluice::s3 {
namespace {

std::string digest_text(std::string_view requests) {
    return "Content-MD5 OR x-amz-checksum- HTTP header is required for " + std::string(requests) +
           " requests with Object Lock parameters";
}

bool is_locked(store::object_attributes const& attributes) noexcept {
    return attributes.retained || attributes.legal_hold;
}

result<std::optional<object_lock>> lock_of(store::bucket_info const& bucket) {
    SLUICE_TRY(auto settings, decode_bucket_settings(bucket.settings));
    return std::move(settings.lock);
}

result<void> check_named(std::optional<object_lock> const& lock, unix_millis at,
                         store::object_attributes const& attributes) {
    if (!is_locked(attributes)) return success();
    if (!lock) return failure{error::malformed, std::string(lock_missing_text)};
    if (attributes.retained && attributes.retained->until <= at)
        return failure{error::invalid_argument, "The retain until date must be in the future!"};
    return success();
}

void add_default(std::optional<object_lock> const& lock, unix_millis at,
                 store::object_attributes& attributes) {
    if (attributes.retained || !lock || !lock->rule) return;
    attributes.retained = store::retention{lock->rule->mode, retained_until(*lock->rule, at)};
}

}  // namespace

store::attributes_rule rule_for_put(bool has_digest) {
    return [has_digest](store::bucket_info const& bucket, unix_millis at,
                        store::object_attributes& attributes) -> result<void> {
        SLUICE_TRY(auto const lock, lock_of(bucket));
        SLUICE_CHECK(check_named(lock, at, attributes));
        add_default(lock, at, attributes);
        if (is_locked(attributes) && !has_digest)
            return failure{error::malformed, digest_text("Put Object")};
        return success();
    };
}

store::attributes_rule rule_for_upload() {
    return [](store::bucket_info const& bucket, unix_millis at,
              store::object_attributes& attributes) -> result<void> {
        SLUICE_TRY(auto const lock, lock_of(bucket));
        return check_named(lock, at, attributes);
    };
}

store::attributes_rule rule_for_completion() {
    return [](store::bucket_info const& bucket, unix_millis at,
              store::object_attributes& attributes) -> result<void> {
        SLUICE_TRY(auto const lock, lock_of(bucket));
        add_default(lock, at, attributes);
        return success();
    };
}

store::attributes_rule rule_for_copy(store::object_attributes labels, bool& archived) {
    return [labels = std::move(labels), &archived](
               store::bucket_info const& bucket, unix_millis at,
               store::object_attributes& attributes) -> result<void> {
        archived = !is_readable(attributes, at);
        if (archived) return failure{error::precondition_failed, "the source is archived"};
        drop_restored(attributes);
        attributes.storage_class = labels.storage_class;
        attributes.redirect_location = labels.redirect_location;
        attributes.retained = labels.retained;
        attributes.legal_hold = labels.legal_hold;
        SLUICE_TRY(auto const lock, lock_of(bucket));
        SLUICE_CHECK(check_named(lock, at, attributes));
        add_default(lock, at, attributes);
        return success();
    };
}

s3_result<> demand_digest(store::object_attributes const& attributes, bool has_digest,
                          std::string_view requests) {
    if (has_digest || !is_locked(attributes)) return {};
    return s3_failure(error_code::invalid_request, digest_text(requests));
}

}  // namespace sluice::s3
