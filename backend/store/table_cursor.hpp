// Ranges of rows and index entries as one statement sees them: the published snapshot with the
// writes of earlier statements merged over it, in key order, page by page. Between pages nothing is
// held but the snapshot, so a cursor may rest for long and the transaction may write meanwhile.
//
// Thread rule: one thread at a time, any thread. Lifetime: the engine outlives it (it counts as a
// use); it shares the transaction's write set and snapshot.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "backend/kv/key_space.hpp"
#include "backend/store/index_read.hpp"
#include "backend/store/model/table_types.hpp"
#include "backend/store/table_snapshots.hpp"
#include "backend/store/table_write_set.hpp"

namespace sluice::store {

// What a statement reads from.
struct statement_view {
    std::shared_ptr<held_snapshot> snapshot;
    std::shared_ptr<table_write_set const> writes;   // of its transaction
    command_number command{};
};

// The merge of one range, pure but for reading: the next page from where the last one ended.
struct merged_entry {
    std::string key;      // whole
    std::string value;    // as stored, or as written
    bool own = false;
};
class merged_range {
public:
    merged_range(statement_view view, kv::key_space::key_range range, bool backwards);

    // At most `most`; empty at the end. Whatever fails leaves it where it was.
    result<std::vector<merged_entry>> next(index_view const&, std::size_t most);
    statement_view const& view() const noexcept { return view_; }

private:
    struct own_page;
    void refill(own_page&, std::size_t most) const;

    statement_view const view_;
    kv::key_space::key_range rest_;
    bool const backwards_;
};

class table_cursor {
public:
    table_cursor(engine&, statement_view, dataset_id table, row_range const&, bool backwards,
                 bool is_dropped);

    // At most `most` rows; empty at the end. conflict: the snapshot became too old.
    result<std::vector<stored_row>> next(std::size_t most, blocking_token);

private:
    engine& store_;
    std::shared_ptr<void> const use_;
    merged_range range_;
    bool const is_dropped_;
};

result<stored_row> to_stored_row(merged_entry&&);
// invalid_argument: it leads to another table.
result<index_hit> to_index_hit(merged_entry&&, dataset_id table);

}  // namespace sluice::store
