#include "backend/store/bucket_lookup.hpp"
#include "backend/store/object_verbs.hpp"
#include "backend/store/payload_references.hpp"

namespace sluice::store {
namespace {

struct delete_plan {
    dataset_id bucket{};
    bool existed = false;
    payload_id payload{};
};

result<delete_plan> plan_delete(index_view const& view, delete_object_request const& request) {
    SLUICE_TRY(auto bucket, find_bucket(view, request.bucket));
    SLUICE_TRY(auto current, find_object(view, bucket.id, request.key));
    // Deleting what is not there succeeds, whatever the conditions say (S3 DeleteObject).
    if (!current) return delete_plan{bucket.id, false, {}};
    if (!request.when.empty()) {
        auto const stat = describe(bucket.id, request.key, object_version{}, *current);
        SLUICE_CHECK(evaluate_write(request.when, &stat));
    }
    return delete_plan{bucket.id, true, current->payload};
}

}  // namespace

task<result<bool>> delete_object(engine& store, delete_object_request request) {
    SLUICE_CO_CHECK(check_key(store.limits(), request.key));
    change work;
    work.locks = make_locks(store);
    SLUICE_CO_CHECK(
        co_await take_lock(store, work.locks, bucket_lock(request.bucket), lock_mode::shared));
    SLUICE_CO_CHECK(co_await take_lock(store, work.locks, object_lock(request.bucket, request.key),
                                       lock_mode::exclusive));
    auto body = [&](index_view const& view) { return plan_delete(view, request); };
    SLUICE_CO_TRY(auto const plan, co_await read_index(store, body));
    SLUICE_CO_CHECK(add_audit(store, work, std::move(request.audit)));
    if (!plan.existed && work.commit->audit_records.empty()) co_return false;
    if (plan.existed)
        work.mutations().erase(kv::family::object,
                               kv::key_space::object(plan.bucket, request.key, object_version{}));
    if (to_underlying(plan.payload) != 0) {
        payload_references references;
        references.drop(plan.payload);
        SLUICE_CO_CHECK(co_await references.settle(store, work));
    }
    SLUICE_CO_CHECK(
        co_await commit_change(store, std::move(work), journal::admission_class::freeing));
    if (plan.existed) store.metrics().objects_deleted.fetch_add(1, std::memory_order_relaxed);
    co_return plan.existed;
}

}  // namespace sluice::store
