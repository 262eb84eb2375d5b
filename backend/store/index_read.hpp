// Reading the index from a coroutine: the reading code is plain and runs first on the thread at
// hand with whatever is in memory, and once more from the start on the blocking pool if something
// was not. It must therefore only read and return; everything it looks at is one published
// snapshot.
//
//     auto body = [&](index_view const& view) -> result<plan> { ... view.get(...) ... };
//     auto plan = co_await read_index(store, body);
//
// What body refers to must live in the awaiting coroutine. Thread rule: any executor.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include "backend/journal/journal.hpp"
#include "backend/kv/index.hpp"
#include "backend/kv/key_space.hpp"
#include "backend/store/engine.hpp"
#include "gateway/core/blocking_pool.hpp"
#include "gateway/core/task.hpp"

namespace sluice::store {

// One published state of the index, with or without leave to block.
struct index_view {
    kv::index const& index;
    // shared with other readers; held while reading
    std::shared_ptr<journal::published_snapshot const> at;
    kv::read_tier tier;

    result<std::optional<std::string>> get(kv::family where, std::string_view key) const {
        return index.get(*at->index, where, key, tier);
    }
    std::unique_ptr<kv::cursor> scan(kv::family where, kv::key_space::key_range range) const {
        return index.scan(at->index, where, std::move(range.lower), std::move(range.upper), tier);
    }
};

index_view view_in_memory(engine&);
index_view view_blocking(engine&, blocking_token);

// Body: result<T>(index_view const&).
template <class Body>
task<std::invoke_result_t<Body const&, index_view const&>> read_index(engine& store,
                                                                      Body const& body) {
    auto const view = view_in_memory(store);
    auto outcome = body(view);
    if (outcome.has_value() || outcome.error().code != error::would_block) {
        store.metrics().index_reads_from_memory.fetch_add(1, std::memory_order_relaxed);
        co_return outcome;
    }
    store.metrics().index_reads_blocking.fetch_add(1, std::memory_order_relaxed);
    auto again = [&store, &body](blocking_token token) {
        return body(view_blocking(store, token));
    };
    co_return co_await store.blocking().run(std::move(again));
}

}  // namespace sluice::store
