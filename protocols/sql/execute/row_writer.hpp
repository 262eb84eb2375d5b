// Writes rows of one table for one statement: generated columns, NOT NULL and CHECK, keys and index
// entries, and PostgreSQL's errors for what is taken. One writer per statement and table.
//
// Thread rule: the session's executor. Lifetime: session, run and shape outlive it.
#pragma once

#include <set>

#include "protocols/sql/execute/planned_statement.hpp"
#include "protocols/sql/execute/session_context.hpp"
#include "protocols/sql/execute/session_sequences.hpp"

namespace sluice::sql {

class row_writer {
public:
    row_writer(session_context& session, session_sequences& sequences, table_shape_ptr shape,
               statement_run& run)
        : session_(session), sequences_(sequences), shape_(std::move(shape)), run_(run) {}

    // Locks the table and asks the guard. 42501.
    task<sql_result<void>> permit(auth::action verb);

    // Evaluates, reserving sequence values on the way.
    task<sql_result<datum>> value(expression const& of, frame const& seen);

    // The row with generated columns, after NOT NULL and CHECK.
    sql_result<row_box_ptr> checked(sql_row values);

    // What stands in the way of an insert; no index: nothing, it is written.
    struct outcome {
        shape_index const* taken = nullptr;
        bool taken_primary = false;
        row_box_ptr row;  // with its key
        bool written() const noexcept { return taken == nullptr; }
    };
    task<sql_result<outcome>> try_insert(row_box_ptr row);
    task<sql_result<row_box_ptr>> insert(row_box_ptr row);  // 23505
    // `old` is what lock() gave.
    task<sql_result<row_box_ptr>> update(row_box_ptr old, row_box_ptr changed);
    task<sql_result<void>> erase(row_box_ptr old);

    // The row of that key, locked.
    task<sql_result<locked_row_box>> lock(row_box_ptr seen, store::row_lock_mode mode,
                                  store::lock_wait wait);
    // The primary key behind a unique index entry of this row; nullopt: gone meanwhile.
    task<sql_result<std::optional<std::string>>> holder_of(shape_index const& index,
                                                           row_box_ptr row);

    // What the store answered to a lock of `seen`, as a row.
    static sql_result<locked_row_box> locked_box(store::locked_row const& got, row_box_ptr seen,
                                                 table_shape const& shape, io_context const& io);

    table_shape const& shape() const noexcept { return *shape_; }
    sql_error duplicate_error(shape_index const& index, row_box_ptr const& row);

private:
    // Foreign keys (row_references.cpp). `before`: what it was, where it is an update. Checks that
    // fail now are tried again at the end of the statement or transaction.
    task<sql_result<void>> note_references(row_box_ptr row, row_box_ptr before);
    // `after`: null where the row went.
    task<sql_result<void>> note_referenced(row_box_ptr before, row_box_ptr after);
    task<sql_result<outcome>> put_row(row_box_ptr row);
    task<sql_result<row_box_ptr>> moved(row_box_ptr old, row_box_ptr changed);
    task<sql_result<void>> erase_row(row_box_ptr const& old);
    auth::table_grant const& any_grant(std::initializer_list<auth::action> verbs) const;
    auth::table_grant const& grant(auth::action verb) const;
    std::string failing_row(sql_row const& values) const;
    sql_error table_error(char const (&state)[6], std::string text) const;
    task<sql_result<std::string>> new_key(row_box_ptr const& row);

    session_context& session_;
    session_sequences& sequences_;
    table_shape_ptr shape_;
    statement_run& run_;
    std::map<auth::action, auth::table_grant> grants_;
    std::int64_t hidden_next_ = 0, hidden_end_ = 0;
};

}  // namespace sluice::sql
