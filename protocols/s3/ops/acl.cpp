// GetBucketAcl, PutBucketAcl, GetObjectAcl, PutObjectAcl. In a bucket whose ownership is
// BucketOwnerEnforced lists do not count: its owner owns every object in it and has FULL_CONTROL, which is
// all that can be read there, and all that can be asked for.
#include "protocols/s3/ops/access_lists.hpp"
#include "protocols/s3/ops/bucket_edit.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/object_events.hpp"
#include "protocols/s3/ops/object_versions.hpp"
#include "protocols/s3/wire/version_ids.hpp"

namespace sluice::s3 {
namespace {

// What a request asks a list to be: by header, or by a document that names the owner too.
struct wanted_access {
    asked_access asked;
    std::optional<access_document> document;
};

task<s3_result<wanted_access>> read_wanted(operation_call& call, access_subject about) {
    wanted_access out;
    auto asked = access_asked_by(call.request, about);
    if (!asked) co_return asked.error();
    out.asked = *std::move(asked);
    bool const has_body = call.body.length() != 0;
    if (out.asked.says_something) {
        if (has_body) co_return error_code::unexpected_content;
        // The digests of an empty body are checked too.
        auto const nothing = co_await call.body.read_all(0);
        if (!nothing) co_return nothing.error();
        co_return out;
    }
    if (!has_body)
        co_return s3_failure(error_code::missing_security_header)
            .detail("MissingHeaderName", "x-amz-acl");
    auto const text = co_await call.body.read_all(call.options.small_document_bytes);
    if (!text) co_return text.error();
    auto document = access_document_in(*text);
    if (!document) co_return document.error();
    out.document = *std::move(document);
    co_return out;
}

s3_result<auth::access_choice> choice_of(operation_call const& call, wanted_access const& wanted) {
    auth::access_choice out;
    out.name = wanted.asked.name;
    auto const& named = wanted.document ? std::optional(wanted.document->grants)
                                        : wanted.asked.grants;
    if (!named) return out;
    auto const form = wanted.document ? grant_form::document : grant_form::header;
    auto grants = resolved(call.guard, *named, form);
    if (!grants) return grants.error();
    out.grants = *std::move(grants);
    return out;
}

// Where lists do not count: only what is so anyway can be asked for.
s3_result<> check_is_so(operation_call const& call, wanted_access const& wanted,
                        principal_id owner) {
    s3_failure const disabled(error_code::access_control_list_not_supported);
    if (!wanted.document) {
        auth::access_choice plain;
        plain.name = wanted.asked.name;
        if (wanted.asked.grants || !plain.is_plain()) return disabled;
        return {};
    }
    auto const canonical = call.guard.label_of(owner).canonical_id;
    named_grant const all{named_grant::naming::canonical_id, canonical,
                          auth::access_permission::full_control};
    bool const is_so = wanted.document->owner == canonical &&
                       wanted.document->grants == std::vector{all};
    if (!is_so) return disabled;
    return {};
}

// The bucket, for whoever was already shown something of it.
task<s3_result<store::bucket_info>> bucket_of(operation_call& call) {
    auto found = co_await call.buckets.known(call.request.bucket());
    if (!found) co_return to_s3(found.error(), subject::bucket);
    co_return *std::move(found);
}

task<s3_result<answer>> confirm_is_so(operation_call& call, wanted_access const& wanted,
                                      principal_id owner) {
    auto const is_so = check_is_so(call, wanted, owner);
    if (!is_so) co_return is_so.error();
    auto const confirmed =
        co_await call.buckets.confirm(call.who, call.request.bucket(), call.request.key());
    if (!confirmed) co_return to_s3(confirmed.error(), subject::object);
    co_return empty_answer();
}

s3_result<principal_id> owner_of(operation_call const& call, access_document const& document) {
    auto const owner = call.guard.find_canonical(document.owner);
    if (!owner) return invalid_argument("CanonicalUser/ID", document.owner, "Invalid id");
    return *owner;
}

// Lists of buckets under their lock, so that a change of ownership in between is seen.
s3_result<> edit_list(operation_call const& call, wanted_access const& wanted,
                      auth::access_choice const& choice, store::bucket_info& bucket) {
    if (bucket.access.empty()) return check_is_so(call, wanted, bucket.owner);
    auto access = auth::decode_bucket_access(bucket.access);
    if (access.has_error()) return to_s3(std::move(access).error(), subject::bucket);
    if (wanted.document) {
        auto const owner = owner_of(call, *wanted.document);
        if (!owner) return owner.error();
        if (*owner != bucket.owner) return error_code::access_denied;
    }
    access->grants = auth::grants_of(choice, bucket.owner, bucket.owner);
    if (access->blocks_public && auth::is_public(access->grants)) return error_code::access_denied;
    bucket.access = encode(*access);
    return {};
}

}  // namespace

task<s3_result<answer>> ops::get_bucket_acl(operation_call& call) {
    auto const bucket = co_await call.buckets.head(call.who, call.request.bucket());
    if (!bucket) co_return to_s3(bucket.error(), subject::bucket);
    auto list = auth::access_list::of_owner(bucket->owner);
    if (!bucket->access.empty()) {
        auto access = auth::decode_bucket_access(bucket->access);
        if (access.has_error()) co_return to_s3(access.error(), subject::bucket);
        list.grants = std::move(access->grants);
    }
    co_return xml_answer(access_answer(call.guard, list));
}

task<s3_result<answer>> ops::get_object_acl(operation_call& call) {
    auto const object = co_await open_version(call);
    if (!object) co_return object.error();
    auto const list = object->access();
    if (list.has_error()) co_return to_s3(list.error(), subject::object);
    auto out = xml_answer(access_answer(call.guard, *list));
    set_version_header(out.head, object->stat());
    co_return out;
}

task<s3_result<answer>> ops::put_bucket_acl(operation_call& call) {
    auto const bucket = co_await call.buckets.head(call.who, call.request.bucket());
    if (!bucket) co_return to_s3(bucket.error(), subject::bucket);
    auto const wanted = co_await read_wanted(call, access_subject::bucket);
    if (!wanted) co_return wanted.error();
    if (bucket->access.empty()) co_return co_await confirm_is_so(call, *wanted, bucket->owner);
    auto const choice = choice_of(call, *wanted);
    if (!choice) co_return choice.error();
    checked_edit const edit = [&](store::bucket_info& held, bucket_settings&) {
        return edit_list(call, *wanted, *choice, held);
    };
    co_return co_await edit_bucket(call, edit, 200);
}

task<s3_result<answer>> ops::put_object_acl(operation_call& call) {
    auto const version = version_of(call.request);
    if (!version) co_return version.error();
    auto const there = co_await open_version(call);
    if (!there) co_return there.error();
    auto const wanted = co_await read_wanted(call, access_subject::object);
    if (!wanted) co_return wanted.error();
    auto const bucket = co_await bucket_of(call);
    if (!bucket) co_return bucket.error();
    if (bucket->access.empty()) co_return co_await confirm_is_so(call, *wanted, bucket->owner);
    auto choice = choice_of(call, *wanted);
    if (!choice) co_return choice.error();
    auth::guarded_objects::access_change request;
    request.bucket = call.request.bucket();
    request.key = call.request.key();
    request.version = *version;
    request.access = *std::move(choice);
    request.announce = announcer_of(call);
    if (wanted->document) {
        auto const owner = owner_of(call, *wanted->document);
        if (!owner) co_return owner.error();
        request.said_owner = *owner;
    }
    auto const changed = co_await call.objects.change_access(call.who, std::move(request));
    if (!changed) {
        auto refused = to_s3(changed.error(), subject::object);
        co_return co_await refuse_change(call, *version, std::move(refused));
    }
    auto out = empty_answer();
    set_version_header(out.head, *changed);
    co_return out;
}

}  // namespace sluice::s3
