// Tables behind the door: a transaction whose verbs are decided by the policy, on rows that others
// see all at once when it commits, with the audit records of what it did in the same commit.
//
// What a table is (columns, types, constraints) is a record of the SQL catalog; here it is a
// dataset_id and a name for the policy. Rows, keys and index entries come encoded.
//
// Isolation (PostgreSQL's rules): begin_statement() takes a new snapshot for READ COMMITTED; under
// REPEATABLE READ the first one is kept. Reads merge the transaction's own writes over the
// snapshot. Whoever writes or locks a row locks it first (lock_row): it waits for the transaction
// that holds it, then says whether the row changed since the snapshot. Under REPEATABLE READ
// `changed` and `gone` are answered as conflict (40001). Deadlocks: conflict, with text "deadlock".
// Locks are held until commit is published or roll_back; rolling back to a savepoint keeps them.
// get, scan and find_in_index see what earlier statements wrote, not this one; lock_row and the
// uniqueness checks see all of it. Checks at the end of a statement begin a statement of their own.
//
// Errors of all verbs: too_large by limits.transaction_bytes (the transaction can then only be
// rolled back; by limits.row_bytes, row_key_bytes only the verb failed), conflict also for a
// snapshot that is older than the journal keeps, cancelled, closed after the end, io_failed,
// corrupt. Verbs that wait for locks: deadline_exceeded (nowait too), overloaded.
//
// Thread rule: one coroutine at a time; cancel() from any thread. Lifetime: the guard outlives it.
// Destroying an open transaction rolls it back.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/guard/caller.hpp"
#include "auth/guard/guarded_logs.hpp"
#include "auth/guard/refusal.hpp"
#include "auth/guard/statement_objects.hpp"
#include "auth/policy/actions.hpp"
#include "backend/store/model/log_types.hpp"
#include "backend/store/model/records.hpp"
#include "backend/store/model/table_types.hpp"
#include "gateway/core/blocking_token.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice::auth {

class directory;
class guard_core;

// A table (or index of one) that the caller was allowed to use for `verb`, for one transaction.
struct table_grant {
    dataset_id table{};
    std::string name;  // "schema.table", the policy's resource
    action verb{};
};

// Rows of one range as the statement sees them, in key order. It stays valid while its transaction
// is open, also when the transaction writes (it does not see those writes: Halloween). next()
// blocks: it may read flash.
class row_cursor {
public:
    virtual ~row_cursor() = default;
    // At most `most` rows; empty at the end.
    virtual result<std::vector<store::stored_row>> next(std::size_t most, blocking_token token) = 0;
};

class table_transaction {
public:
    class implementation;
    explicit table_transaction(std::unique_ptr<implementation>);
    table_transaction(table_transaction&&) noexcept;
    table_transaction& operator=(table_transaction&&) noexcept;
    ~table_transaction();

    // A new snapshot where the isolation level says so, and a new command number.
    void begin_statement();
    lsn snapshot() const noexcept;
    // How long verbs wait for a lock (lock_timeout); zero: limits.row_lock_wait.
    void set_lock_wait(std::chrono::milliseconds most) noexcept;

    // Decided once per transaction, table and verb; reads are counted, writes are recorded in the
    // commit (with `rows`). `owner`: as the catalog says. permission_denied; not_found: dropped.
    // What a grant is good for: read: get, scan, find_in_index, shared locks. append: insert.
    // update: update, and reading and locking. delete_: erase, erase_all, and reading and locking.
    // alter, create, drop: all of these. All but read hold the table against lock_table and
    // erase_all of others until the end: look at the catalog again after it.
    task<guarded<table_grant>> use(caller const& who, std::string name, dataset_id table,
                                   action verb, principal_id owner = {});
    // What a foreign key brings about in another table, by the right to write the one of `cause`
    // (PostgreSQL: as its owner): read, update or delete_, counted and recorded as by use(), good
    // for nothing that the caller asks for later.
    task<guarded<table_grant>> use_by_key(caller const& who, table_grant const& cause,
                                          std::string name, dataset_id table, action verb);
    // update: nobody else uses the table for writing (alter, create or drop grants).
    task<result<void>> lock_table(table_grant const& of, store::row_lock_mode mode);

    // ---- reading ------------------------------------------------------------------------------
    // nullopt: no such row. First tries without leaving the thread (block cache), then on the pool.
    task<result<std::optional<store::stored_row>>> get(table_grant const& from, std::string key);
    // use() with read and then get(), where neither has to wait; nullopt: ask them. The answer's
    // row has no key.
    std::optional<guarded<std::optional<store::stored_row>>> read_at_once(
        caller const& who, std::string_view name, dataset_id table, std::string_view key,
        principal_id owner = {});
    result<std::unique_ptr<row_cursor>> scan(table_grant const& from, store::row_range range,
                                             bool backwards = false);
    // How much the range holds, roughly: for choosing plans. 0 without a grant to read.
    std::uint64_t approximate_bytes(table_grant const& from, store::row_range const& range) const;
    // Primary keys of an index range, in index order, at most limits.list_page of them.
    // invalid_argument: it is another table's index.
    task<result<std::vector<store::index_hit>>> find_in_index(table_grant const& from,
                                                              dataset_id index,
                                                              store::row_range range,
                                                              std::size_t most);

