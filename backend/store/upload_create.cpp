#include "backend/store/id_counters.hpp"
#include "backend/store/object_versions.hpp"
#include "backend/store/upload_lookup.hpp"

namespace sluice::store {

task<result<upload_info>> create_upload(engine& store, create_upload_request request) {
    SLUICE_CO_CHECK(check_key(store.limits(), request.key));
    change work;
    work.locks = make_locks(store);
    SLUICE_CO_CHECK(
        co_await take_lock(store, work.locks, bucket_lock(request.bucket), lock_mode::shared));
    auto body = [&](index_view const& view) { return find_bucket(view, request.bucket); };
    SLUICE_CO_TRY(auto const bucket, co_await read_index(store, body));
    upload_info info;
    SLUICE_CO_TRY(info.id, store.ids().next_upload());
    upload_record record;
    record.initiator = request.initiator;
    record.created = store.clock().now();
    SLUICE_CO_CHECK(apply_rule(request.rule, request.bucket, bucket, record.created,
                               request.attributes));
    record.attributes = encode(request.attributes);
    if (record.attributes.size() > store.limits().attributes_bytes)
        co_return failure{error::too_large, "limits.attributes_bytes"};
    work.mutations().put_stamped(
        kv::family::object, kv::key_space::upload(bucket.id, request.key, info.id), encode(record));
    SLUICE_CO_CHECK(add_audit(store, work, std::move(request.audit)));
    SLUICE_CO_CHECK(co_await commit_change(store, std::move(work)));
    info.key = std::move(request.key);
    info.bucket = bucket.id;
    info.initiator = request.initiator;
    info.created = record.created;
    info.attributes = std::move(request.attributes);
    co_return info;
}

}  // namespace sluice::store
