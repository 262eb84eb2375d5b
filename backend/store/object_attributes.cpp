#include "backend/store/announcements.hpp"
#include "backend/store/object_verbs.hpp"
#include "backend/store/object_versions.hpp"

namespace sluice::store {
namespace {

struct attributes_plan {
    bucket_record bucket;
    stored_version found;
};

result<attributes_plan> plan_change(index_view const& view,
                                    change_attributes_request const& request) {
    attributes_plan plan;
    SLUICE_TRY(plan.bucket, find_bucket(view, request.bucket));
    SLUICE_TRY(auto found, find_version(view, plan.bucket, request.key, request.version));
    if (!found || found->record.is_delete_marker) return no_such_object(request.key);
    plan.found = std::move(*found);
    return plan;
}

}  // namespace

task<result<object_stat>> change_attributes(engine& store, change_attributes_request request) {
    SLUICE_CO_CHECK(check_key(store.limits(), request.key));
    change work;
    work.locks = make_locks(store);
    SLUICE_CO_CHECK(
        co_await take_lock(store, work.locks, bucket_lock(request.bucket), lock_mode::shared));
    SLUICE_CO_CHECK(co_await take_lock(store, work.locks, object_lock(request.bucket, request.key),
                                       lock_mode::exclusive));
    auto body = [&](index_view const& view) { return plan_change(view, request); };
    SLUICE_CO_TRY(auto plan, co_await read_index(store, body));
    auto& record = plan.found.record;
    SLUICE_CO_TRY(auto attributes, decode_attributes(record.attributes));
    SLUICE_CO_CHECK(request.change(attributes));
    record.attributes = encode(attributes);
    if (record.attributes.size() > store.limits().attributes_bytes)
        co_return failure{error::too_large, "limits.attributes_bytes"};
    work.mutations().put_stamped(
        kv::family::object,
        kv::key_space::object(plan.bucket.id, request.key, plan.found.number), encode(record));
    SLUICE_CO_CHECK(add_audit(store, work, std::move(request.audit)));
    SLUICE_CO_TRY(auto const stat,
                  describe_fully(plan.bucket, std::string(request.key), plan.found));
    announcements told(request.announce);
    SLUICE_CO_CHECK(
        told.add(store, request.bucket, plan.bucket, object_happening::changed, stat));
    SLUICE_CO_CHECK(co_await told.attach(store, work));
    SLUICE_CO_TRY(record.changed, co_await commit_change(store, std::move(work)));
    co_return describe_fully(plan.bucket, std::move(request.key), plan.found);
}

}  // namespace sluice::store
