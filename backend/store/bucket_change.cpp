#include <algorithm>

#include "backend/store/bucket_lookup.hpp"
#include "backend/store/bucket_verbs.hpp"

namespace sluice::store {

task<result<bucket_info>> change_bucket_settings(engine& store, change_bucket_request request) {
    auto const access_bytes = request.access ? request.access->size() : 0;
    if (std::max(request.settings.size(), access_bytes) > store.limits().record_bytes)
        co_return failure{error::too_large, "limits.record_bytes"};
    change work;
    work.locks = make_locks(store);
    SLUICE_CO_CHECK(
        co_await take_lock(store, work.locks, bucket_lock(request.name), lock_mode::exclusive));
    auto body = [&](index_view const& view) { return find_bucket(view, request.name); };
    SLUICE_CO_TRY(auto record, co_await read_index(store, body));
    if (request.expected && record.changed != *request.expected)
        co_return failure{error::conflict, "bucket '" + request.name + "' was changed meanwhile"};
    record.settings = std::move(request.settings);
    if (request.access) record.access = std::move(*request.access);
    work.mutations().put_stamped(kv::family::meta, kv::key_space::bucket(request.name),
                                 encode(record));
    SLUICE_CO_CHECK(add_audit(store, work, std::move(request.audit)));
    SLUICE_CO_TRY(record.changed, co_await commit_change(store, std::move(work)));
    co_return describe(std::move(request.name), std::move(record));
}

}  // namespace sluice::store
