// What expressions of a running query see: the current row of each FROM item, level by level. The
// streams of a query (tuple_stream.hpp) put rows into its frame; evaluation reads them there.
//
// Rows are shared and immutable (row_box): joins, sorts and groups keep pointers. Thread rule: a
// run and its frames belong to one thread at a time. Lifetime: a frame outlives the streams that
// write into it and lives inside the query's result stream; `outer` outlives it.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "backend/query/read_engine.hpp"
#include "backend/store/model/table_types.hpp"
#include "gateway/core/memory_allowance.hpp"
#include "gateway/core/blocking_token.hpp"
#include "protocols/sql/catalog/catalog.hpp"
#include "protocols/sql/functions/evaluate.hpp"
#include "protocols/sql/sql_session.hpp"
#include "protocols/sql/types/value_weight.hpp"

namespace sluice::sql {

using sql_row = std::vector<datum>;

struct row_box {
    sql_row values;       // by column; what is not read is null
    std::string key;      // of a stored row
    object_oid table{};   // of a stored row
    // Counted by a holder of the run it belongs to: others that keep it too count nothing.
    mutable bool counted = false;
};
using row_box_ptr = std::shared_ptr<row_box const>;
using row_boxes = std::vector<row_box_ptr>;

struct frame final : column_source {
    frame const* outer = nullptr;
    query const* body = nullptr;  // null: a statement's own level
    std::vector<common_table> const* tables = nullptr;
    row_boxes rows;  // by range table entry; null: made up by an outer join, all columns null
    // Columns that the current grouping set does not have, (relation << 32 | column).
    std::vector<std::uint64_t> const* absent = nullptr;
    std::unordered_map<expression const*, datum> const* computed = nullptr;
    // WITH queries of this level that ran, by index.
    mutable std::vector<std::shared_ptr<row_boxes const>> common;

    datum const& value(column_reference const& column) const override;
    sql_result<datum> whole_row(whole_row_reference const& row) const override;
    sql_result<datum> system_column(system_column_reference const& column) const override;
    frame const& up(std::uint32_t levels) const;
};

struct run_limits {
    std::size_t memory_bytes = 256U << 20U;  // limits.sql_memory: rows a statement may hold
    memory_allowance* shared = nullptr;      // limits.request_memory, for all of them; null: no bound
    std::size_t page_rows = 2'000;
    std::size_t page_bytes = 1U << 20U;
    std::size_t recursion = 1'000'000;  // rounds of WITH RECURSIVE
    std::size_t subquery_depth = 200;
};

class statement_run;

// Rows of one relation as cells of the columns that were asked for, for the read engine.
class cell_stream {
public:
    virtual ~cell_stream() = default;
    // As relational::row_stream's.
    virtual sql_result<std::size_t> next(relational::row_sink& to, std::size_t most) = 0;
};

// Rows of what is not a table of ours: catalogs, topics, buckets, the audit log.
class box_stream {
public:
    virtual ~box_stream() = default;
    virtual sql_result<row_box_ptr> next() = 0;  // null: the end
};

// A row that was locked: null where it is gone or skipped. `changed`: it is not the one that the
// snapshot has.
struct locked_row_box {
    row_box_ptr row;
    bool changed = false;
};

// Where a run gets rows from; implemented by the session over its transaction.
class relation_reader {
public:
    virtual ~relation_reader() = default;
    // The rows of one relation that `conditions` (over relation `self` of `seen`) may hold for:
    // the reader may use them as key bounds and must not drop any row that fulfils them.
    virtual sql_result<std::unique_ptr<box_stream>> open(
        range_entry const& entry, std::uint32_t self,
        std::vector<expression_ptr> const& conditions, frame const& seen, statement_run& run) = 0;
    // The same rows as cells of `columns`. null: this reader has no shorter way than open().
    virtual sql_result<std::unique_ptr<cell_stream>> open_cells(
        range_entry const&, std::uint32_t, std::vector<std::uint32_t> const&,
        std::vector<expression_ptr> const&, frame const&, statement_run&) {
        return std::unique_ptr<cell_stream>();
    }
    // How many, roughly; 0: nobody knows. For choosing plans.
    virtual std::uint64_t estimated_rows(range_entry const&, std::uint32_t,
                                         std::vector<expression_ptr> const&, frame const&,
                                         statement_run&) {
        return 0;
    }
    // What an interruption of the statement has to end besides; null: no longer.
    virtual void running(relational::result_stream*) {}
    // Locks one of those rows without waiting for other transactions (`wait` is nowait or skip).
    virtual sql_result<locked_row_box> lock(row_box_ptr row, store::row_lock_mode mode,
                                            store::lock_wait wait) = 0;
};

// One execution of a statement: what evaluation needs, and the bounds it must keep.
class statement_run final : public subquery_runner {
public:
    statement_run(evaluation_context with, relation_reader& reader, run_limits limits);

    sql_result<datum> value(expression const& of, frame const& seen);
    sql_result<bool> holds(expression const& condition, frame const& seen);
    sql_result<datum> run(subquery_expression const&, std::span<datum const> left, sql_type result,
                          evaluation_context&) override;

    // 53200 past the limit. Given back by forget().
    sql_result<void> remember(std::size_t bytes);
    void forget(std::size_t bytes) noexcept { held_.drop(bytes); }
    // 53200 where so much more at the same time would be too much.
    sql_result<void> room_for(std::size_t bytes) const;
    sql_result<void> check_cancelled() const;

    evaluation_context context;
    relation_reader& reader;
    run_limits const limits;
    frame const* current = nullptr;  // whose `computed` is looked at first
    std::size_t depth = 0;

private:
    struct known_rows;
    sql_result<std::shared_ptr<known_rows const>> rows_of(query const& body, bool keep);

    memory_account held_;
    std::unordered_map<query const*, std::shared_ptr<known_rows const>> known_;
    std::unordered_map<query const*, bool> uncorrelated_;
};

// Memory that one holder of rows remembered; given back when it goes.
class memory_tally {
public:
    explicit memory_tally(statement_run& run) : run_(run) {}
    memory_tally(memory_tally const&) = delete;
    memory_tally& operator=(memory_tally const&) = delete;
    ~memory_tally() { clear(); }

    sql_result<void> add(std::size_t bytes) {
        bytes_ += bytes;
        return run_.remember(bytes);
    }
    // The rows themselves where nobody counted them yet, and the pointers to them.
    sql_result<void> add_rows(row_boxes const& rows);
    void drop(std::size_t bytes) noexcept {
        bytes = std::min(bytes, bytes_);
        bytes_ -= bytes;
        run_.forget(bytes);
    }
    void clear() noexcept { drop(bytes_); }

private:
    statement_run& run_;
    std::size_t bytes_ = 0;
};

}  // namespace sluice::sql
