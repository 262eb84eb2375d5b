// read_index (index_read.hpp) over a statement's snapshot instead of the newest. conflict: the
// snapshot became too old and was taken away. Thread rule: any executor.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "backend/store/index_read.hpp"
#include "backend/store/table_snapshots.hpp"

namespace sluice::store {

template <class Body>
task<std::invoke_result_t<Body const&, index_view const&>> read_statement(
    engine& store, std::shared_ptr<held_snapshot> held, Body const& body) {
    auto at = held->get();
    if (at.has_error()) co_return std::move(at).error();
    index_view const view{store.index(), *at, kv::read_tier::cache_only};
    auto outcome = body(view);
    if (outcome.has_value() || outcome.error().code != error::would_block) {
        store.metrics().index_reads_from_memory.fetch_add(1, std::memory_order_relaxed);
        co_return outcome;
    }
    store.metrics().index_reads_blocking.fetch_add(1, std::memory_order_relaxed);
    auto again = [&](blocking_token) {
        index_view const blocking{store.index(), *at, kv::read_tier::may_block};
        return body(blocking);
    };
    co_return co_await store.blocking().run(std::move(again));
}

}  // namespace sluice::store
