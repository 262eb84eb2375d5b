// What the parts of one session share: its caller, settings, transaction, caches and what waits to
// be told to the client. The session (session.hpp) owns one; executors get a reference.
//
// Transactions: `implicit` is opened by the first statement of a request and ended by the front's
// end_of_request; BEGIN makes it a `block`. An error fails the block until ROLLBACK. The store's
// transaction is made when a statement first needs it. DDL edits a catalog builder of the
// transaction (own_catalog is what its statements see) and is published after the commit.
//
// Thread rule: the session's executor, except where a pool thread runs for it while its coroutine
// waits; interrupt() from any thread.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "auth/guard/guarded_tables.hpp"
#include "gateway/core/blocking_pool.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/random.hpp"
#include "protocols/sql/execute/catalog_store.hpp"
#include "protocols/sql/execute/copy_lines.hpp"
#include "protocols/sql/execute/foreign_names.hpp"
#include "protocols/sql/execute/referential_work.hpp"
#include "protocols/sql/execute/relation_locks.hpp"
#include "protocols/sql/execute/sequence_store.hpp"
#include "protocols/sql/execute/session_settings.hpp"
#include "protocols/sql/execute/table_shape.hpp"
#include "protocols/sql/parse/parser.hpp"
#include "protocols/sql/sql_service.hpp"

namespace sluice::sql {

struct sql_limits {
    run_limits run;
    std::size_t cursors = 1'000;               // limits.sql_cursors
    std::size_t savepoints = 10'000;           // limits.sql_savepoints
    std::size_t notices = 1'000;               // kept for the client at a time
    // limits.sql_relation_lock_wait: ends circles through row locks.
    std::chrono::milliseconds relation_lock_wait{60'000};
    parse_limits parse;
    copy_limits copy;
    std::size_t foreign_relations = 2'000;  // limits.sql_foreign_relations: known and listed
    std::uint64_t object_bytes = 64U << 20U;  // limits.sql_object: content read as one value
    std::int64_t message_bytes = 1'048'588;   // kafka.message, where the topic says nothing
    std::size_t batch_bytes = 32U << 20U;     // limits.kafka_decompressed_batch
};

// The read engine and when it is used: for joins, groups, windows, sorts and sets over at least
// `native_rows` rows (estimated). Counts are of statements that read more than a few keys. Any
// thread.
struct engine_use {
    relational::read_engine* engine = nullptr;  // null: everything runs natively
    std::atomic<std::uint64_t> native_rows{0};  // limits.sql_native_rows
    std::atomic<std::uint64_t> statements{0};   // carried out by the engine
    std::atomic<std::uint64_t> declined{0};     // large enough, but not proven for it: natively
    std::atomic<std::uint64_t> native{0};       // too small for it, or nothing to gain
};

// What all sessions share; made by the daemon's wiring. Everything outlives the sessions.
struct sql_services {
    auth::guarded_tables& tables;
    auth::guarded_logs& logs;
    auth::guarded_buckets& buckets;
    catalog_store& catalog;
    relation_locks& locks;
    sequence_store& sequences;
    blocking_pool& pool;
    wall_clock const& clock;
    random_source& random;
    sql_limits limits;
    engine_use* engine = nullptr;
};

enum class block_state : std::uint8_t { none, implicit, block };
enum class interruption : std::uint8_t { none, user, statement_timeout, lock_timeout };

struct savepoint_mark {
    std::string name;
    std::optional<auth::table_transaction::savepoint> store;
    session_settings::saved settings;
    std::shared_ptr<catalog_builder const> definitions;  // null: none were changed
    std::size_t on_commit = 0;
    referential_work::mark references;
};

class session_context {
public:
    session_context(sql_services& services, auth::caller who, session_request what,
                    boost::asio::any_io_executor executor);
    session_context(session_context const&) = delete;
    session_context& operator=(session_context const&) = delete;
    ~session_context();

    // ---- transaction
    // Opens an implicit one where none is open.
    void need_transaction();
    auth::table_transaction& store_transaction();  // made at the first call
    bool has_store_transaction() const noexcept { return transaction_.has_value(); }
    // 25006 in a read-only transaction; `what` is the command's name.
    sql_result<void> refuse_read_only(std::string_view what) const;
    task<sql_result<void>> commit();
    // Where nothing was written; false: commit has to be awaited.
    bool commit_at_once();
    void roll_back();
    sql_result<void> set_savepoint(std::string name);
    sql_result<void> release_savepoint(std::string_view name);
    sql_result<void> roll_back_to(std::string_view name);