    // ---- locking and writing ------------------------------------------------------------------
    task<result<store::locked_row>> lock_row(table_grant const& from, std::string key,
                                             store::row_lock_mode mode, store::lock_wait wait);
    // The row, or a unique index entry, of that key exists already (own or published, after waiting
    // for whoever holds it): already_exists; `which` tells the index (0: the primary key).
    struct taken {
        dataset_id index{};
    };
    task<result<std::optional<taken>>> insert(table_grant const& into, std::string key,
                                              std::string row,
                                              std::vector<store::index_entry> entries);
    // lock_row said unchanged or changed before. `removed` and `added` are the entries that differ.
    task<result<std::optional<taken>>> update(table_grant const& in, std::string key,
                                              std::string row,
                                              std::vector<store::index_entry> removed,
                                              std::vector<store::index_entry> added);
    task<result<void>> erase(table_grant const& from, std::string key,
                             std::vector<store::index_entry> entries);
    // Foreign keys, as the store's table_transaction has them: `by` is the grant to write the
    // referring table, `of` the referenced one's.
    task<result<std::optional<bool>>> refer_to(table_grant const& by, store::reference_target to,
                                               store::lock_wait wait);
    task<result<void>> hold_reference(table_grant const& of, store::reference_target to);
    task<result<bool>> is_there(table_grant const& of, store::reference_target key);
    result<std::optional<std::string>> own_row(table_grant const& of, std::string_view key) const;
    void begin_check();
    void end_check();
    // Entries of a new index for a row that stays as it is; takes lock_table.
    task<result<std::optional<taken>>> add_entries(table_grant const& in, std::string key,
                                                   std::vector<store::index_entry> added);

    // ---- topics and objects
    // Verb read_log. What the statement's snapshot has of a topic: where each partition starts now
    // and ends then. Reading past these ends shows what came later.
    struct log_at_statement {
        readable_log log;
        std::vector<store::log_bounds> bounds;  // by partition
    };
    task<guarded<log_at_statement>> open_log(caller const& who, std::string topic);
    // Objects as the statement that was begun last sees them, also after later ones.
    result<statement_objects> objects();
    // Verb append, decided and recorded once per transaction and topic.
    task<guarded<store::topic_info>> use_topic(caller const& who, std::string topic);
    // `records` of a topic that use_topic gave to this caller, appended with the commit, all or
    // nothing: no offsets before it. The batches are of no producer and keep the topic's rules.
    // not_found: topic or partition; too_large: limits.append_bytes, append_parts. The topic may
    // still be dropped until the commit, which then answers not_found.
    result<void> append_records(caller const& who, store::log_append_part part,
                                std::uint64_t records);
    // It has records for that topic (as dataset) that are not there before the commit.
    bool appends_to(dataset_id topic) const noexcept;

    // Records of the SQL catalog (kind "sql" only), changed with the commit; read back through
    // record() at once. precondition_failed at commit when an expectation no longer holds.
    task<result<void>> change_records(std::vector<store::record_change> changes);
    task<result<std::optional<store::stored_record>>> record(store::record_name name);
    // A number block of a sequence: never rolled back, durable before it is used (gaps after a
    // crash are allowed). The first of `count`.
    task<result<std::int64_t>> advance_counter(std::string name, std::int64_t count);
    // A dataset id that was never given out.
    task<result<dataset_id>> new_dataset_id();
    // Every row and index entry of a dropped or truncated table goes with the commit. Waits for
    // those who write it. The ids are dead from then on (their keys are erased in the background):
    // TRUNCATE goes on with new ones, in the catalog too.
    task<result<void>> erase_all(table_grant const& of, std::vector<dataset_id> indexes);
    // The same for one index of a table that stays; takes lock_table.
    task<result<void>> erase_index(table_grant const& of, dataset_id index);
    // The audit line of a statement that changes definitions (create, drop, alter, grant).
    task<guarded<void>> permit_definition(caller const& who, action verb, std::string name,
                                          principal_id owner = {});

    // ---- ends ---------------------------------------------------------------------------------
    enum class savepoint : std::uint64_t {};
    savepoint set_savepoint();
    void roll_back_to(savepoint);
    // Durable and published when it returns. conflict, precondition_failed, no_space: rolled back.
    task<result<lsn>> commit();
    void roll_back();
    bool wrote() const noexcept;
    void cancel();  // a wait under way ends with cancelled

private:
    std::unique_ptr<implementation> implementation_;
};

// Who is there, for catalogs that show it; nothing of how they prove it.
struct known_principal {
    principal_id id{};
    std::string name;
    principal_kind kind{};
    bool enabled = true;
    std::vector<principal_id> member_of;
};
using known_principals = std::shared_ptr<std::vector<known_principal> const>;

// What a question about rights is about.
struct asked_dataset {
    enum class kind : std::uint8_t { table, topic, bucket };
    kind what = kind::table;
    std::string name;
};

class guarded_tables {
public:
    explicit guarded_tables(guard_core& core) noexcept : core_(core) {}

    // Takes no snapshot before the first begin_statement.
    table_transaction begin(caller const& who, store::isolation level);

    // Root and all who were added, by name; the same list as long as nobody came, changed or went.
    known_principals principals();
    // For work on a table that no statement's transaction carries (a sequence's next value): decided and
    // counted; a denial is recorded before the answer.
    task<guarded<void>> permit(caller const& who, action verb, std::string name,
                               principal_id owner = {});
    // The same at once, where it is a yes; after a no, permit() is asked, which tells of it.
    bool permits(caller const& who, action verb, std::string name, principal_id owner = {}) const;
    // What the policy would say now to `of`, asked over the caller's connection: an answer about
    // rights (has_table_privilege), no access: neither counted nor recorded.
    bool would_allow(caller const& who, principal_id of, action verb, asked_dataset what,
                     principal_id owner = {}) const;

private:
    guard_core& core_;
    std::mutex mutex_;
    std::shared_ptr<directory const> people_;  // that the list is of
    known_principals list_;
};

}  // namespace sluice::auth
