// PostObject: a browser's form upload. The fields are read first and prove who asks; then the file
// streams into the object as PutObject's body does.
#include <algorithm>

#include "auth/policy/iam_keys.hpp"
#include "gateway/core/encoding.hpp"
#include "gateway/core/timer.hpp"
#include "protocols/s3/access_log_sink.hpp"
#include "protocols/s3/iam_request.hpp"
#include "protocols/s3/model/post_policy.hpp"
#include "protocols/s3/ops/access_lists.hpp"
#include "protocols/s3/ops/bucket_rules.hpp"
#include "protocols/s3/ops/form_body.hpp"
#include "protocols/s3/ops/expiration_headers.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/object_encryption.hpp"
#include "protocols/s3/ops/object_events.hpp"
#include "protocols/s3/ops/post_form.hpp"
#include "protocols/s3/wire/object_headers.hpp"
#include "protocols/s3/wire/payload_check.hpp"

namespace sluice::s3 {
namespace {

// What the form adds up to besides the file's bytes.
struct upload_plan {
    store::object_attributes attributes;
    store::conditions when;
    payload_check check;
    store::checksum_algorithm checksum;
    size_bounds bounds;
    auth::encryption_choice encryption;
    auth::access_choice access;
};

s3_failure too_large(std::uint64_t size, std::uint64_t most) {
    return s3_failure(error_code::entity_too_large,
                      "Your proposed upload exceeds the maximum allowed size")
        .detail("ProposedSize", std::to_string(size))
        .detail("MaxSizeAllowed", std::to_string(most));
}

s3_failure too_small(std::uint64_t size, std::uint64_t least) {
    return s3_failure(error_code::entity_too_small,
                      "Your proposed upload is smaller than the minimum allowed size")
        .detail("ProposedSize", std::to_string(size))
        .detail("MinSizeAllowed", std::to_string(least));
}

// The form's signature is the only one that a form upload has.
s3_result<> check_headers(operation_call const& call) {
    if (!call.who.is_anonymous())
        return invalid_argument("Authorization", "",
                                "A form is authenticated by its fields, not by the request that "
                                "carries it.");
    auto const& options = call.options;
    auto const around = options.form_tail_bytes +
                        options.form_fields * (options.form_part_head_bytes + kibibyte) +
                        options.form_bytes;
    if (call.body.length() > options.object_bytes + around)
        return too_large(call.body.length(), options.object_bytes);
    return {};
}

// With what policies are told of the form; one that cannot be taken is refused later, for that.
auth::caller described(operation_call const& call, post_form const& form, auth::caller who) {
    auto const put = form.as_put(call.request, call.options);
    if (!put) return who;
    auto const attributes = form.attributes(*put, call.options);
    bool const has_tags = form.find("tagging") && attributes;
    describe_form(*put, form.find("x-amz-date"), has_tags ? &attributes->tags : nullptr,
                  call.clock.now(), who);
    return who;
}

// Who the form's signature proves; the anonymous caller when there is none.
task<s3_result<auth::caller>> sign_in(operation_call& call, post_form const& form) {
    auto const is_signed = form.is_signed();
    if (!is_signed) co_return is_signed.error();
    if (!*is_signed) co_return described(call, form, call.who);
    auto proven = call.guard.authenticate_s3_form(form.signature(), call.who.connection());
    if (!proven) {
        auto const waited = co_await wait_for(call.options.refusal_delay);
        if (waited.has_error()) co_return error_code::service_unavailable;
        co_return form.refused(proven.error(), call.options.region);
    }
    auto who = *std::move(proven);
    who.operation = call.who.operation;
    who.request_id = call.who.request_id;
    who.client_id = call.who.client_id;
    who.action = call.who.action;
    for (auto const& one : call.who.context)
        if (one.key != auth::restricted_key) who.context.push_back(one);  // of strangers
    if (call.who.more_context != nullptr) call.who.more_context->add_to(who.context);
    co_return described(call, form, std::move(who));
}

s3_result<size_bounds> check_policy(operation_call const& call, post_form const& form) {
    size_bounds bounds;
    if (auto const document = form.find("policy")) {
        auto const policy = post_policy::parse(*document);
        if (!policy) return policy.error();
        auto const fits = policy->check(form.fields(), call.request.bucket(), call.clock.now());
        if (!fits) return fits.error();
        bounds = policy->bounds();
    }
    bounds.most = std::min(bounds.most, call.options.object_bytes);
    return bounds;
}

task<s3_result<upload_plan>> plan_of(operation_call& call, post_form const& form,
                                     size_bounds bounds) {
    auto const put = form.as_put(call.request, call.options);
    if (!put) co_return put.error();
    auto attributes = form.attributes(*put, call.options);
    if (!attributes) co_return attributes.error();
    auto when = conditions_of(call.request, call.clock.now());
    if (!when) co_return when.error();
    auto encryption = co_await choose_encryption(call, *put);
    if (!encryption) co_return encryption.error();
    auto check = payload_check::declared_by(*put, true);
    if (!check) co_return check.error();
    auto const checksum = check->declared_algorithm().value_or(default_checksum);
    check->want_md5();
    check->want_checksum(checksum);
    auto access = access_choice_of(call, *put, access_subject::object);
    if (!access) co_return access.error();
    upload_plan out{*std::move(attributes), *std::move(when), *std::move(check), checksum, bounds,
                    *std::move(encryption), *std::move(access)};
    co_return out;
}

task<s3_result<>> receive_file(form_body& form, auth::payload_stream& target, upload_plan& plan) {
    while (true) {
        auto const bytes = co_await form.next();
        if (!bytes) co_return bytes.error();
        if (bytes->empty()) break;
        auto const size = target.length() + bytes->size();
        if (size > plan.bounds.most) co_return too_large(size, plan.bounds.most);
        plan.check.update(as_bytes(*bytes));
        auto const appended = co_await target.append(as_bytes(*bytes));
        if (appended.has_error()) co_return to_s3(appended.error(), subject::object);
    }
    if (target.length() < plan.bounds.least)
        co_return too_small(target.length(), plan.bounds.least);
    std::vector<std::pair<std::string, std::string>> const no_trailers;
    auto const right = plan.check.verify(no_trailers);
    co_return right;
}

}  // namespace

task<s3_result<answer>> ops::post_object(operation_call& call) {
    auto const boundary = form_boundary(call.request.head().find("content-type").value_or(""));
    if (!boundary) co_return boundary.error();
    if (auto const fine = check_headers(call); !fine) co_return fine.error();
    form_body body(call.body, *boundary, call.options);
    auto const read = co_await body.read_fields();
    if (!read) co_return read.error();
    auto const form = post_form::from(std::move(body.form().fields()), body.form().file_name(),
                                      call.options.form_bytes);
    if (!form) co_return form.error();
    auto const who = co_await sign_in(call, *form);
    if (!who) co_return who.error();
    if (call.logged != nullptr) call.logged->know_form(*who, form->key());
    auto const bounds = check_policy(call, *form);
    if (!bounds) co_return bounds.error();
    auto plan = co_await plan_of(call, *form, *bounds);
    if (!plan) co_return plan.error();

    auto target = co_await call.objects.create(*who, call.request.bucket(),
                                               std::string(form->key()), call.body.length(),
                                               plan->encryption, plan->access);
    if (!target) co_return to_s3(target.error(), subject::object);
    auto const received = co_await receive_file(body, *target, *plan);
    if (!received) co_return received.error();
    plan->attributes.checksums.push_back(*plan->check.checksum(plan->checksum));
    lifecycle_rules rules;
    auto const facts = target->encryption();
    auto etag = hides_digest(facts.kind) ? target->fresh_etag() : hex_encode(plan->check.md5());
    auth::writable_object::finish how{std::move(etag), std::move(plan->attributes),
                                      std::move(plan->when),
                                      announcer_of(call.guard, *who, call.options, "Post", &rules),
                                      rule_for_put(plan->check.declares_digest())};
    auto const stored = co_await target->commit(std::move(how));
    if (!stored) co_return to_s3(stored.error(), subject::object);
    auto answered = form->stored(call.request, call.who.connection().tls, *stored);
    set_expiration_header(answered.head, rules, *stored, call.options);
    set_encryption_headers(answered.head, facts, call.options, &plan->encryption.customer);
    co_return answered;
}

}  // namespace sluice::s3
