// PutBucketPolicy, GetBucketPolicy, DeleteBucketPolicy, GetBucketPolicyStatus.
#include "auth/guard/guarded_policies.hpp"
#include "protocols/s3/ops/bucket_edit.hpp"
#include "protocols/s3/ops/handlers.hpp"

namespace sluice::s3 {
namespace {

using policies = auth::guarded_policies;

// Whether BlockPublicPolicy is on.
task<s3_result<bool>> refuses_public(operation_call& call) {
    auto const settings = co_await known_settings(call);
    if (!settings) co_return settings.error();
    co_return settings->public_access && settings->public_access->block_public_policy;
}

s3_failure shown(auth::refusal const& why) {
    if (why.code == error::invalid_argument) return {error_code::malformed_policy, why.text};
    return to_s3(why, subject::bucket);
}

s3_result<answer> answer_put(policies::put_outcome outcome) {
    switch (outcome) {
        case policies::put_outcome::stored: return empty_answer(204);
        case policies::put_outcome::is_public:
            return s3_failure(error_code::access_denied,
                              "Public policies are blocked by the BlockPublicPolicy block public "
                              "access setting.");
        case policies::put_outcome::locks_out:
            return s3_failure(error_code::access_denied,
                              "The policy would keep you from changing it in the future; say "
                              "x-amz-confirm-remove-self-bucket-access: true if it should.");
    }
    return error_code::internal_error;
}

task<s3_result<policies::bucket_policy>> read_policy(operation_call& call) {
    auto policy = co_await call.guard.policies().of_bucket(call.who, call.request.bucket());
    if (policy) co_return *std::move(policy);
    if (policy.error().missing == auth::missing_thing::rule)
        co_return not_configured(call, error_code::no_such_bucket_policy);
    co_return shown(policy.error());
}

}  // namespace

task<s3_result<answer>> ops::put_bucket_policy(operation_call& call) {
    auto text = co_await call.body.read_all(call.options.small_document_bytes);
    if (!text) co_return text.error();
    auto const refuse_public = co_await refuses_public(call);
    if (!refuse_public) co_return refuse_public.error();
    auto const confirmed =
        call.request.header("x-amz-confirm-remove-self-bucket-access").value_or("");
    policies::put_request wanted;
    wanted.bucket = call.request.bucket();
    wanted.document = *std::move(text);
    wanted.refuse_public = *refuse_public;
    wanted.may_lock_out = http::equal_ignoring_case(confirmed, "true");
    auto const done = co_await call.guard.policies().put_of_bucket(call.who, std::move(wanted));
    if (!done) co_return shown(done.error());
    co_return answer_put(*done);
}

task<s3_result<answer>> ops::get_bucket_policy(operation_call& call) {
    auto policy = co_await read_policy(call);
    if (!policy) co_return policy.error();
    answer out;
    out.head.set("Content-Type", "application/json");
    out.text = std::move(policy->document);
    out.length = out.text.size();
    co_return out;
}

task<s3_result<answer>> ops::get_bucket_policy_status(operation_call& call) {
    auto const policy = co_await read_policy(call);
    if (!policy) co_return policy.error();
    xml_writer out("PolicyStatus");
    out.element("IsPublic", policy->is_public);
    co_return xml_answer(std::move(out));
}

task<s3_result<answer>> ops::delete_bucket_policy(operation_call& call) {
    auto const gone =
        co_await call.guard.policies().remove_of_bucket(call.who, call.request.bucket());
    if (!gone) co_return shown(gone.error());
    co_return empty_answer(204);
}

}  // namespace sluice::s3
