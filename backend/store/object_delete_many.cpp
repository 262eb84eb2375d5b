#include <algorithm>

#include "backend/store/object_verbs.hpp"
#include "backend/store/object_versions.hpp"

namespace sluice::store {
namespace {

// Keys of one commit: bounds its mutations (a key is at most limits.object_key_bytes) and the locks
// held at once.
constexpr std::size_t keys_per_commit = 100;

struct slice_plan {
    bucket_record bucket;
    std::vector<result<removal>> items;      // as in the slice
};

result<slice_plan> plan_slice(index_view const& view, delete_objects_request const& request,
                              std::vector<std::size_t> const& slice, unix_millis now) {
    slice_plan plan;
    SLUICE_TRY(plan.bucket, find_bucket(view, request.bucket));
    for (auto const index : slice) {
        auto const& item = request.items[index];
        removal_terms const terms{item.when, now, item.bypasses_governance, &item.check};
        auto mine = plan_removal(view, plan.bucket, item.key, item.version, terms);
        if (mine.has_error() && mine.error().code == error::would_block) return mine.error();
        plan.items.push_back(std::move(mine));
    }
    return plan;
}

// One commit for the items that `slice` names, which are ascending by key.
task<result<void>> delete_slice(engine& store, delete_objects_request& request,
                                std::vector<std::size_t> const& slice,
                                std::vector<result<deletion>>& outcomes) {
    change work;
    work.locks = make_locks(store);
    SLUICE_CO_CHECK(
        co_await take_lock(store, work.locks, bucket_lock(request.bucket), lock_mode::shared));
    for (auto const index : slice) {
        SLUICE_CO_CHECK(co_await take_lock(store, work.locks,
                                           object_lock(request.bucket, request.items[index].key),
                                           lock_mode::exclusive));
    }
    auto const now = store.clock().now();
    auto body = [&](index_view const& view) { return plan_slice(view, request, slice, now); };
    SLUICE_CO_TRY(auto plan, co_await read_index(store, body));
    payload_references references;
    announcements told(request.announce);
    std::vector<result<deletion>> done;
    std::uint64_t deleted = 0;
    bool puts_markers = false;
    for (std::size_t i = 0; i < slice.size(); ++i) {
        auto& item = request.items[slice[i]];
        auto const& mine = plan.items[i];
        if (mine.has_error()) {
            done.emplace_back(mine.error());
            continue;
        }
        SLUICE_CO_CHECK(add_audit(store, work, std::move(item.audit)));
        removal_place const at{request.bucket, plan.bucket, item.key};
        SLUICE_CO_TRY(auto outcome, carry_out(store, work, at, *mine, references, told));
        deleted += outcome.existed ? 1 : 0;
        puts_markers = puts_markers || outcome.marker;
        done.emplace_back(outcome);
    }
    if (!references.empty()) {
        SLUICE_CO_CHECK(co_await references.settle(store, work));
    }
    auto const admission = puts_markers || !told.empty() ? journal::admission_class::ordinary
                                                         : journal::admission_class::freeing;
    SLUICE_CO_CHECK(co_await told.attach(store, work));
    if (!work.mutations().empty() || !work.commit->audit_records.empty()) {
        SLUICE_CO_CHECK(co_await commit_change(store, std::move(work), admission));
    }
    store.metrics().objects_deleted.fetch_add(deleted, std::memory_order_relaxed);
    for (std::size_t i = 0; i < slice.size(); ++i) outcomes[slice[i]] = std::move(done[i]);
    co_return success();
}

// Whether both may be in one commit, which sees the state before it: different keys, or different
// versions of one.
bool may_go_together(delete_objects_request::item const& a, delete_objects_request::item const& b) {
    return a.key != b.key || (a.version && b.version && *a.version != *b.version);
}

// The end of the slice that begins at `from`.
std::size_t end_of_slice(delete_objects_request const& request,
                         std::vector<std::size_t> const& order, std::size_t from) {
    auto end = from + 1;
    for (; end < order.size() && end - from < keys_per_commit; ++end)
        for (auto at = end; at-- > from;) {
            if (request.items[order[at]].key != request.items[order[end]].key) break;
            if (!may_go_together(request.items[order[at]], request.items[order[end]])) return end;
        }
    return end;
}

}  // namespace

task<result<std::vector<result<deletion>>>> delete_objects(engine& store,
                                                           delete_objects_request request) {
    if (request.items.size() > store.limits().list_page)
        co_return failure{error::too_large, "limits.list_page"};
    auto find = [&](index_view const& view) { return find_bucket(view, request.bucket); };
    SLUICE_CO_CHECK(co_await read_index(store, find));
    std::vector<result<deletion>> outcomes(request.items.size(), result<deletion>(deletion{}));
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < request.items.size(); ++i) {
        if (auto good = check_key(store.limits(), request.items[i].key)) order.push_back(i);
        else outcomes[i] = good.error();
    }
    std::ranges::stable_sort(
        order, {}, [&](std::size_t i) -> auto const& { return request.items[i].key; });
    for (std::size_t at = 0, end = 0; at < order.size(); at = end) {
        end = end_of_slice(request, order, at);
        std::vector<std::size_t> slice(order.begin() + static_cast<std::ptrdiff_t>(at),
                                       order.begin() + static_cast<std::ptrdiff_t>(end));
        auto done = co_await delete_slice(store, request, slice, outcomes);
        if (done) continue;
        for (auto const index : slice) outcomes[index] = done.error();
    }
    co_return outcomes;
}

}  // namespace sluice::store
