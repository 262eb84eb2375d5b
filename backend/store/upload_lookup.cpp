#include "backend/store/upload_lookup.hpp"

#include "gateway/core/cursor.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

lock_name upload_lock(upload_id upload) {
    return {kv::family::object, keys::parts(upload).lower};
}

lock_name part_lock(upload_id upload, std::uint32_t number) {
    return {kv::family::object, keys::part(upload, number)};
}

failure no_such_upload(upload_id upload) {
    return failure{error::not_found, "upload " + std::to_string(to_underlying(upload))};
}

result<found_upload> find_upload_in(index_view const& view, upload_name const& name) {
    SLUICE_TRY(auto bucket, find_bucket(view, name.bucket));
    SLUICE_TRY(auto stored,
               view.get(kv::family::object, keys::upload(bucket.id, name.key, name.id)));
    if (!stored) return no_such_upload(name.id);
    SLUICE_TRY(auto record, decode_upload(*stored));
    return found_upload{bucket.id, std::move(record)};
}

result<upload_info> describe(upload_name const& name, found_upload const& found) {
    upload_info info;
    info.id = name.id;
    info.key = name.key;
    info.bucket = found.bucket;
    info.initiator = found.record.initiator;
    info.created = found.record.created;
    SLUICE_TRY(info.attributes, decode_attributes(found.record.attributes));
    return info;
}

result<stored_parts> read_parts_of(index_view const& view, upload_id upload, std::uint32_t after,
                                   std::size_t most) {
    stored_parts found;
    auto range = keys::parts(upload);
    if (after == ~std::uint32_t{0}) return found;
    range.lower = keys::part(upload, after + 1);
    auto cursor = view.scan(kv::family::object, std::move(range));
    for (; cursor->valid(); cursor->next()) {
        if (found.parts.size() == most) {
            found.more = true;
            break;
        }
        SLUICE_TRY(auto key, keys::parse_part(cursor->key()));
        SLUICE_TRY(auto record, decode_part(cursor->value()));
        found.parts.push_back({key.number, std::move(record)});
    }
    SLUICE_CHECK(cursor->status());
    return found;
}

task<result<void>> lock_upload(engine& store, std::shared_ptr<lock_set> locks,
                               upload_name const& name, lock_mode mode) {
    SLUICE_CO_CHECK(co_await take_lock(store, locks, bucket_lock(name.bucket), lock_mode::shared));
    co_return co_await take_lock(store, locks, upload_lock(name.id), mode);
}

}  // namespace sluice::store
