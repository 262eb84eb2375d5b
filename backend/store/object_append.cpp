// An object that grows: its bytes become a composed payload, whose pieces are what was there and
// what each append brought. While the object is the only one that refers to it the payload takes
// another piece at its end (0005-store.md, "Payloads"): an append costs the same however many came
// before.
#include <algorithm>

#include "backend/store/announcements.hpp"
#include "backend/store/id_counters.hpp"
#include "backend/store/object_verbs.hpp"
#include "backend/store/object_versions.hpp"
#include "backend/store/payload_records.hpp"

namespace sluice::store {
namespace {

namespace keys = kv::key_space;

// Of a payload that others refer to as well and whose pieces the new one takes over: bounds the
// commit and the locks that are held for it.
constexpr std::size_t pieces_taken_over = 4'000;

struct append_plan {
    bucket_record bucket;
    std::optional<stored_version> current;
};

result<append_plan> plan_append(index_view const& view, append_object_request const& request) {
    append_plan plan;
    SLUICE_TRY(plan.bucket, find_bucket(view, request.bucket));
    if (plan.bucket.versions != versioning::never)
        return failure{error::unsupported, "in a bucket that keeps or kept versions nothing grows"};
    SLUICE_TRY(plan.current, find_newest(view, plan.bucket, request.key));
    SLUICE_CHECK(check_write(request.when, plan.bucket, request.key, plan.current));
    auto const size = plan.current ? plan.current->record.size : 0;
    if (request.offset != size)
        return failure{error::out_of_range, "the object has " + std::to_string(size) + " bytes"};
    return plan;
}

// A composed payload that is being put together.
struct composition {
    payload_id id{};
    payload_head head;
    std::vector<part_extent> taken_over;      // each gains a reference
};

void add_piece(change& work, composition& into, payload_id piece, std::uint64_t length,
               std::vector<object_checksum> checksums = {}) {
    part_extent extent;
    extent.payload = piece;
    extent.length = length;
    extent.number = static_cast<std::uint32_t>(into.head.extents + 1);
    extent.checksums = std::move(checksums);
    work.mutations().put(kv::family::payload, keys::extent(into.id, into.head.length),
                         encode(extent));
    into.head.length += length;
    ++into.head.extents;
}

// How the payload that holds the object's bytes can take more.
result<composition> look_at(index_view const& view, payload_id payload, std::uint64_t most) {
    auto const key = keys::payload_head(payload);
    SLUICE_TRY(auto const stored, view.get(kv::family::payload, key));
    if (!stored) return failure{error::corrupt, keys::describe(key) + " is missing"};
    composition found;
    found.id = payload;
    SLUICE_TRY(found.head, decode_payload_head(*stored));
    if (found.head.kind == payload_kind::frames) return found;
    bool const shared = found.head.references != 1;
    if (found.head.extents >= (shared ? std::min<std::uint64_t>(most, pieces_taken_over) : most))
        return failure{error::too_large, "an object of too many pieces"};
    if (!shared) return found;
    auto cursor = view.scan(kv::family::payload, keys::extents(payload));
    for (; cursor->valid(); cursor->next()) {
        SLUICE_TRY(auto extent, decode_extent(cursor->value()));
        found.taken_over.push_back(std::move(extent.part));
    }
    SLUICE_CHECK(cursor->status());
    return found;
}

// What is there, ready to take one more piece. The lock of its payload is held until the commit.
task<result<composition>> open_composition(engine& store, change& work, object_record& current,
                                           payload_references& references) {
    composition made;
    made.head.kind = payload_kind::composed;
    made.head.length = 0;
    made.head.extents = 0;
    if (to_underlying(current.payload) == 0) {
        SLUICE_CO_TRY(made.id, store.ids().next_payload());
        if (current.size == 0) co_return made;
        auto bytes = small_payload(std::move(current.bytes));
        SLUICE_CO_TRY(auto const attached, attach_payload(store, work, std::move(bytes), 0));
        add_piece(work, made, attached.id, current.size);
        co_return made;
    }
    auto const payload = current.payload;
    SLUICE_CO_CHECK(
        co_await take_lock(store, work.locks, payload_lock(payload), lock_mode::exclusive));
    auto const most = store.limits().upload_parts;
    auto body = [&](index_view const& view) { return look_at(view, payload, most); };
    SLUICE_CO_TRY(auto found, co_await read_index(store, body));
    bool const grows = found.head.kind == payload_kind::composed && found.taken_over.empty();
    if (grows) co_return found;
    SLUICE_CO_TRY(made.id, store.ids().next_payload());
    if (found.head.kind == payload_kind::frames) {
        // The object's reference becomes the new payload's.
        add_piece(work, made, payload, found.head.length);
        co_return made;
    }
    for (auto& part : found.taken_over) {
        references.add(part.payload);
        add_piece(work, made, part.payload, part.length, std::move(part.checksums));
    }
    references.drop(payload);
    co_return made;
}

// The bytes that the object has then, and what its record says of them.
task<result<void>> put_bytes(engine& store, change& work, append_object_request& request,
                             append_plan& plan, object_record& record,
                             payload_references& references) {
    auto const length = request.payload.length();
    record.size = request.offset + length;
    record.stored = record.size;
    if (request.offset == 0) {
        SLUICE_CO_TRY(auto attached, attach_payload(store, work, std::move(request.payload),
                                                    store.limits().record_payload_bytes));
        record.payload = attached.id;
        record.bytes = std::move(attached.bytes);
        co_return success();
    }
    auto& current = plan.current->record;
    if (length == 0) {
        record.payload = current.payload;
        record.bytes = std::move(current.bytes);
        co_return success();
    }
    SLUICE_CO_TRY(auto grown, co_await open_composition(store, work, current, references));
    SLUICE_CO_TRY(auto const attached, attach_payload(store, work, std::move(request.payload), 0));
    add_piece(work, grown, attached.id, length);
    work.mutations().put(kv::family::payload, keys::payload_head(grown.id), encode(grown.head));
    record.payload = grown.id;
    co_return success();
}

}  // namespace

task<result<object_stat>> append_object(engine& store, append_object_request request) {
    SLUICE_CO_CHECK(check_key(store.limits(), request.key));
    change work;
    work.locks = make_locks(store);
    SLUICE_CO_CHECK(
        co_await take_lock(store, work.locks, bucket_lock(request.bucket), lock_mode::shared));
    SLUICE_CO_CHECK(co_await take_lock(store, work.locks, object_lock(request.bucket, request.key),
                                       lock_mode::exclusive));
    auto body = [&](index_view const& view) { return plan_append(view, request); };
    SLUICE_CO_TRY(auto plan, co_await read_index(store, body));

    object_record record;
    record.modified = store.clock().now();
    object_stat before;
    if (plan.current) {
        SLUICE_CO_TRY(before, describe_fully(plan.bucket, request.key, *plan.current));
    }
    SLUICE_CO_TRY(auto finished, request.finish(plan.current ? &before : nullptr));
    if (!plan.current) {
        SLUICE_CO_CHECK(apply_rule(request.rule, request.bucket, plan.bucket, record.modified,
                                   finished.attributes));
    }
    record.etag = std::move(finished.etag);
    record.attributes = encode(finished.attributes);
    if (record.attributes.size() > store.limits().attributes_bytes)
        co_return failure{error::too_large, "limits.attributes_bytes"};
    payload_references references;
    SLUICE_CO_CHECK(co_await put_bytes(store, work, request, plan, record, references));
    // Not put_version: what is replaced lives on in what replaces it.
    stored_version const made{{}, std::move(record)};
    work.mutations().put_stamped(kv::family::object,
                                 keys::object(plan.bucket.id, request.key, {}),
                                 encode(made.record));
    if (!references.empty()) {
        SLUICE_CO_CHECK(co_await references.settle(store, work));
    }
    SLUICE_CO_CHECK(add_audit(store, work, std::move(request.audit)));
    auto stat = describe(plan.bucket, std::move(request.key), made);
    announcements told(request.announce);
    SLUICE_CO_CHECK(told.add(store, request.bucket, plan.bucket, object_happening::put, stat));
    SLUICE_CO_CHECK(co_await told.attach(store, work));
    SLUICE_CO_TRY(stat.changed, co_await commit_change(store, std::move(work)));
    store.metrics().objects_put.fetch_add(1, std::memory_order_relaxed);
    stat.attributes = std::move(finished.attributes);
    co_return stat;
}

}  // namespace sluice::store
