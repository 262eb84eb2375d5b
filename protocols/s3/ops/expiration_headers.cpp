#include "protocols/s3/ops/expiration_headers.hpp"

#include "auth/authn/uri_encoding.hpp"
#include "protocols/http/date.hpp"
#include "protocols/s3/model/bucket_settings.hpp"

namespace sluice::s3 {

void set_expiration_header(http::response_head& head, lifecycle_rules const& rules,
                           store::object_stat const& object, s3_options const& options) {
    if (rules.empty()) return;
    object_facts facts;
    facts.key = object.key;
    facts.size = object.size;
    facts.tags = &object.attributes.tags;
    facts.modified = object.last_modified;
    facts.is_delete_marker = object.is_delete_marker;
    auto const first = expiry_of(rules, facts, options.lifecycle_day);
    if (!first) return;
    head.set("x-amz-expiration", "expiry-date=\"" + http::http_date(first->at) +
                                     "\", rule-id=\"" + auth::uri_encode(first->rule_id, true) +
                                     "\"");
}

void set_abort_headers(http::response_head& head, lifecycle_rules const& rules,
                       store::upload_info const& upload, s3_options const& options) {
    auto const first = abort_of(rules, upload.key, upload.created, options.lifecycle_day);
    if (!first) return;
    head.set("x-amz-abort-date", http::http_date(first->at));
    head.set("x-amz-abort-rule-id", auth::uri_encode(first->rule_id, true));
}

task<s3_result<lifecycle_rules>> lifecycle_of(operation_call& call) {
    auto const bytes = co_await call.buckets.settings_of(call.request.bucket());
    if (!bytes) co_return to_s3(bytes.error(), subject::bucket);
    auto rules = lifecycle_of_settings(*bytes);
    if (rules.has_error()) co_return to_s3(std::move(rules).error(), subject::bucket);
    co_return *std::move(rules);
}

}  // namespace sluice::s3
