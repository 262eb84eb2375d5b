#include "backend/store/object_verbs.hpp"
#include "backend/store/object_versions.hpp"

namespace sluice::store {
namespace {

struct delete_plan {
    bucket_record bucket;
    removal what;
};

result<delete_plan> plan_delete(index_view const& view, delete_object_request const& request,
                                unix_millis now) {
    delete_plan plan;
    SLUICE_TRY(plan.bucket, find_bucket(view, request.bucket));
    removal_terms const terms{request.when, now, request.bypasses_governance, &request.check};
    SLUICE_TRY(plan.what, plan_removal(view, plan.bucket, request.key, request.version, terms));
    return plan;
}

}  // namespace

task<result<deletion>> delete_object(engine& store, delete_object_request request) {
    SLUICE_CO_CHECK(check_key(store.limits(), request.key));
    change work;
    work.locks = make_locks(store);
    SLUICE_CO_CHECK(
        co_await take_lock(store, work.locks, bucket_lock(request.bucket), lock_mode::shared));
    SLUICE_CO_CHECK(co_await take_lock(store, work.locks, object_lock(request.bucket, request.key),
                                       lock_mode::exclusive));
    auto const now = store.clock().now();
    auto body = [&](index_view const& view) { return plan_delete(view, request, now); };
    SLUICE_CO_TRY(auto const plan, co_await read_index(store, body));
    SLUICE_CO_CHECK(add_audit(store, work, std::move(request.audit)));
    payload_references references;
    announcements told(request.announce);
    removal_place const at{request.bucket, plan.bucket, request.key};
    SLUICE_CO_TRY(auto const done, carry_out(store, work, at, plan.what, references, told));
    if (!references.empty()) {
        SLUICE_CO_CHECK(co_await references.settle(store, work));
    }
    auto const admission = done.marker || !told.empty() ? journal::admission_class::ordinary
                                                        : journal::admission_class::freeing;
    SLUICE_CO_CHECK(co_await told.attach(store, work));
    if (work.mutations().empty() && work.commit->audit_records.empty()) co_return done;
    SLUICE_CO_CHECK(co_await commit_change(store, std::move(work), admission));
    if (done.existed) store.metrics().objects_deleted.fetch_add(1, std::memory_order_relaxed);
    co_return done;
}

}  // namespace sluice::store
