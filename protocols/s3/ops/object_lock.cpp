// Get and Put of ObjectLockConfiguration, ObjectRetention and ObjectLegalHold. What keeps a locked
// version from being erased is the store (backend/store/model/object_lock.hpp).
#include "backend/store/model/object_lock.hpp"
#include "protocols/s3/iam_request.hpp"
#include "protocols/s3/ops/bucket_edit.hpp"
#include "protocols/s3/ops/bucket_rules.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/object_events.hpp"
#include "protocols/s3/ops/object_versions.hpp"
#include "protocols/s3/wire/object_lock_document.hpp"
#include "protocols/s3/wire/version_ids.hpp"

namespace sluice::s3 {
namespace {

using attributes_edit = std::function<result<void>(store::object_attributes&)>;

// Whoever may not change the object is told so first, whatever the bucket is like.
// `who`: the caller, with what the document says for conditions.
task<s3_result<answer>> edit_object(operation_call& call, auth::caller const& who,
                                    attributes_edit edit) {
    auto const version = version_of(call.request);
    if (!version) co_return version.error();
    auto const locked = co_await bucket_is_locked(call);
    if (!locked) co_return locked.error();
    auth::guarded_objects::attributes_change request;
    request.bucket = call.request.bucket();
    request.key = call.request.key();
    request.version = *version;
    request.change = [edit = std::move(edit), has_lock = *locked](
                         store::object_attributes& attributes) -> result<void> {
        if (!has_lock) return failure{error::malformed, std::string(lock_missing_text)};
        return edit(attributes);
    };
    request.announce = announcer_of(call);
    auto const changed = co_await call.objects.change_attributes(who, std::move(request));
    if (!changed) {
        auto refused = to_s3(changed.error(), subject::object);
        co_return co_await refuse_change(call, *version, std::move(refused));
    }
    auto out = empty_answer();
    set_version_header(out.head, *changed);
    co_return out;
}

// Why an object has nothing to show.
task<s3_failure> why_not_locked(operation_call& call) {
    auto const locked = co_await bucket_is_locked(call);
    if (!locked) co_return locked.error();
    if (!*locked) co_return s3_failure(error_code::invalid_request, std::string(lock_missing_text));
    co_return error_code::no_such_object_lock_configuration;
}

task<s3_result<auth::readable_object>> open_to_show(operation_call& call) {
    auto object = co_await open_version(call);
    if (object) co_return std::move(object);
    auto const version = version_of(call.request);
    if (!version) co_return object.error();
    co_return co_await refuse_change(call, *version, object.error());
}

}  // namespace

task<s3_result<answer>> ops::get_object_lock_configuration(operation_call& call) {
    auto const settings = co_await read_settings(call);
    if (!settings) co_return settings.error();
    if (!settings->lock)
        co_return not_configured(call, error_code::object_lock_configuration_not_found);
    xml_writer out("ObjectLockConfiguration");
    write_object_lock(out, *settings->lock);
    co_return xml_answer(std::move(out));
}

task<s3_result<answer>> ops::put_object_lock_configuration(operation_call& call) {
    auto const document =
        co_await read_document(call, "ObjectLockConfiguration", body_digest::demanded);
    if (!document) co_return document.error();
    auto const lock = object_lock_in(*document);
    if (!lock) co_return lock.error();
    checked_edit const edit = [&](store::bucket_info const& bucket,
                                  bucket_settings& settings) -> s3_result<> {
        if (bucket.versions != store::versioning::enabled)
            return s3_failure(error_code::invalid_bucket_state,
                              "Versioning must be 'Enabled' on the bucket to apply a Object Lock "
                              "configuration");
        settings.lock = *lock;
        return {};
    };
    co_return co_await edit_bucket(call, edit, 200);
}

task<s3_result<answer>> ops::get_object_retention(operation_call& call) {
    auto const object = co_await open_to_show(call);
    if (!object) co_return object.error();
    auto const& attributes = object->stat().attributes;
    if (!attributes.retained) co_return co_await why_not_locked(call);
    xml_writer out("Retention");
    write_retention(out, *attributes.retained);
    co_return xml_answer(std::move(out));
}

task<s3_result<answer>> ops::put_object_retention(operation_call& call) {
    auto const bypass = asks_to_bypass(call.request);
    if (!bypass) co_return bypass.error();
    auto const document = co_await read_document(call, "Retention", body_digest::demanded);
    if (!document) co_return document.error();
    auto const wanted = retention_in(*document);
    if (!wanted) co_return wanted.error();
    auto const now = call.clock.now();
    if (*wanted && (*wanted)->until <= now)
        co_return s3_failure(error_code::invalid_argument,
                             "The retain until date must be in the future!");
    auto who = call.who;
    if (*wanted) describe_retention(name_of((*wanted)->mode), (*wanted)->until, now, who);
    bool may_bypass = false;
    if (*bypass) {
        auto const may = co_await call.objects.may_bypass_retention(
            who, call.request.bucket(), call.request.key());
        if (!may) co_return to_s3(may.error(), subject::object);
        may_bypass = *may;
    }
    // Anybody who may write may retain for longer; all else needs the bypass, and under compliance
    // there is none.
    attributes_edit edit = [retained = *wanted, now,
                            may_bypass](store::object_attributes& attributes) -> result<void> {
        auto& held = attributes.retained;
        bool const extends =
            held && retained && retained->mode == held->mode && retained->until >= held->until;
        bool const binds = held && held->until > now &&
                           (held->mode == store::retention_mode::compliance || !may_bypass);
        if (binds && !extends) return store::locked_failure();
        held = retained;
        return success();
    };
    co_return co_await edit_object(call, who, std::move(edit));
}

task<s3_result<answer>> ops::get_object_legal_hold(operation_call& call) {
    auto const object = co_await open_to_show(call);
    if (!object) co_return object.error();
    auto const& attributes = object->stat().attributes;
    if (!attributes.legal_hold) co_return co_await why_not_locked(call);
    xml_writer out("LegalHold");
    out.element("Status", legal_hold_text(*attributes.legal_hold));
    co_return xml_answer(std::move(out));
}

task<s3_result<answer>> ops::put_object_legal_hold(operation_call& call) {
    auto const document = co_await read_document(call, "LegalHold", body_digest::demanded);
    if (!document) co_return document.error();
    auto const held = legal_hold_in(*document);
    if (!held) co_return held.error();
    auto who = call.who;
    describe_legal_hold(legal_hold_text(*held), who);
    attributes_edit edit = [held = *held](store::object_attributes& attributes) -> result<void> {
        attributes.legal_hold = held;
        return success();
    };
    co_return co_await edit_object(call, who, std::move(edit));
}

}  // namespace sluice::s3
