// One transaction over rows, index entries and records: what it wrote is kept in memory and merged
// over the published snapshot when it reads; commit turns it into one journal commit. Isolation,
// locks and what each verb answers: gateway/design/0008-tables.md.
//
//     begin_statement();                         // before anything else, and for every statement
//     lock_row / insert / update / erase ...     // lock first, then decide, then write
//     commit(audit) or roll_back()
//
// Locks are held until the commit is published or roll_back. Every waiting verb ends with
// deadline_exceeded (lock_wait), conflict ("deadlock") or cancelled. After too_large by
// limits.transaction_bytes only roll_back is left.
//
// Thread rule: one coroutine at a time; its cursors on other threads; cancel() from any thread.
// Lifetime: the engine outlives it; while it is open it counts as a use. Destroying it rolls it
// back.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/store/attached_appends.hpp"
#include "backend/store/audit_records.hpp"
#include "backend/store/change.hpp"
#include "backend/store/model/records.hpp"
#include "backend/store/model/table_types.hpp"
#include "backend/store/statement_reader.hpp"
#include "backend/store/table_cursor.hpp"
#include "gateway/core/task.hpp"

namespace sluice::store {

class engine;

class table_transaction {
public:
    table_transaction(engine&, isolation);
    table_transaction(table_transaction const&) = delete;
    ~table_transaction();

    void begin_statement();
    lsn snapshot() const noexcept;
    // Zero: limits.row_lock_wait.
    void set_lock_wait(std::chrono::milliseconds most) noexcept { lock_wait_ = most; }
    void cancel() noexcept;   // until the next begin_statement

    // Writers hold a table shared against whoever changes its definition or drops it; held until
    // the end. not_found: it was dropped.
    task<result<void>> hold_table(dataset_id table, row_lock_mode mode);

    // An id that was given to this transaction just now: until it commits nobody else can know it,
    // so that keys under it need no locks and nothing is published there.
    void adopt(dataset_id fresh) { adopted_.push_back(fresh); }

    // ---- reading: as of the statement's start
    task<result<std::optional<stored_row>>> get(dataset_id table, std::string key);
    // The same from memory alone, without the key in the answer; nullopt: the device has to be
    // asked.
    std::optional<result<std::optional<stored_row>>> get_at_once(dataset_id table,
                                                                 std::string_view key);
    result<std::unique_ptr<table_cursor>> scan(dataset_id table, row_range range, bool backwards);
    // Of what is published, roughly: for choosing plans.
    std::uint64_t approximate_bytes(dataset_id table, row_range const& range) const;
    // The first `most` of the range, capped by limits.list_page. invalid_argument: it is another
    // table's index.
    task<result<std::vector<index_hit>>> find_in_index(dataset_id table, dataset_id index,
                                                       row_range range, std::size_t most);

    // ---- locking and writing
    task<result<locked_row>> lock_row(dataset_id table, std::string key, row_lock_mode mode,
                                      lock_wait wait);
    // What is there already: the row (no index) or the entry of a unique index. Nothing was
    // written then.
    using taken = std::optional<dataset_id>;
    task<result<taken>> insert(dataset_id table, std::string key, std::string row,
                               std::vector<index_entry> entries);
    task<result<taken>> update(dataset_id table, std::string key, std::string row,
                               std::vector<index_entry> removed, std::vector<index_entry> added);
    task<result<void>> erase(dataset_id table, std::string key, std::vector<index_entry> entries);
    // ---- references from rows of other tables (foreign keys)
    // The key of a row, or its entry in a unique index: shared by whoever writes a reference to it,
    // exclusively by whoever takes it away. Changes of the row that leave the key alone need neither.
    task<result<void>> hold_reference(reference_target, row_lock_mode mode);
    // Holds it shared and answers whether it is there, own writes included. REPEATABLE READ: as the
    // snapshot has it; conflict where it went since. nullopt: another holds it, without waiting.
    task<result<std::optional<bool>>> refer_to(reference_target, lock_wait wait);
    // The same without a lock or a snapshot: own writes, else what is published.
    task<result<bool>> is_there(reference_target);
    // What this transaction wrote last under a row's key; nullopt: nothing, or it was erased.
    std::optional<std::string> own_row(dataset_id table, std::string_view key) const;
    // Checks at the end of a statement see what is published now and all own writes, in REPEATABLE
    // READ too; rows that changed since its snapshot cannot be locked then (conflict).
    void begin_check();
    void end_check();

