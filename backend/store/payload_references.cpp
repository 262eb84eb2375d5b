#include "backend/store/payload_references.hpp"

#include "backend/store/payload_records.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

lock_name payload_lock(payload_id payload) {
    return {kv::family::payload, keys::payload_head(payload)};
}

void payload_references::outcome::move_into(change& work) {
    work.mutations().append(std::move(mutations));
    work.freed.insert(work.freed.end(), freed.begin(), freed.end());
    work.leaves_unreferenced = work.leaves_unreferenced || leaves_unreferenced;
}

task<result<void>> payload_references::lock(engine& store, std::shared_ptr<lock_set> locks) const {
    for (auto const& [payload, delta] : deltas_) {
        if (delta != 0) {
            SLUICE_CO_CHECK(
                co_await take_lock(store, locks, payload_lock(payload), lock_mode::exclusive));
        }
    }
    co_return success();
}

result<void> payload_references::lock_blocking(engine& store, lock_set& locks,
                                               blocking_token token) const {
    for (auto const& [payload, delta] : deltas_) {
        if (delta != 0) {
            SLUICE_CHECK(take_lock_blocking(store, locks, payload_lock(payload),
                                            lock_mode::exclusive, token));
        }
    }
    return success();
}

result<payload_references::outcome> payload_references::read(index_view const& view) const {
    outcome changes;
    for (auto const& [payload, delta] : deltas_) {
        if (delta == 0) continue;
        SLUICE_TRY(auto stored, view.get(kv::family::payload, keys::payload_head(payload)));
        if (!stored)
            return failure{error::corrupt,
                           keys::describe(keys::payload_head(payload)) + " is missing"};
        SLUICE_TRY(auto head, decode_payload_head(*stored));
        auto const references = static_cast<std::int64_t>(head.references) + delta;
        if (references < 0 || head.references == 0)
            return failure{error::corrupt,
                           keys::describe(keys::payload_head(payload)) + " counts wrong"};
        head.references = static_cast<std::uint64_t>(references);
        if (references == 0 && head.kind == payload_kind::frames && head.extents == 1) {
            SLUICE_CHECK(erase_single_extent(view, payload, changes));
            continue;
        }
        changes.mutations.put(kv::family::payload, keys::payload_head(payload), encode(head));
        if (references == 0) {
            changes.mutations.put(kv::family::payload, keys::unreferenced_payload(payload), {});
            changes.leaves_unreferenced = true;
        }
    }
    return changes;
}

task<result<void>> payload_references::settle(engine& store, change& work) const {
    SLUICE_CO_CHECK(co_await lock(store, work.locks));
    auto body = [this](index_view const& view) { return read(view); };
    SLUICE_CO_TRY(auto changes, co_await read_index(store, body));
    changes.move_into(work);
    co_return success();
}

result<void> erase_single_extent(index_view const& view, payload_id payload,
                                 payload_references::outcome& changes) {
    auto const key = keys::extent(payload, 0);
    SLUICE_TRY(auto stored, view.get(kv::family::payload, key));
    if (!stored) return failure{error::corrupt, keys::describe(key) + " is missing"};
    SLUICE_TRY(auto extent, decode_extent(*stored));
    auto const& first = extent.frames.first;
    changes.mutations.erase(kv::family::payload, keys::payload_head(payload));
    changes.mutations.erase(kv::family::payload, key);
    changes.mutations.erase(kv::family::payload, keys::reverse_entry(first.segment, first.offset));
    changes.freed.push_back({first.segment, extent.frames.length});
    return success();
}

}  // namespace sluice::store