    // ---- definitions
    // With the topics and buckets that this session knows.
    catalog_ptr catalog() const;
    // The builder of this transaction, after taking the catalog lock.
    task<sql_result<catalog_builder*>> change_catalog();
    void catalog_changed();  // the transaction's own statements see the builder as it is now
    analysis_settings analysis() const;
    sql_result<table_shape_ptr> shape_of(relation_ptr const& table);
    // Made or truncated in the innermost open savepoint (or the transaction, where there is none).
    void note_rewritten(object_oid table) { rewritten_[table] = savepoints.size(); }
    bool is_rewritten(object_oid table) const;

    // ---- locks and interruptions
    task<sql_result<void>> lock_relation(relation const& what, relation_lock_mode mode,
                                         bool nowait = false);
    void interrupt(interruption why);
    // A query of the read engine that an interruption cancels too; null: it is gone.
    void running(relational::result_stream* stream);
    // The error to answer for a wait or run that was interrupted.
    sql_error interrupted_error();
    sql_error error_of(failure const& what);  // conflict, cancelled, ... as this session means it
    void begin_command();  // clears an interruption that came too early, takes the time

    // ---- evaluation
    evaluation_context& base_context();  // of this statement, without columns
    std::int64_t now_micros() const;

    void notice(std::string severity, sql_error what);

    sql_services& services;
    auth::caller who;
    std::string const user, database;
    std::int32_t const process_id;
    boost::asio::any_io_executor const executor;
    // Shared with the catalog snapshots of this session.
    std::shared_ptr<foreign_names> const foreign;
    session_settings settings;
    prepared_statements prepared;
    relation_locks::owner const locker;

    block_state block = block_state::none;
    bool failed = false;
    std::uint64_t transactions_ended = 0;
    std::int64_t transaction_time = 0, statement_time = 0;
    std::vector<savepoint_mark> savepoints;
    std::shared_ptr<catalog_builder> definitions;
    catalog_ptr own_catalog;
    std::vector<std::function<void()>> on_commit;  // after it is durable

    std::vector<session_notice> notices;
    std::map<object_oid, std::int64_t> current_values;  // currval
    std::optional<object_oid> last_sequence;
    std::atomic<interruption> interrupted{interruption::none};

    referential_work references;
    // While a foreign key's action or check runs: by which right.
    auth::table_grant const* key_cause = nullptr;
    std::function<task<sql_result<void>>()> check_deferred;  // before a commit
    // use() of the store's transaction; use_by_key() within a foreign key's action.
    task<auth::guarded<auth::table_grant>> use_table(relation const& table, auth::action verb);

    sequence_access* sequence_functions = nullptr;
    settings_access* setting_functions = nullptr;
    catalog_functions* system_functions = nullptr;
    std::function<bool()> has_cursors;    // any open
    std::function<void()> close_cursors;  // called at the end of a transaction
    std::function<task<sql_result<void>>()> hold_cursors;  // before a commit

private:
    void end_transaction(bool committed);
    sql_error commit_error(failure const& what);

    std::optional<auth::table_transaction> transaction_;
    mutable std::mutex catalog_mutex_;
    mutable catalog_ptr catalog_base_, catalog_with_names_;
    std::mutex interrupt_mutex_;
    auth::table_transaction* interruptible_ = nullptr;
    std::map<object_oid, std::size_t> rewritten_;  // open savepoints then
    relational::result_stream* running_ = nullptr;
    std::int64_t lock_wait_ = 0;  // as the store's transaction was told
    mutable catalog_ptr published_;             // as last looked at
    mutable std::uint64_t published_number_ = 0;
    bool has_locks_ = false;  // of relations, perhaps
    std::unordered_map<std::uint32_t, table_shape_ptr> shapes_;
    std::uint64_t shapes_version_ = 0;
    evaluation_context base_;
    std::uint64_t base_settings_ = 0;
    std::uint64_t base_catalog_ = 0;
    catalog_ptr types_of_;
    std::unique_ptr<type_catalog> types_;
    session_settings::saved settings_before_;
};

}  // namespace sluice::sql
