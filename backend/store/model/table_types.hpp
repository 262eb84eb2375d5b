// What the table verbs take and give. Keys and rows are encoded by the caller (row_codec.hpp); the
// store compares keys by bytes and never looks into rows. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/core/ids.hpp"

namespace sluice::store {

// Half-open, of encoded keys; empty `last`: to the end of the table or index.
struct row_range {
    std::string first;
    std::string last;
};

struct stored_row {
    std::string key;
    std::string row;
    lsn changed{};  // 0: written by the transaction that reads it
};

// An entry of an index: its key bytes (for an index that is not unique, the caller appended the
// primary key) and the primary key it leads to.
struct index_entry {
    dataset_id index{};
    std::string key;
    bool unique = false;
};
struct index_hit {
    std::string key;
    std::string primary_key;
};

enum class row_lock_mode : std::uint8_t { share, update };
enum class lock_wait : std::uint8_t { wait, nowait, skip };

// What locking a row found.
enum class row_state : std::uint8_t {
    unchanged,  // as in the snapshot
    changed,    // another transaction committed a change since: read it again, decide again
    gone,       // another transaction deleted it since
    skipped,    // locked by another, and the caller wants to skip
};
struct locked_row {
    row_state state = row_state::unchanged;
    std::string row;  // the newest published (or own) one; empty when gone or skipped
    // This very statement wrote or erased it: an UPDATE leaves it alone, ON CONFLICT DO UPDATE
    // fails (a row is changed at most once by a statement).
    bool by_this_statement = false;
};

// What a foreign key refers to: the row of a primary key, or an entry of a unique index.
struct reference_target {
    dataset_id dataset{};  // of the table or the index
    bool is_index = false;
    std::string key;
};

enum class isolation : std::uint8_t { read_committed, repeatable_read };

}  // namespace sluice::store
