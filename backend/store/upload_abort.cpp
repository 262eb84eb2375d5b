#include "backend/store/payload_references.hpp"
#include "backend/store/upload_abort.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

task<result<void>> remove_upload(engine& store, change work, upload_name const& name,
                                 dataset_id bucket) {
    auto body = [&](index_view const& view) -> result<payload_references> {
        SLUICE_TRY(auto stored, read_parts_of(view, name.id, 0, store.limits().upload_parts));
        payload_references references;
        for (auto const& part : stored.parts)
            if (to_underlying(part.record.payload) != 0) references.drop(part.record.payload);
        return references;
    };
    SLUICE_CO_TRY(auto const references, co_await read_index(store, body));
    SLUICE_CO_CHECK(co_await references.settle(store, work));
    auto const range = keys::parts(name.id);
    work.mutations().erase_range(kv::family::object, range.lower, range.upper);
    work.mutations().erase(kv::family::object, keys::upload(bucket, name.key, name.id));
    SLUICE_CO_CHECK(
        co_await commit_change(store, std::move(work), journal::admission_class::freeing));
    co_return success();
}

task<result<void>> abort_upload(engine& store, abort_upload_request request) {
    change work;
    work.locks = make_locks(store);
    SLUICE_CO_CHECK(co_await lock_upload(store, work.locks, request.upload, lock_mode::exclusive));
    auto body = [&](index_view const& view) { return find_upload_in(view, request.upload); };
    SLUICE_CO_TRY(auto const found, co_await read_index(store, body));
    SLUICE_CO_CHECK(add_audit(store, work, std::move(request.audit)));
    co_return co_await remove_upload(store, std::move(work), request.upload, found.bucket);
}

}  // namespace sluice::store
