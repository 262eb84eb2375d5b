#include "backend/store/bucket_lookup.hpp"
#include "backend/store/object_verbs.hpp"
#include "backend/store/payload_references.hpp"

namespace sluice::store {
namespace {

struct put_plan {
    dataset_id bucket{};
    payload_id replaced{};      // 0: nothing, or bytes in the record
};

result<put_plan> plan_put(index_view const& view, put_object_request const& request) {
    SLUICE_TRY(auto bucket, find_bucket(view, request.bucket));
    SLUICE_TRY(auto current, find_object(view, bucket.id, request.key));
    if (!request.when.empty()) {
        std::optional<object_stat> stat;
        if (current) stat = describe(bucket.id, request.key, object_version{}, *current);
        SLUICE_CHECK(evaluate_write(request.when, stat ? &*stat : nullptr));
    }
    return put_plan{bucket.id, current ? current->payload : payload_id{}};
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
    record.size = request.payload.length();
    record.modified = store.clock().now();
    record.etag = std::move(request.etag);
    record.attributes = encode(request.attributes);
    if (record.attributes.size() > store.limits().attributes_bytes)
        co_return failure{error::too_large, "limits.attributes_bytes"};
    SLUICE_CO_TRY(auto attached, attach_payload(store, work, std::move(request.payload),
                                                store.limits().record_payload_bytes));
    record.payload = attached.id;
    record.bytes = std::move(attached.bytes);
    if (to_underlying(plan.replaced) != 0) {
        payload_references references;
        references.drop(plan.replaced);
        SLUICE_CO_CHECK(co_await references.settle(store, work));
    }
    work.mutations().put_stamped(kv::family::object,
                                 kv::key_space::object(plan.bucket, request.key, object_version{}),
                                 encode(record));
    SLUICE_CO_CHECK(add_audit(store, work, std::move(request.audit)));
    SLUICE_CO_TRY(record.changed, co_await commit_change(store, std::move(work)));
    store.metrics().objects_put.fetch_add(1, std::memory_order_relaxed);
    auto stat = describe(plan.bucket, std::move(request.key), object_version{}, record);
    stat.attributes = std::move(request.attributes);
    co_return stat;
}

}  // namespace sluice::store
