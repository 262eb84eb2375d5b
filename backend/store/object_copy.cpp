#include "backend/store/announcements.hpp"
#include "backend/store/object_verbs.hpp"
#include "backend/store/object_versions.hpp"

namespace sluice::store {
namespace {

struct copy_plan {
    bucket_record bucket;
    object_record source;
    object_stat source_stat;             // with attributes, where the request adapts the copy
    std::optional<object_version> source_version;
    placement at;
};

result<copy_plan> plan_copy(index_view const& view, copy_object_request const& request) {
    copy_plan plan;
    SLUICE_TRY(auto source_bucket, find_bucket(view, request.source_bucket));
    SLUICE_TRY(plan.bucket, find_bucket(view, request.bucket));
    SLUICE_TRY(auto source,
               find_version(view, source_bucket, request.source_key, request.source_version));
    if (!source || source->record.is_delete_marker) return no_such_object(request.source_key);
    auto const source_stat = describe(source_bucket, request.source_key, *source);
    if (evaluate_read(request.source_when, source_stat) != read_verdict::proceed)
        return failure{error::precondition_failed, "copy source"};
    if (source_stat.is_versioned) plan.source_version = source_stat.version;
    if (request.adapt) {
        SLUICE_TRY(plan.source_stat, describe_fully(source_bucket, request.source_key, *source));
    }
    plan.source = std::move(source->record);
    SLUICE_TRY(auto const newest, find_newest(view, plan.bucket, request.key));
    SLUICE_CHECK(check_write(request.when, plan.bucket, request.key, newest));
    SLUICE_TRY(plan.at, place(view, plan.bucket, request.key, newest));
    return plan;
}

// In order of their names, so that two copies in opposite directions do not meet; once when it is
// the same one.
task<result<void>> lock_both(engine& store, std::shared_ptr<lock_set> locks,
                             copy_object_request const& request) {
    SLUICE_CO_CHECK(
        co_await take_lock(store, locks, bucket_lock(request.source_bucket), lock_mode::shared));
    SLUICE_CO_CHECK(
        co_await take_lock(store, locks, bucket_lock(request.bucket), lock_mode::shared));
    auto const source = object_lock(request.source_bucket, request.source_key);
    auto const target = object_lock(request.bucket, request.key);
    if (source.bytes == target.bytes)
        co_return co_await take_lock(store, locks, target, lock_mode::exclusive);
    bool const source_first = source.bytes < target.bytes;
    auto const& first = source_first ? source : target;
    auto const& second = source_first ? target : source;
    SLUICE_CO_CHECK(co_await take_lock(store, locks, first,
                                       source_first ? lock_mode::shared : lock_mode::exclusive));
    co_return co_await take_lock(store, locks, second,
                                 source_first ? lock_mode::exclusive : lock_mode::shared);
}

}  // namespace

task<result<object_stat>> copy_object(engine& store, copy_object_request request) {
    SLUICE_CO_CHECK(check_key(store.limits(), request.key));
    change work;
    work.locks = make_locks(store);
    SLUICE_CO_CHECK(co_await lock_both(store, work.locks, request));
    auto body = [&](index_view const& view) { return plan_copy(view, request); };
    SLUICE_CO_TRY(auto plan, co_await read_index(store, body));

    auto record = std::move(plan.source);
    record.modified = store.clock().now();
    record.upload = {};
    if (request.etag) record.etag = std::move(*request.etag);
    if ((request.adapt || request.rule) && !request.attributes)
        request.attributes = plan.source_stat.attributes;
    if (request.adapt) {
        SLUICE_CO_CHECK(request.adapt(plan.source_stat, *request.attributes, record.etag));
    }
    if (request.attributes) {
        SLUICE_CO_CHECK(apply_rule(request.rule, request.bucket, plan.bucket, record.modified,
                                   *request.attributes));
        record.attributes = encode(*request.attributes);
    }
    if (record.attributes.size() > store.limits().attributes_bytes)
        co_return failure{error::too_large, "limits.attributes_bytes"};
    payload_references references;
    if (to_underlying(record.payload) != 0) references.add(record.payload);
    SLUICE_CO_TRY(auto made, put_version(store, work, plan.bucket.id, request.key, plan.at,
                                         std::move(record), references));
    if (!references.empty()) {
        SLUICE_CO_CHECK(co_await references.settle(store, work));
    }
    SLUICE_CO_CHECK(add_audit(store, work, std::move(request.audit)));
    SLUICE_CO_TRY(auto stat, describe_fully(plan.bucket, std::move(request.key), made));
    stat.copied_from = plan.source_version;
    announcements told(request.announce);
    SLUICE_CO_CHECK(told.add(store, request.bucket, plan.bucket, object_happening::put, stat));
    SLUICE_CO_CHECK(co_await told.attach(store, work));
    SLUICE_CO_TRY(stat.changed, co_await commit_change(store, std::move(work)));
    store.metrics().objects_put.fetch_add(1, std::memory_order_relaxed);
    co_return stat;
}

}  // namespace sluice::store
