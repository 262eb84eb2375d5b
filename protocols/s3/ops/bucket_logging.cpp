// GetBucketLogging, PutBucketLogging; what is logged is in access_log_writer.hpp and, for journals, in
// journal_writer.hpp.
#include "protocols/s3/ops/bucket_edit.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/wire/logging_document.hpp"

namespace sluice::s3 {
namespace {

s3_failure bad_target(access_log_target const& target, std::string message) {
    return s3_failure(error_code::invalid_target_bucket_for_logging, std::move(message))
        .detail("TargetBucket", target.bucket);
}

// The server will write there in nobody's name: whoever sets it up must be able to, and both buckets
// must be one owner's.
task<s3_result<>> check_target(operation_call& call, access_log_target const& target) {
    auto const source = co_await call.buckets.head(call.who, call.request.bucket());
    if (!source) co_return to_s3(source.error(), subject::bucket);
    auto const into = co_await call.buckets.head(call.who, target.bucket);
    if (!into && into.error().code == error::not_found)
        co_return bad_target(target, "The target bucket for logging does not exist");
    if (!into && into.error().code != error::permission_denied)
        co_return to_s3(into.error(), subject::bucket);
    if (!into || into->owner != source->owner)
        co_return bad_target(target,
                             "The owner for the bucket to be logged and the target bucket must be "
                             "the same.");
    auto const settings = decode_bucket_settings(into->settings);
    if (settings.has_error()) co_return to_s3(settings.error(), subject::bucket);
    // As Ceph has it. Of requests S3 allows both.
    if (target.is_journal() && target.bucket == call.request.bucket())
        co_return bad_target(target, "A bucket cannot hold its own journal");
    if (target.is_journal() && settings->access_log)
        co_return bad_target(target, "A bucket with logging enabled cannot be the target of a journal");
    // As S3 has it: what nobody can delete before its time is no place for what comes by itself.
    if (settings->lock && settings->lock->rule)
        co_return bad_target(target,
                             "A bucket with a default retention cannot be the target of logging");
    auto const allowed =
        co_await call.buckets.confirm(call.who, target.bucket, target.prefix + "access-log");
    if (allowed) co_return s3_result<>{};
    if (allowed.error().code != error::permission_denied)
        co_return to_s3(allowed.error(), subject::bucket);
    co_return bad_target(target, "You must be allowed to write to the target bucket");
}

}  // namespace

task<s3_result<answer>> ops::get_bucket_logging(operation_call& call) {
    auto const settings = co_await read_settings(call);
    if (!settings) co_return settings.error();
    xml_writer out("BucketLoggingStatus");
    if (settings->access_log) write_access_log(out, *settings->access_log);
    co_return xml_answer(std::move(out));
}

task<s3_result<answer>> ops::put_bucket_logging(operation_call& call) {
    auto const document =
        co_await read_document(call, "BucketLoggingStatus", body_digest::optional);
    if (!document) co_return document.error();
    auto const target = access_log_in(*document);
    if (!target) co_return target.error();
    if (*target) {
        auto const fine = co_await check_target(call, **target);
        if (!fine) co_return fine.error();
    }
    bool const has_journal = *target && (*target)->is_journal();
    if (has_journal) {
        auto const kept = co_await call.logs.keep_journal(call.who, call.request.bucket());
        if (!kept) co_return to_s3(kept.error(), subject::bucket);
    }
    settings_edit const edit = [&](bucket_settings& settings) { settings.access_log = *target; };
    auto done = co_await edit_settings(call, edit, 200);
    if (!done || !has_journal) co_return done;
    // Should another bucket of this name have come between.
    auto const kept = co_await call.logs.keep_journal(call.who, call.request.bucket());
    if (!kept) co_return to_s3(kept.error(), subject::bucket);
    co_return done;
}

}  // namespace sluice::s3
