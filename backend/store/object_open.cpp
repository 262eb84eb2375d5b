#include "backend/store/object_verbs.hpp"
#include "backend/store/object_versions.hpp"
#include "backend/store/payload_reader_access.hpp"
#include "backend/store/payload_walk.hpp"

namespace sluice::store {

class opened_object::implementation {
public:
    engine& store;
    std::shared_ptr<void> use;  // keeps the engine from stopping; goes after the payload
    object_stat stat;
    bucket_info bucket;
    std::uint64_t stored = 0;
    std::shared_ptr<opened_payload const> payload;   // shared with the readers given out
};

opened_object::opened_object() = default;
opened_object::opened_object(std::shared_ptr<implementation const> opened)
    : implementation_(std::move(opened)) {}

object_stat const& opened_object::stat() const noexcept {
    return implementation_->stat;
}

bucket_info const& opened_object::bucket() const noexcept {
    return implementation_->bucket;
}

std::uint64_t opened_object::stored_bytes() const noexcept {
    return implementation_->stored;
}

task<result<payload_reader>> opened_object::read() const {
    byte_range const whole{0, implementation_->stored};
    co_return co_await read(whole);
}

task<result<payload_reader>> opened_object::read(byte_range range) const {
    auto const size = implementation_->stored;
    if (range.offset > size || range.length > size - range.offset)
        co_return failure{error::out_of_range, "past the end of the object"};
    co_return make_payload_reader(implementation_->store, implementation_->payload, range);
}

namespace {

result<std::vector<object_part>> read_parts(index_view const& view, payload_id payload) {
    std::vector<object_part> parts;
    auto cursor = view.scan(kv::family::payload, kv::key_space::extents(payload));
    for (; cursor->valid(); cursor->next()) {
        SLUICE_TRY(auto key, kv::key_space::parse_extent(cursor->key()));
        SLUICE_TRY(auto extent, decode_extent(cursor->value()));
        if (extent.kind != payload_kind::composed)
            return failure{error::corrupt, "a part is not composed"};
        parts.push_back(
            {extent.part.number, key.offset, extent.part.length, std::move(extent.part.checksums)});
    }
    SLUICE_CHECK(cursor->status());
    return parts;
}

}  // namespace

task<result<std::vector<object_part>>> opened_object::parts() const {
    auto const kept = implementation_;
    if (kept->stat.part_count == 0 || to_underlying(kept->payload->id) == 0)
        co_return std::vector<object_part>{};
    auto body = [&](index_view const& view) { return read_parts(view, kept->payload->id); };
    co_return co_await read_index(kept->store, body);
}

result<opened_object> open_object_in(engine& store, index_view const& view,
                                     open_object_request const& request) {
    SLUICE_TRY(auto bucket, find_bucket(view, request.bucket));
    SLUICE_TRY(auto found, find_version(view, bucket, request.key, request.version));
    if (!found || (found->record.is_delete_marker && !request.opens_delete_markers))
        return no_such_object(request.key);
    SLUICE_TRY(auto stat, describe_fully(bucket, request.key, *found));
    auto* const record = &found->record;
    std::shared_ptr<opened_payload const> payload;
    if (to_underlying(record->payload) == 0) {
        payload = open_record_bytes(std::move(record->bytes));
    } else {
        SLUICE_TRY(payload, open_payload(store, view, record->payload, record->stored));
    }
    // Shared by the opened_object and its copies.
    return opened_object(std::make_shared<opened_object::implementation>(
        opened_object::implementation{store, store.use(), std::move(stat),
                                      describe(request.bucket, std::move(bucket)),
                                      record->stored, std::move(payload)}));
}

task<result<opened_object>> open_object(engine& store, open_object_request request) {
    auto body = [&](index_view const& view) { return open_object_in(store, view, request); };
    for (;;) {
        auto opened = co_await read_index(store, body);
        // The object was replaced since the snapshot was taken, and its payload is going: the next
        // snapshot shows it.
        if (!opened && opened.error().code == error::conflict) continue;
        if (opened) store.metrics().objects_opened.fetch_add(1, std::memory_order_relaxed);
        co_return opened;
    }
}

}  // namespace sluice::store
