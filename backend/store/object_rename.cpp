#include "backend/store/announcements.hpp"
#include "backend/store/object_verbs.hpp"
#include "backend/store/object_versions.hpp"

namespace sluice::store {
namespace {

struct rename_plan {
    bucket_record bucket;
    stored_version source;
    std::optional<stored_version> target;     // goes
};

result<rename_plan> plan_rename(index_view const& view, rename_object_request const& request) {
    rename_plan plan;
    SLUICE_TRY(plan.bucket, find_bucket(view, request.bucket));
    if (plan.bucket.versions != versioning::never)
        return failure{error::unsupported, "a bucket that keeps or kept versions renames nothing"};
    SLUICE_TRY(auto source, find_newest(view, plan.bucket, request.source_key));
    if (!source) return no_such_object(request.source_key);
    auto const stat = describe(plan.bucket, request.source_key, *source);
    if (evaluate_read(request.source_when, stat) != read_verdict::proceed)
        return failure{error::precondition_failed, "rename source"};
    plan.source = std::move(*source);
    SLUICE_TRY(plan.target, find_newest(view, plan.bucket, request.key));
    SLUICE_CHECK(check_write(request.when, plan.bucket, request.key, plan.target));
    return plan;
}

// In order of their names, so that two in opposite directions do not meet.
task<result<void>> lock_both(engine& store, std::shared_ptr<lock_set> locks,
                             rename_object_request const& request) {
    SLUICE_CO_CHECK(
        co_await take_lock(store, locks, bucket_lock(request.bucket), lock_mode::shared));
    auto first = object_lock(request.bucket, request.source_key);
    auto second = object_lock(request.bucket, request.key);
    if (second.bytes < first.bytes) std::swap(first, second);
    SLUICE_CO_CHECK(co_await take_lock(store, locks, first, lock_mode::exclusive));
    co_return co_await take_lock(store, locks, second, lock_mode::exclusive);
}

}  // namespace

task<result<object_stat>> rename_object(engine& store, rename_object_request request) {
    SLUICE_CO_CHECK(check_key(store.limits(), request.key));
    SLUICE_CO_CHECK(check_key(store.limits(), request.source_key));
    if (request.key == request.source_key)
        co_return failure{error::invalid_argument, "an object is renamed to another key"};
    change work;
    work.locks = make_locks(store);
    SLUICE_CO_CHECK(co_await lock_both(store, work.locks, request));
    auto body = [&](index_view const& view) { return plan_rename(view, request); };
    SLUICE_CO_TRY(auto plan, co_await read_index(store, body));

    auto record = plan.source.record;
    if (request.rule) {
        SLUICE_CO_TRY(auto attributes, decode_attributes(record.attributes));
        SLUICE_CO_CHECK(apply_rule(request.rule, request.bucket, plan.bucket,
                                   store.clock().now(), attributes));
        record.attributes = encode(attributes);
        if (record.attributes.size() > store.limits().attributes_bytes)
            co_return failure{error::too_large, "limits.attributes_bytes"};
    }
    // The payload's one reference goes along with the record.
    work.mutations().erase(kv::family::object,
                           kv::key_space::object(plan.bucket.id, request.source_key, {}));
    payload_references references;
    placement at;
    at.replaced = std::move(plan.target);
    SLUICE_CO_TRY(auto const made, put_version(store, work, plan.bucket.id, request.key, at,
                                               std::move(record), references));
    if (!references.empty()) {
        SLUICE_CO_CHECK(co_await references.settle(store, work));
    }
    SLUICE_CO_CHECK(add_audit(store, work, std::move(request.audit)));
    SLUICE_CO_TRY(auto stat, describe_fully(plan.bucket, request.key, made));
    auto const gone = describe(plan.bucket, request.source_key, plan.source);
    announcements told(request.announce);
    SLUICE_CO_CHECK(told.add(store, request.bucket, plan.bucket, object_happening::removed, gone));
    SLUICE_CO_CHECK(told.add(store, request.bucket, plan.bucket, object_happening::put, stat));
    SLUICE_CO_CHECK(co_await told.attach(store, work));
    SLUICE_CO_TRY(stat.changed, co_await commit_change(store, std::move(work)));
    co_return stat;
}

}  // namespace sluice::store
