#include "backend/store/announcements.hpp"
#include "backend/store/journal_advances.hpp"
#include "backend/store/object_verbs.hpp"
#include "backend/store/object_versions.hpp"

namespace sluice::store {
namespace {

struct put_plan {
    bucket_record bucket;
    placement at;
};

result<put_plan> plan_put(index_view const& view, put_object_request const& request) {
    put_plan plan;
    SLUICE_TRY(plan.bucket, find_bucket(view, request.bucket));
    SLUICE_TRY(auto const newest, find_newest(view, plan.bucket, request.key));
    SLUICE_CHECK(check_write(request.when, plan.bucket, request.key, newest));
    SLUICE_TRY(plan.at, place(view, plan.bucket, request.key, newest));
    return plan;
}

}  // namespace

task<result<object_stat>> put_object(engine& store, put_object_request request) {
    SLUICE_CO_CHECK(check_key(store.limits(), request.key));
    change work;
    work.locks = make_locks(store);
    SLUICE_CO_CHECK(
        co_await take_lock(store, work.locks, bucket_lock(request.bucket), lock_mode::shared));
    SLUICE_CO_CHECK(co_await take_lock(store, work.locks, object_lock(request.bucket, request.key),
                                       lock_mode::exclusive));
    auto body = [&](index_view const& view) { return plan_put(view, request); };
    SLUICE_CO_TRY(auto const plan, co_await read_index(store, body));

    object_record record;
    record.stored = request.payload.length();
    record.size = request.size.value_or(record.stored);
    record.modified = store.clock().now();
    record.etag = std::move(request.etag);
    SLUICE_CO_CHECK(apply_rule(request.rule, request.bucket, plan.bucket, record.modified,
                               request.attributes));
    record.attributes = encode(request.attributes);
    if (record.attributes.size() > store.limits().attributes_bytes)
        co_return failure{error::too_large, "limits.attributes_bytes"};
    SLUICE_CO_TRY(auto attached, attach_payload(store, work, std::move(request.payload),
                                                store.limits().record_payload_bytes));
    record.payload = attached.id;
    record.bytes = std::move(attached.bytes);
    payload_references references;
    SLUICE_CO_TRY(auto made, put_version(store, work, plan.bucket.id, request.key, plan.at,
                                         std::move(record), references));
    if (!references.empty()) {
        SLUICE_CO_CHECK(co_await references.settle(store, work));
    }
    SLUICE_CO_CHECK(add_audit(store, work, std::move(request.audit)));
    auto stat = describe(plan.bucket, std::move(request.key), made);
    announcements told(request.announce);
    SLUICE_CO_CHECK(told.add(store, request.bucket, plan.bucket, object_happening::put, stat));
    SLUICE_CO_CHECK(co_await told.attach(store, work));
    if (request.advance) {
        SLUICE_CO_CHECK(co_await advance_journal(store, work, *std::move(request.advance)));
    }
    SLUICE_CO_TRY(stat.changed, co_await commit_change(store, std::move(work)));
    store.metrics().objects_put.fetch_add(1, std::memory_order_relaxed);
    stat.attributes = std::move(request.attributes);
    co_return stat;
}

}  // namespace sluice::store
