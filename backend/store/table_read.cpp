// The reading verbs of table_transaction: the statement's snapshot and what earlier statements
// wrote.
#include <algorithm>

#include "backend/store/engine.hpp"
#include "backend/store/statement_read.hpp"
#include "backend/store/table_records.hpp"
#include "backend/store/table_transaction.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

task<result<std::optional<stored_row>>> table_transaction::get(dataset_id table, std::string key) {
    SLUICE_CO_CHECK(usable());
    std::optional<stored_row> found;
    if (dropped_by_us(table)) co_return found;
    auto const whole = keys::row(table, key);
    if (auto own = writes_->before(whole, command_)) {
        if (own->written) found = stored_row{std::move(key), std::move(*own->written), {}};
        co_return found;
    }
    auto body = [&](index_view const& view) { return view.get(kv::family::row, whole); };
    auto const stored = co_await read_statement(store_, snapshot_, body);
    if (stored.has_error()) co_return stored.error();
    if (!*stored) co_return found;
    SLUICE_CO_TRY(auto const row, decode_stored_row(**stored));
    found = stored_row{std::move(key), std::string(row.row), row.changed};
    co_return found;
}

std::optional<result<std::optional<stored_row>>> table_transaction::get_at_once(
    dataset_id table, std::string_view key) {
    using outcome = result<std::optional<stored_row>>;
    auto const good = usable();
    if (good.has_error()) return outcome(good.error());
    std::optional<stored_row> found;
    if (dropped_by_us(table)) return outcome(std::move(found));
    auto const whole = keys::row(table, key);
    if (auto own = writes_->before(whole, command_)) {
        if (own->written) found = stored_row{{}, std::move(*own->written), {}};
        return outcome(std::move(found));
    }
    auto const at = snapshot_->get();
    if (at.has_error()) return outcome(at.error());
    auto stored = store_.index().get(*(*at)->index, kv::family::row, whole,
                                     kv::read_tier::cache_only);
    if (stored.has_error()) {
        if (stored.error().code == error::would_block) return std::nullopt;
        return outcome(std::move(stored).error());
    }
    store_.metrics().index_reads_from_memory.fetch_add(1, std::memory_order_relaxed);
    if (!*stored) return outcome(std::move(found));
    auto const row = decode_stored_row(**stored);
    if (row.has_error()) return outcome(row.error());
    auto const changed = row->changed;
    (*stored)->erase(0, (*stored)->size() - row->row.size());  // what stands before it
    found = stored_row{{}, *std::move(*stored), changed};
    return outcome(std::move(found));
}

result<std::unique_ptr<table_cursor>> table_transaction::scan(dataset_id table, row_range range,
                                                              bool backwards) {
    SLUICE_CHECK(usable());
    return std::make_unique<table_cursor>(store_, now(), table, range, backwards,
                                          dropped_by_us(table));
}

std::uint64_t table_transaction::approximate_bytes(dataset_id table, row_range const& range) const {
    auto const whole = keys::rows(table, range.first, range.last);
    return store_.index().approximate_bytes(kv::family::row, whole.lower, whole.upper);
}

task<result<std::vector<index_hit>>> table_transaction::find_in_index(dataset_id table,
                                                                      dataset_id index,
                                                                      row_range range,
                                                                      std::size_t most) {
    SLUICE_CO_CHECK(usable());
    std::vector<index_hit> hits;
    if (dropped_by_us(index)) co_return hits;
    auto const capped = std::min<std::size_t>(most, store_.limits().list_page);
    auto const view_of_now = now();
    auto body = [&](index_view const& view) {
        merged_range merged(view_of_now, keys::index_entries(index, range.first, range.last),
                            false);
        return merged.next(view, capped);
    };
    auto entries = co_await read_statement(store_, snapshot_, body);
    if (entries.has_error()) co_return entries.error();
    for (auto& entry : *entries) {
        SLUICE_CO_TRY(auto hit, to_index_hit(std::move(entry), table));
        hits.push_back(std::move(hit));
    }
    co_return hits;
}

}  // namespace sluice::store
