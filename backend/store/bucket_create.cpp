#include "backend/store/bucket_lookup.hpp"
#include "backend/store/bucket_verbs.hpp"
#include "backend/store/id_counters.hpp"

namespace sluice::store {

task<result<bucket_info>> create_bucket(engine& store, create_bucket_request request) {
    if (request.name.empty()) co_return failure{error::invalid_argument, "a bucket name is empty"};
    if (request.name.size() > store.limits().bucket_name_bytes ||
        request.name.find('/') != std::string::npos)
        co_return failure{error::too_large, "limits.bucket_name_bytes"};
    change work;
    work.locks = make_locks(store);
    SLUICE_CO_CHECK(
        co_await take_lock(store, work.locks, bucket_lock(request.name), lock_mode::exclusive));
    auto body = [&](index_view const& view) -> result<bool> {
        SLUICE_TRY(auto stored, view.get(kv::family::meta, kv::key_space::bucket(request.name)));
        return stored.has_value();
    };
    SLUICE_CO_TRY(bool const taken, co_await read_index(store, body));
    if (taken) co_return failure{error::already_exists, "bucket '" + request.name + "'"};

    bucket_record record;
    SLUICE_CO_TRY(record.id, store.ids().next_dataset());
    record.owner = request.owner;
    record.created = store.clock().now();
    record.settings = std::move(request.settings);
    record.versions = request.versions;
    record.access = std::move(request.access);
    work.mutations().put_stamped(kv::family::meta, kv::key_space::bucket(request.name),
                                 encode(record));
    SLUICE_CO_CHECK(add_audit(store, work, std::move(request.audit)));
    SLUICE_CO_TRY(record.changed, co_await commit_change(store, std::move(work)));
    co_return describe(std::move(request.name), std::move(record));
}

}  // namespace sluice::store
