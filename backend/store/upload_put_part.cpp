#include "backend/store/payload_references.hpp"
#include "backend/store/upload_lookup.hpp"

namespace sluice::store {
namespace {

// The payload of the part that is replaced; 0: none.
result<payload_id> plan_part(index_view const& view, put_part_request const& request) {
    SLUICE_CHECK(find_upload_in(view, request.upload));
    SLUICE_TRY(auto stored, view.get(kv::family::object,
                                     kv::key_space::part(request.upload.id, request.number)));
    if (!stored) return payload_id{};
    SLUICE_TRY(auto record, decode_part(*stored));
    return record.payload;
}

}  // namespace

task<result<part_info>> put_part(engine& store, put_part_request request) {
    if (request.number < 1 || request.number > store.limits().upload_parts)
        co_return failure{error::invalid_argument, "part number outside 1 .. limits.s3_upload_parts"};
    change work;
    work.locks = make_locks(store);
    SLUICE_CO_CHECK(co_await lock_upload(store, work.locks, request.upload, lock_mode::shared));
    SLUICE_CO_CHECK(co_await take_lock(
        store, work.locks, part_lock(request.upload.id, request.number), lock_mode::exclusive));
    auto body = [&](index_view const& view) { return plan_part(view, request); };
    SLUICE_CO_TRY(auto const replaced, co_await read_index(store, body));

    part_record record;
    record.stored = request.payload.length();
    record.size = request.size.value_or(record.stored);
    record.modified = store.clock().now();
    record.etag = std::move(request.etag);
    record.checksums = std::move(request.checksums);
    SLUICE_CO_TRY(auto attached, attach_payload(store, work, std::move(request.payload), 0));
    record.payload = attached.id;
    if (to_underlying(replaced) != 0) {
        payload_references references;
        references.drop(replaced);
        SLUICE_CO_CHECK(co_await references.settle(store, work));
    }
    work.mutations().put_stamped(
        kv::family::object, kv::key_space::part(request.upload.id, request.number), encode(record));
    SLUICE_CO_CHECK(add_audit(store, work, std::move(request.audit)));
    SLUICE_CO_CHECK(co_await commit_change(store, std::move(work)));
    co_return describe(request.number, std::move(record));
}

}  // namespace sluice::store
