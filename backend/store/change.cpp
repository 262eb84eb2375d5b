#include "backend/store/change.hpp"

#include "backend/journal/segment_table.hpp"
#include "backend/kv/key_space.hpp"
#include "backend/store/audit_state.hpp"
#include "backend/store/blocking_wait.hpp"
#include "backend/store/engine.hpp"
#include "backend/store/id_counters.hpp"
#include "backend/store/payload_state.hpp"
#include "backend/store/reaper.hpp"
#include "gateway/core/async.hpp"
#include "gateway/core/timer.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

std::shared_ptr<lock_set> make_locks(engine& store) {
    return std::make_shared<lock_set>(store.locks());
}

task<result<void>> take_lock(engine& store, std::shared_ptr<lock_set> locks, lock_name name,
                             lock_mode mode) {
    auto& table = store.locks();
    if (table.try_acquire(*locks, name, mode) == lock_table::attempt::granted) co_return success();
    auto const executor = co_await boost::asio::this_coro::executor;
    auto give_up = [&table, owner = locks->owner()] {
        table.give_up(owner, error::deadline_exceeded);
    };
    deadline timer(executor, std::move(give_up));
    timer.arm(store.limits().lock_wait);
    auto wait = [&](callback<result<void>> done) {
        table.acquire(*locks, std::move(name), mode, std::move(done));
    };
    co_return co_await await_callback<result<void>>(std::move(wait));
}

result<void> take_lock_blocking(engine& store, lock_set& locks, lock_name name, lock_mode mode,
                                blocking_token token) {
    auto wait = [&](std::function<void(result<void>)> done) {
        store.locks().acquire(locks, std::move(name), mode, std::move(done));
    };
    return wait_for_callback<result<void>>(std::move(wait), token);
}

namespace {

result<void> check_size(engine& store, change const& work) {
    if (work.commit->mutations.bytes().size() > store.limits().commit_bytes)
        return failure{error::too_large, "limits.commit_bytes"};
    return success();
}

// Gives the commit the on_done that ends the change and then tells `done`.
std::unique_ptr<journal::commit> finish_with(engine& store, change work,
                                             std::function<void(result<lsn>)> done) {
    auto commit = std::move(work.commit);
    bool const audited = !commit->audit_records.empty();
    struct ending {
        engine& store;
        change work;
    };
    auto end = std::make_shared<ending>(ending{store, std::move(work)});   // std::function copies
    commit->on_done = [end, audited, done = std::move(done)](result<lsn> outcome) {
        if (outcome) {
            auto& segments = end->store.journal().segments();
            for (auto const& freed : end->work.freed)
                segments.subtract_live_bytes(freed.segment, freed.bytes);
            for (auto& [name, bytes] : end->work.fresh)
                end->store.cache().put(name, std::move(bytes));
            if (audited) end->store.audit().published(*outcome);
            if (end->work.leaves_unreferenced) end->store.reaping().wake();
            if (end->work.on_published) end->work.on_published(*outcome);
        }
        end->work.streams.clear();
        if (end->work.locks) end->work.locks->release();
        done(std::move(outcome));
    };
    return commit;
}

}  // namespace

task<result<lsn>> commit_change(engine& store, change work, journal::admission_class admission) {
    SLUICE_CO_CHECK(check_size(store, work));
    auto submit = [&](callback<result<lsn>> done) {
        store.journal().submit(finish_with(store, std::move(work), std::move(done)), admission);
    };
    co_return co_await await_callback<result<lsn>>(std::move(submit));
}

result<lsn> commit_change_blocking(engine& store, change work, journal::admission_class admission,
                                   blocking_token token) {
    SLUICE_CHECK(check_size(store, work));
    auto submit = [&](std::function<void(result<lsn>)> done) {
        store.journal().submit(finish_with(store, std::move(work), std::move(done)), admission);
    };
    return wait_for_callback<result<lsn>>(std::move(submit), token);
}

result<void> add_audit(engine& store, change& work, audit_records records) {
    auto& all = work.commit->audit_records;
    for (auto& record : records) all.push_back(std::move(record));
    std::size_t bytes = 0;
    for (auto const& record : all) bytes += record.size();
    if (bytes > store.limits().audit_records_bytes)
        return failure{error::too_large, "limits.audit_records_bytes"};
    return success();
}

namespace {

void put_head(change& work, payload_id id, std::uint64_t length, std::uint64_t extents) {
    payload_head head;
    head.length = length;
    head.extents = extents;
    work.mutations().put(kv::family::payload, keys::payload_head(id), encode(head));
}

std::string reverse_value(payload_id id, std::uint64_t offset, std::uint64_t length) {
    reverse_record reverse;
    reverse.payload = id;
    reverse.payload_offset = offset;
    reverse.length = length;
    return encode(reverse);
}

result<attached_payload> attach_inline(engine& store, change& work, std::string bytes) {
    if (bytes.size() > store.limits().inline_payload_bytes)
        return failure{error::too_large, "limits.inline_payload_bytes"};
    SLUICE_TRY(auto id, store.ids().next_payload());
    auto const length = bytes.size();
    auto const index = static_cast<std::uint32_t>(work.commit->payloads.size());
    auto& mutations = work.mutations();
    put_head(work, id, length, 1);
    auto const extent = mutations.put(kv::family::payload, keys::extent(id, 0),
                                      encode(frames_extent{{}, length, length}));
    mutations.add_slot(kv::slot::kind::location, extent.value + extent_location_position, index);
    auto const reverse = mutations.put(kv::family::payload, keys::reverse_entry(segment_id{}, 0),
                                       reverse_value(id, 0, length));
    mutations.add_slot(kv::slot::kind::location, reverse.key + 1, index);
    if (length <= store.limits().cache_on_write_bytes) {
        auto kept = std::make_shared<std::string const>(bytes);   // shared with the cache's readers
        std::string_view const view = *kept;
        work.fresh.push_back({{id, 0}, chunk(std::move(kept), view)});
    }
    work.commit->payloads.push_back({to_underlying(id), 0, std::move(bytes)});
    return attached_payload{id, {}};
}

}  // namespace

result<attached_payload> attach_payload(engine& store, change& work, stored_payload payload,
                                        std::size_t in_record) {
    auto& content = payload.internals();
    store.metrics().payload_bytes_in.fetch_add(content.length, std::memory_order_relaxed);
    if (content.extents.empty()) {
        if (content.bytes.size() <= in_record)
            return attached_payload{{}, std::move(content.bytes)};
        return attach_inline(store, work, std::move(content.bytes));
    }
    put_head(work, content.id, content.length, content.extents.size());
    for (auto const& extent : content.extents) {
        auto const& frames = extent.frames;
        work.mutations().put(kv::family::payload, keys::extent(content.id, extent.offset),
                             encode(frames));
        work.mutations().put(kv::family::payload,
                             keys::reverse_entry(frames.first.segment, frames.first.offset),
                             reverse_value(content.id, extent.offset, frames.length));
    }
    work.streams.push_back(std::move(content.stream));
    return attached_payload{content.id, {}};
}

}  // namespace sluice::store
