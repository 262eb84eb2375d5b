#include "protocols/s3/cross_origin.hpp"

#include "protocols/s3/wire/address.hpp"

namespace sluice::s3 {
namespace {

constexpr std::string_view not_allowed =
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of "
    "Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are "
    "not whitelisted by the resource's CORS spec.";

// The method header decides on requests that are no preflight too, as with S3.
cors_question question_in(http::request_head const& head) {
    cors_question question;
    question.origin = head.find("origin").value_or("");
    question.method = head.find("access-control-request-method").value_or(head.verb_text);
    question.headers = names_in(head.find("access-control-request-headers").value_or(""));
    return question;
}

// Nothing for a bucket that is not there.
task<s3_result<std::optional<std::vector<cors_rule>>>> rules_of(auth::guarded_buckets& buckets,
                                                 std::string bucket) {
    auto const stored = co_await buckets.settings_of(std::move(bucket));
    if (stored.has_error()) {
        if (stored.error().code == error::not_found)
            co_return std::optional<std::vector<cors_rule>>{};
        co_return to_s3(stored.error(), subject::bucket);
    }
    auto settings = decode_bucket_settings(*stored);
    if (settings.has_error()) co_return to_s3(std::move(settings).error(), subject::bucket);
    co_return std::optional(std::move(settings->cors));
}

s3_failure forbidden(std::string_view message, cors_question const& question, bool object) {
    return s3_failure(error_code::access_forbidden, std::string(message))
        .detail("Method", question.method)
        .detail("ResourceType", object ? "OBJECT" : "BUCKET");
}

s3_failure incomplete(std::string message) {
    return {error_code::bad_request, std::move(message)};
}

// A website's objects are the bucket's, rules and all.
s3_result<address> address_of(http::request_head const& head, s3_options const& options) {
    bool const site = website_bucket(head.host, options.website_domains).has_value();
    return resolve_address(head.host, head.path, site ? options.website_domains : options.domains);
}

}  // namespace

task<s3_result<answer>> answer_preflight(auth::guarded_buckets& buckets, s3_options const& options,
                                         http::request_head const& head) {
    if (!head.find("origin"))
        co_return incomplete("Insufficient information. Origin request header needed.");
    auto const question = question_in(head);
    auto const where = address_of(head, options);
    if (!where) co_return where.error();
    auto const rules = co_await rules_of(buckets, where->bucket);
    if (!rules) co_return rules.error();
    if (!*rules) co_return forbidden("CORSResponse: Bucket not found", question, false);
    if ((*rules)->empty()) co_return forbidden({}, question, false);
    auto const method = head.find("access-control-request-method");
    if (!method || http::method_of(*method) == http::method::other)
        co_return incomplete("Invalid Access-Control-Request-Method: " +
                             std::string(method.value_or("null")));
    auto const fields = allowed_by(**rules, question);
    if (!fields)
        co_return forbidden(not_allowed, question, where->level == resource_level::object);
    auto out = empty_answer();
    for (auto const& [name, value] : *fields) out.head.set(name, value);
    co_return out;
}

task<s3_result<header_fields>> cross_origin_fields(auth::guarded_buckets& buckets,
                                                   s3_options const& options,
                                                   http::request_head const& head) {
    auto const where = address_of(head, options);
    if (!where || where->level == resource_level::service) co_return header_fields{};
    auto const rules = co_await rules_of(buckets, where->bucket);
    if (!rules) co_return rules.error();
    if (!*rules) co_return header_fields{};
    auto fields = allowed_by(**rules, question_in(head));
    if (!fields) co_return header_fields{};
    co_return *std::move(fields);
}

}  // namespace sluice::s3
