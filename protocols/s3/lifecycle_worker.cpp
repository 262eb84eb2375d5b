#include "protocols/s3/lifecycle_worker.hpp"

#include <algorithm>

#include "gateway/core/log.hpp"
#include "gateway/core/timer.hpp"
#include "protocols/s3/model/bucket_settings.hpp"
#include "protocols/s3/ops/object_events.hpp"

namespace sluice::s3 {
namespace {

// The object that was judged, and none that came since.
store::conditions still(store::object_stat const& object) {
    store::conditions when;
    when.if_match = store::etag_match{false, {object.etag}};
    when.if_match_size = object.size;
    when.if_match_last_modified = object.last_modified;
    return when;
}

auth::guarded_objects::removal to_guard(lifecycle_walk::removal const& due) {
    auth::guarded_objects::removal what;
    what.key = due.object.key;
    what.when = still(due.object);
    if (due.verdict == lifecycle_verdict::erase) what.version = due.object.version;
    return what;
}

// Gone, or changed, since it was listed: the next pass sees what is there then.
bool is_overtaken(error code) noexcept {
    return code == error::precondition_failed || code == error::not_found ||
           code == error::conflict;
}

}  // namespace

lifecycle_worker::lifecycle_worker(auth::guard& guard, auth::caller who, wall_clock const& clock,
                                   s3_options const& front, lifecycle_options options)
    : guard_(guard), who_(std::move(who)), clock_(clock), front_(front), options_(options) {
    who_.operation = "LifecycleExpiration";
}

lifecycle_counters lifecycle_worker::counters() const noexcept {
    lifecycle_counters out;
    out.expired = expired_.load(std::memory_order_relaxed);
    out.erased = erased_.load(std::memory_order_relaxed);
    out.aborted = aborted_.load(std::memory_order_relaxed);
    out.refused = refused_.load(std::memory_order_relaxed);
    out.seen = seen_.load(std::memory_order_relaxed);
    out.passes = passes_.load(std::memory_order_relaxed);
    out.last_pass = unix_millis{last_pass_.load(std::memory_order_relaxed)};
    return out;
}

task<void> lifecycle_worker::run() {
    auto wait = std::min(options_.first_wait, options_.interval);
    for (;;) {
        auto const waited = co_await wait_for(wait);
        if (waited.has_error()) co_return;
        auto const done = co_await run_once();
        if (done.has_error() && done.error().code == error::cancelled) co_return;
        if (done.has_error() && news_.is_news("lifecycle", done.error(), clock_.monotonic()))
            SLUICE_LOG(log_level::error, "lifecycle pass incomplete", {"failure", done.error()});
        wait = options_.interval;
    }
}

task<result<void>> lifecycle_worker::run_once() {
    who_.request_id = "lifecycle-" + std::to_string(to_underlying(clock_.now()));
    result<void> outcome = success();
    auth::guarded_buckets::list_request request;
    request.max_buckets = options_.bucket_page;
    for (;;) {
        auto const began = clock_.monotonic();
        auto page = co_await guard_.buckets().visible(who_, request);
        if (page.has_error()) co_return std::move(page).error();
        for (auto& bucket : page->buckets) {
            request.after = bucket.name;
            if (bucket.settings.empty()) continue;
            auto const walked = co_await walk_bucket(std::move(bucket));
            if (walked.has_value()) continue;
            if (walked.error().code == error::cancelled) co_return walked.error();
            outcome = walked.error();
        }
        if (!page->truncated) break;
        SLUICE_CO_CHECK(co_await rest(began));
    }
    last_pass_.store(to_underlying(clock_.now()), std::memory_order_relaxed);
    passes_.fetch_add(1, std::memory_order_relaxed);
    co_return outcome;
}

task<result<void>> lifecycle_worker::walk_bucket(store::bucket_info bucket) {
    SLUICE_CO_TRY(auto const rules, lifecycle_of_settings(bucket.settings));
    auto const scope = scope_of(rules);
    if (scope.objects) {
        SLUICE_CO_CHECK(co_await walk_objects(bucket.name, rules, scope));
    }
    if (scope.uploads) {
        SLUICE_CO_CHECK(co_await walk_uploads(bucket.name, rules, scope));
    }
    co_return success();
}

task<result<void>> lifecycle_worker::walk_objects(std::string bucket, lifecycle_rules const& rules,
                                                  lifecycle_scope const& scope) {
    lifecycle_walk walk(rules, front_.lifecycle_day);
    auth::guarded_objects::list_versions_request request;
    request.bucket = bucket;
    request.prefix = scope.object_prefix;
    request.max_entries = options_.page;
    request.with_attributes = scope.tags;
    for (bool more = true; more;) {
        auto const began = clock_.monotonic();
        auto page = co_await guard_.objects().list_versions(who_, request);
        if (page.has_error() && is_overtaken(page.error().code)) co_return success();
        if (page.has_error()) co_return std::move(page).error();
        std::vector<lifecycle_walk::removal> due;
        seen_.fetch_add(page->versions.size(), std::memory_order_relaxed);
        auto const now = clock_.now();
        for (auto& version : page->versions) walk.take(std::move(version), now, due);
        more = page->truncated;
        if (!more) walk.end(now, due);
        request.key_after = std::move(page->next_key);
        request.version_after = page->next_version;
        if (!due.empty()) {
            SLUICE_CO_CHECK(co_await remove(bucket, std::move(due)));
        }
        SLUICE_CO_CHECK(co_await rest(began));
    }
    co_return success();
}

task<result<void>> lifecycle_worker::remove(std::string bucket,
                                            std::vector<lifecycle_walk::removal> due) {
    std::vector<auth::guarded_objects::removal> items;
    items.reserve(due.size());
    for (auto const& one : due) items.push_back(to_guard(one));
    auto announce = expiry_announcer_of(guard_, who_, front_);
    auto const answers = co_await guard_.objects().remove_many(who_, bucket, std::move(items),
                                                               std::move(announce));
    if (answers.has_error()) co_return answers.error();
    result<void> outcome = success();
    for (std::size_t i = 0; i < due.size(); ++i) {
        auto const& answer = (*answers)[i];
        count(due[i], answer);
        if (answer.has_value() || is_overtaken(answer.error().code)) continue;
        if (answer.error().code != error::permission_denied) outcome = answer.error();
    }
    co_return outcome;
}

void lifecycle_worker::count(lifecycle_walk::removal const& what,
                             auth::guarded<store::deletion> const& outcome) {
    if (outcome.has_error()) {
        if (!is_overtaken(outcome.error().code)) refused_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    if (!outcome->existed && !outcome->removed_marker) return;
    auto& counted = what.verdict == lifecycle_verdict::expire ? expired_ : erased_;
    counted.fetch_add(1, std::memory_order_relaxed);
}

task<result<void>> lifecycle_worker::walk_uploads(std::string bucket, lifecycle_rules const& rules,
                                                  lifecycle_scope const& scope) {
    auth::guarded_uploads::list_request request;
    request.bucket = bucket;
    request.prefix = scope.upload_prefix;
    request.max_entries = options_.page;
    for (bool more = true; more;) {
        auto const began = clock_.monotonic();
        auto page = co_await guard_.uploads().list(who_, request);
        if (page.has_error() && is_overtaken(page.error().code)) co_return success();
        if (page.has_error()) co_return std::move(page).error();
        seen_.fetch_add(page->uploads.size(), std::memory_order_relaxed);
        auto const now = clock_.now();
        for (auto& upload : page->uploads) {
            bool const due =
                ends_upload(rules, upload.key, upload.created, now, front_.lifecycle_day);
            if (!due) continue;
            SLUICE_CO_CHECK(co_await abort(bucket, std::move(upload)));
        }
        more = page->truncated;
        request.key_after = std::move(page->next_key_after);
        request.upload_after = page->next_upload_after;
        SLUICE_CO_CHECK(co_await rest(began));
    }
    co_return success();
}

task<result<void>> lifecycle_worker::abort(std::string bucket, store::upload_info upload) {
    auth::guarded_uploads::name name{std::move(bucket), std::move(upload.key), upload.id};
    auto const aborted = co_await guard_.uploads().abort(who_, std::move(name));
    if (aborted.has_value()) {
        aborted_.fetch_add(1, std::memory_order_relaxed);
        co_return success();
    }
    if (is_overtaken(aborted.error().code)) co_return success();
    refused_.fetch_add(1, std::memory_order_relaxed);
    co_return aborted.error();
}

task<result<void>> lifecycle_worker::rest(monotonic_time since) {
    auto const worked = clock_.monotonic() - since;
    auto const wanted = std::clamp<std::chrono::nanoseconds>(
        worked * options_.rest_factor, options_.least_rest, options_.longest_rest);
    co_return co_await wait_for(wanted);
}

}  // namespace sluice::s3
