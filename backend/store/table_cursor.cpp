#include "backend/store/table_cursor.hpp"

#include "backend/store/engine.hpp"
#include "backend/store/table_records.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

merged_range::merged_range(statement_view view, keys::key_range range, bool backwards)
    : view_(std::move(view)), rest_(std::move(range)), backwards_(backwards) {}

// Own changes ahead of the merge, some at a time.
struct merged_range::own_page {
    std::vector<table_write_set::visible_change> changes;
    std::size_t at = 0;
    keys::key_range rest;     // behind `changes`
    bool ended = false;

    table_write_set::visible_change* front() {
        return at < changes.size() ? &changes[at] : nullptr;
    }
};

void merged_range::refill(own_page& page, std::size_t most) const {
    if (page.ended || page.at < page.changes.size()) return;
    using direction = table_write_set::direction;
    page.changes =
        view_.writes->page(page.rest.lower, page.rest.upper, view_.command, most,
                           backwards_ ? direction::descending : direction::ascending);
    page.at = 0;
    page.ended = page.changes.size() < most;
    if (page.changes.empty()) return;
    if (backwards_) page.rest.upper = page.changes.back().key;
    else page.rest.lower = keys::past_key(page.changes.back().key);
}

result<std::vector<merged_entry>> merged_range::next(index_view const& view, std::size_t most) {
    std::vector<merged_entry> found;
    if (rest_.lower >= rest_.upper || most == 0) return found;
    own_page own;
    own.rest = rest_;
    own.ended = view_.writes->empty();
    refill(own, most);
    auto stored = view.scan(kv::family::row, rest_);
    if (backwards_) stored->seek_last();
    auto const step = [&] { backwards_ ? stored->previous() : stored->next(); };
    while (found.size() < most) {
        refill(own, most);
        auto* mine = own.front();
        bool const has_stored = stored->valid();
        if (!has_stored) {
            SLUICE_CHECK(stored->status());
        }
        if (!mine && !has_stored) break;
        bool const mine_first =
            mine && (!has_stored || (backwards_ ? mine->key >= stored->key()
                                                : mine->key <= stored->key()));
        if (!mine_first) {
            found.push_back({std::string(stored->key()), std::string(stored->value()), false});
            step();
            continue;
        }
        if (has_stored && mine->key == stored->key()) step();
        if (mine->written)
            found.push_back({std::move(mine->key), std::move(*mine->written), true});
        ++own.at;
    }
    if (found.size() < most) rest_.lower = rest_.upper;
    else if (backwards_) rest_.upper = found.back().key;
    else rest_.lower = keys::past_key(found.back().key);
    return found;
}

table_cursor::table_cursor(engine& store, statement_view view, dataset_id table,
                           row_range const& range, bool backwards, bool is_dropped)
    : store_(store),
      use_(store.use()),
      range_(std::move(view), keys::rows(table, range.first, range.last), backwards),
      is_dropped_(is_dropped) {}

result<std::vector<stored_row>> table_cursor::next(std::size_t most, blocking_token) {
    std::vector<stored_row> rows;
    if (is_dropped_) return rows;
    SLUICE_TRY(auto at, range_.view().snapshot->get());
    index_view const view{store_.index(), std::move(at), kv::read_tier::may_block};
    SLUICE_TRY(auto entries, range_.next(view, most));
    rows.reserve(entries.size());
    for (auto& entry : entries) {
        SLUICE_TRY(auto row, to_stored_row(std::move(entry)));
        rows.push_back(std::move(row));
    }
    return rows;
}

result<stored_row> to_stored_row(merged_entry&& entry) {
    SLUICE_TRY(auto key, keys::parse_row(entry.key));
    stored_row row;
    row.key = std::move(key.key);
    if (entry.own) {
        row.row = std::move(entry.value);
        return row;
    }
    SLUICE_TRY(auto const stored, decode_stored_row(entry.value));
    row.changed = stored.changed;
    row.row = std::string(stored.row);
    return row;
}

result<index_hit> to_index_hit(merged_entry&& entry, dataset_id table) {
    SLUICE_TRY(auto key, keys::parse_index_entry(entry.key));
    SLUICE_TRY(auto const target, decode_index_target(entry.value));
    if (target.table != table)
        return failure{error::invalid_argument, "the index of another table"};
    return index_hit{std::move(key.key), std::string(target.primary_key)};
}

}  // namespace sluice::store
