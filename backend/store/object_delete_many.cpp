#include <algorithm>
#include <set>

#include "backend/store/bucket_lookup.hpp"
#include "backend/store/object_verbs.hpp"
#include "backend/store/payload_references.hpp"

namespace sluice::store {
namespace {

// Keys of one commit: bounds its mutations (a key is at most limits.object_key_bytes) and the locks
// held at once.
constexpr std::size_t keys_per_commit = 100;

struct slice_plan {
    struct one {
        result<bool> outcome = false;
        payload_id payload{};
    };
    dataset_id bucket{};
    std::vector<one> items;      // as in the slice
};

result<slice_plan> plan_slice(index_view const& view, delete_objects_request const& request,
                              std::vector<std::size_t> const& slice) {
    slice_plan plan;
    SLUICE_TRY(auto bucket, find_bucket(view, request.bucket));
    plan.bucket = bucket.id;
    std::set<std::string_view> gone;
    for (auto const index : slice) {
        auto const& item = request.items[index];
        auto& mine = plan.items.emplace_back();
        if (gone.contains(item.key)) continue;   // named twice: there is nothing the second time
        SLUICE_TRY(auto current, find_object(view, bucket.id, item.key));
        if (!current) continue;
        if (!item.when.empty()) {
            auto const stat = describe(bucket.id, item.key, object_version{}, *current);
            if (auto allowed = evaluate_write(item.when, &stat); !allowed) {
                mine.outcome = allowed.error();
                continue;
            }
        }
        mine.outcome = true;
        mine.payload = current->payload;
        gone.insert(item.key);
    }
    return plan;
}

// One commit for the items that `slice` names, which are ascending by key.
task<result<void>> delete_slice(engine& store, delete_objects_request& request,
                                std::vector<std::size_t> const& slice,
                                std::vector<result<bool>>& outcomes) {
    change work;
    work.locks = make_locks(store);
    SLUICE_CO_CHECK(
        co_await take_lock(store, work.locks, bucket_lock(request.bucket), lock_mode::shared));
    for (auto const index : slice) {
        SLUICE_CO_CHECK(co_await take_lock(store, work.locks,
                                           object_lock(request.bucket, request.items[index].key),
                                           lock_mode::exclusive));
    }
    auto body = [&](index_view const& view) { return plan_slice(view, request, slice); };
    SLUICE_CO_TRY(auto plan, co_await read_index(store, body));
    payload_references references;
    std::uint64_t deleted = 0;
    for (std::size_t i = 0; i < slice.size(); ++i) {
        auto& item = request.items[slice[i]];
        auto const& mine = plan.items[i];
        if (mine.outcome.has_error()) continue;
        SLUICE_CO_CHECK(add_audit(store, work, std::move(item.audit)));
        if (!*mine.outcome) continue;
        ++deleted;
        work.mutations().erase(kv::family::object,
                               kv::key_space::object(plan.bucket, item.key, object_version{}));
        if (to_underlying(mine.payload) != 0) references.drop(mine.payload);
    }
    if (!references.empty()) {
        SLUICE_CO_CHECK(co_await references.settle(store, work));
    }
    if (!work.mutations().empty() || !work.commit->audit_records.empty()) {
        SLUICE_CO_CHECK(
            co_await commit_change(store, std::move(work), journal::admission_class::freeing));
    }
    store.metrics().objects_deleted.fetch_add(deleted, std::memory_order_relaxed);
    for (std::size_t i = 0; i < slice.size(); ++i)
        outcomes[slice[i]] = std::move(plan.items[i].outcome);
    co_return success();
}

}  // namespace

task<result<std::vector<result<bool>>>> delete_objects(engine& store,
                                                       delete_objects_request request) {
    if (request.items.size() > store.limits().list_page)
        co_return failure{error::too_large, "limits.list_page"};
    auto find = [&](index_view const& view) { return find_bucket(view, request.bucket); };
    SLUICE_CO_CHECK(co_await read_index(store, find));
    std::vector<result<bool>> outcomes(request.items.size(), result<bool>(false));
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < request.items.size(); ++i) {
        if (auto good = check_key(store.limits(), request.items[i].key)) order.push_back(i);
        else outcomes[i] = good.error();
    }
    std::ranges::stable_sort(
        order, {}, [&](std::size_t i) -> auto const& { return request.items[i].key; });
    for (std::size_t at = 0; at < order.size(); at += keys_per_commit) {
        auto const end = std::min(at + keys_per_commit, order.size());
        std::vector<std::size_t> slice(order.begin() + static_cast<std::ptrdiff_t>(at),
                                       order.begin() + static_cast<std::ptrdiff_t>(end));
        auto done = co_await delete_slice(store, request, slice, outcomes);
        if (done) continue;
        for (auto const index : slice) outcomes[index] = done.error();
    }
    co_return outcomes;
}

}  // namespace sluice::store
