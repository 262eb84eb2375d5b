#include "backend/store/table_eraser.hpp"

#include <chrono>

#include "backend/store/change.hpp"
#include "backend/store/engine.hpp"
#include "backend/store/failure_reports.hpp"
#include "backend/store/index_read.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

namespace {

// Keys erased by one commit, and bytes of its mutations.
constexpr std::size_t keys_per_commit = 4096;
constexpr std::size_t bytes_per_commit = 256 * kibibyte;
// Old snapshots are looked for then, and what failed is tried again.
constexpr std::chrono::seconds retry_interval{5};

}  // namespace

table_eraser::table_eraser(engine& store, table_snapshots& snapshots)
    : store_(store), snapshots_(snapshots) {}

table_eraser::~table_eraser() {
    stop();
}

void table_eraser::start() {
    thread_ = worker_thread("table-erase", [this](std::stop_token stop) { loop(stop); });
}

void table_eraser::stop() {
    {
        std::scoped_lock guard(mutex_);
        stopping_ = true;
    }
    if (!thread_.running()) return;
    thread_.request_stop();
    thread_.join();
}

void table_eraser::wake() noexcept {
    {
        std::scoped_lock guard(mutex_);
        woken_ = true;
    }
    changed_.notify_one();
}

void table_eraser::loop(std::stop_token stop) {
    auto const token = blocking_token::for_this_thread();
    while (!stop.stop_requested()) {
        {
            std::unique_lock guard(mutex_);
            changed_.wait_for(guard, stop, retry_interval, [this] { return woken_; });
            woken_ = false;
        }
        snapshots_.expire();
        if (stop.stop_requested() || store_.is_read_only()) continue;
        auto const round = run_once(token);
        if (round.has_error()) store_.reports().tell("table erase", round.error());
    }
}

result<std::uint64_t> table_eraser::run_once(blocking_token token) {
    std::scoped_lock running(run_mutex_);
    std::uint64_t done = 0;
    auto range = keys::all_dropped();
    for (;;) {
        auto const view = view_blocking(store_, token);
        auto cursor = view.scan(kv::family::meta, range);
        if (!cursor->valid()) {
            SLUICE_CHECK(cursor->status());
            return done;
        }
        SLUICE_TRY(auto const dataset, keys::parse_dropped(cursor->key()));
        range.lower = keys::past_key(cursor->key());
        cursor.reset();
        {
            std::scoped_lock guard(mutex_);
            if (stopping_) return done;
        }
        SLUICE_CHECK(erase(dataset, token));
        ++done;
    }
}

result<void> table_eraser::erase(dataset_id dataset, blocking_token token) {
    // An id is a table's or an index's, never both; the other range is empty.
    for (auto const& range : {keys::rows(dataset), keys::index_entries(dataset)}) {
        for (bool more = true; more;) {
            {
                std::scoped_lock guard(mutex_);
                if (stopping_) return failure{error::cancelled, "the store stops"};
            }
            SLUICE_TRY(more, erase_some(range, token));
        }
    }
    change last;
    last.mutations().erase(kv::family::meta, keys::dropped(dataset));
    auto const done = commit_change_blocking(store_, std::move(last),
                                             journal::admission_class::freeing, token);
    if (!done) return done.error();
    return success();
}

// False: nothing was left.
result<bool> table_eraser::erase_some(keys::key_range const& range, blocking_token token) {
    change work;
    auto& mutations = work.mutations();
    {
        auto const view = view_blocking(store_, token);
        auto cursor = view.scan(kv::family::row, range);
        for (; cursor->valid() && mutations.count() < keys_per_commit &&
               mutations.bytes().size() < bytes_per_commit;
             cursor->next())
            mutations.erase(kv::family::row, cursor->key());
        SLUICE_CHECK(cursor->status());
    }
    if (mutations.empty()) return false;
    SLUICE_CHECK(commit_change_blocking(store_, std::move(work),
                                        journal::admission_class::freeing, token));
    return true;
}

}  // namespace sluice::store