    // Entries of a new index for a row that stays as it is. The table is held exclusively.
    task<result<taken>> add_entries(dataset_id table, std::string key,
                                    std::vector<index_entry> added);
    // Holds the table exclusively; the ids are dead from the commit on, and their keys are erased
    // in the background.
    task<result<void>> drop(dataset_id table, std::vector<dataset_id> datasets);

    // ---- records, read from what is published at the moment
    task<result<void>> change_records(std::vector<record_change> changes);
    task<result<std::optional<stored_record>>> record(record_name name);

    // ---- topics and objects
    // As the statement that was begun last sees them. conflict from its verbs: see there.
    result<statement_reader> faces();
    // Whole batches of no producer, checked before, appended with the commit; see attached_appends.
    result<void> append(topic_handle topic, partition_index partition, std::string_view batches);
    bool appends_to(dataset_id topic) const noexcept { return appends_.has(topic); }

    // Something else that becomes part of the commit: asked at commit, after all locks of this
    // transaction were taken.
    using commit_part = std::function<task<result<void>>(engine&, change&)>;
    void attach(commit_part part);

    // ---- ends
    using savepoint = table_write_set::mark;
    savepoint set_savepoint() { return writes_->set_mark(); }
    void roll_back_to(savepoint);
    // precondition_failed, conflict, too_large, no_space, ...: rolled back. outcome_unknown: only a
    // restart tells.
    task<result<lsn>> commit(audit_records audit);
    void roll_back();
    bool wrote() const noexcept {
        return !writes_->empty() || !appends_.empty() || !parts_.empty();
    }
    bool is_open() const noexcept { return state_ != state::ended; }

private:
    enum class state : std::uint8_t { open, broken, ended };
    enum class presence : std::uint8_t { absent, own_erased, present };
    // Shared with the waits under way.
    struct wait_control {
        lock_table& table;
        std::uint64_t owner;
        std::atomic<bool> cancelled{false};
    };

    result<void> usable() const;
    // False: skipped.
    task<result<bool>> acquire(lock_name name, lock_mode mode, lock_wait wait);
    task<result<presence>> look_for(std::string const& key);
    bool dropped_by_us(dataset_id) const;
    bool is_adopted(dataset_id) const;
    // For a key that is written; nothing to do under adopted ids.
    task<result<void>> lock_key(dataset_id, std::string const& whole_key);
    task<result<presence>> look_under(dataset_id, std::string const& whole_key);
    result<void> may_write(dataset_id table, std::string_view key, std::size_t row_bytes,
                           std::vector<index_entry> const& entries) const;
    // Locks unique entries; the first that is taken.
    struct claim {
        taken found;
        std::vector<bool> absent;   // of each entry: nothing is published under it
    };
    task<result<claim>> claim_entries(std::vector<index_entry> const& entries);
    task<result<void>> lock_entries(std::vector<index_entry> const& entries);
    void put_entries(dataset_id table, std::string const& key,
                     std::vector<index_entry> const& entries, claim const&, bool row_is_new);
    void erase_entries(std::vector<index_entry> const& entries);
    result<void> account();
    lsn changed_since() const noexcept;
    statement_view now() const { return {snapshot_, writes_, command_}; }

    task<result<lsn>> try_commit(audit_records audit);
    task<result<void>> settle_records();
    task<result<void>> write_chunks(change& work, kv::mutation_batch first, std::string from,
                                    bool& only_frees);
    std::string fill(kv::mutation_batch&, std::string_view from, bool& only_frees) const;

    engine& store_;
    std::shared_ptr<void> use_;                       // until the end
    isolation const isolation_;
    std::chrono::milliseconds lock_wait_{0};
    std::shared_ptr<lock_set> locks_;                 // shared with the commit in flight
    std::shared_ptr<wait_control> const control_;     // shared with waits under way
    std::shared_ptr<table_write_set> writes_;         // shared with the cursors
    std::shared_ptr<held_snapshot> snapshot_;         // shared with the cursors
    std::shared_ptr<held_snapshot> before_check_;     // of REPEATABLE READ, within a check
    attached_appends appends_;
    std::vector<commit_part> parts_;
    command_number command_{};
    std::vector<dataset_id> adopted_;
    std::size_t accounted_ = 0;
    bool has_drops_ = false;
    state state_ = state::open;
};

}  // namespace sluice::store
