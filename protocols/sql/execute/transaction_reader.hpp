// Rows of every kind of relation as one statement sees them: tables through the transaction's
// snapshot and own writes, sequences, catalog relations, topics, buckets and the audit log.
//
// grants() decides first, on the session's executor; open() and the streams then run on a pool
// thread while the session waits. Lifetime: the session, the statement's portal and its token.
#pragma once

#include <map>

#include "gateway/core/blocking_token.hpp"
#include "protocols/sql/execute/access_path.hpp"
#include "protocols/sql/execute/foreign_rows.hpp"
#include "protocols/sql/execute/planned_statement.hpp"
#include "protocols/sql/execute/session_context.hpp"
#include "protocols/sql/execute/policy_names.hpp"

namespace sluice::sql {

class transaction_reader final : public relation_reader {
public:
    explicit transaction_reader(session_context& session) : session_(session), foreign_(session) {}

    // Asks the guard for every relation that the plan reads. 42501.
    task<sql_result<void>> permit(planned_statement const& plan);
    task<sql_result<void>> permit(relation_ptr const& each);
    auth::table_grant const* grant_of(object_oid relation) const noexcept;

    sql_result<std::unique_ptr<box_stream>> open(range_entry const& entry, std::uint32_t self,
                                                 std::vector<expression_ptr> const& conditions,
                                                 frame const& seen, statement_run& run) override;
    sql_result<std::unique_ptr<cell_stream>> open_cells(
        range_entry const& entry, std::uint32_t self, std::vector<std::uint32_t> const& columns,
        std::vector<expression_ptr> const& conditions, frame const& seen,
        statement_run& run) override;
    std::uint64_t estimated_rows(range_entry const& entry, std::uint32_t self,
                                 std::vector<expression_ptr> const& conditions, frame const& seen,
                                 statement_run& run) override;
    void running(relational::result_stream* stream) override;

    sql_result<locked_row_box> lock(row_box_ptr row, store::row_lock_mode mode,
                                    store::lock_wait wait) override;

private:
    task<sql_result<locked_row_box>> lock_step(row_box_ptr row, store::row_lock_mode mode,
                                               store::lock_wait wait);
    task<sql_result<auth::table_grant>> locking_grant(relation_ptr table);
    struct table_path {
        auth::table_grant grant;
        table_shape_ptr shape;
        access_path path;
    };
    sql_result<table_path> path_of(relation_ptr const& table, std::uint32_t self,
                                   std::vector<expression_ptr> const& conditions,
                                   frame const& seen, statement_run& run);
    sql_result<std::unique_ptr<box_stream>> open_table(
        relation_ptr const& table, range_entry const& entry, std::uint32_t self,
        std::vector<expression_ptr> const& conditions, frame const& seen, statement_run& run);
    sql_result<std::unique_ptr<box_stream>> open_sequence(relation_ptr const& sequence);

    session_context& session_;
    std::map<object_oid, auth::table_grant> grants_, locking_;
    foreign_sources foreign_;
};

sql_error permission_error(relation const& of);

// Keeps rows that were made at once.
class kept_boxes final : public box_stream {
public:
    explicit kept_boxes(row_boxes rows) : rows_(std::move(rows)) {}
    sql_result<row_box_ptr> next() override {
        if (at_ >= rows_.size()) return row_box_ptr();
        return std::move(rows_[at_++]);
    }

private:
    row_boxes rows_;
    std::size_t at_ = 0;
};

}  // namespace sluice::sql
