// How one table's rows are stored: physical kinds, row and key encoding, index entries, checks and
// generated columns, compiled once per catalog version. Bytes: gateway/design/0008-tables.md.
//
// Immutable after make(), shared by the statements of a session. Evaluating checks, index
// expressions and generated columns needs a run (run_frame.hpp). Thread rule: any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/store/model/row_codec.hpp"
#include "backend/store/model/table_types.hpp"
#include "protocols/sql/analyze/analyzer.hpp"
#include "protocols/sql/execute/foreign_key.hpp"
#include "protocols/sql/execute/run_frame.hpp"

namespace sluice::sql {

struct shape_index {
    relation_ptr relation;
    dataset_id dataset{};
    bool unique = false, primary = false, nulls_not_distinct = false;
    struct key_column {
        std::int16_t number = 0;  // 0: expression
        expression_ptr expression;
        sql_type type;
        std::string text;  // of the expression
    };
    std::vector<key_column> keys;
    expression_ptr predicate;
};

class table_shape {
public:
    static sql_result<std::shared_ptr<table_shape const>> make(relation_ptr table,
                                                               catalog_snapshot const& catalog,
                                                               analysis_settings const& settings);

    relation const& table() const noexcept { return *table_; }
    relation_ptr const& table_pointer() const noexcept { return table_; }
    shape_index const* primary() const noexcept { return primary_; }  // null: hidden key
    std::vector<shape_index> const& indexes() const noexcept { return indexes_; }
    shape_index const* find_index(object_oid oid) const noexcept;
    shape_index const* find_index(dataset_id dataset) const noexcept;

    // Columns not in `read` stay null (empty: all are read).
    sql_result<row_box_ptr> decode(std::string key, std::string_view stored,
                                   std::vector<bool> const& read, io_context const& io) const;
    // These columns, in that order.
    sql_result<sql_row> decode_columns(std::string_view stored,
                                       std::vector<std::uint32_t> const& columns,
                                       io_context const& io) const;
    std::string encode(sql_row const& row, io_context const& io) const;

    // Encoded key columns of an index (no primary key appended); `any_null` says whether one is
    // null. For an index expression the run evaluates over `seen` with the row as relation 0.
    sql_result<std::string> key_of(shape_index const& index, row_box_ptr const& row,
                                   statement_run& run, bool* any_null = nullptr) const;
    // The values behind it, for messages.
    sql_result<sql_row> key_values(shape_index const& index, row_box_ptr const& row,
                                   statement_run& run) const;
    static std::string hidden_key(std::int64_t number);

    // The entries of all secondary indexes for a row whose primary key is `key`.
    sql_result<std::vector<store::index_entry>> entries(row_box_ptr const& row,
                                                        std::string const& key,
                                                        statement_run& run) const;

    struct check {
        std::string name;
        expression_ptr condition;
    };
    std::vector<check> const& checks() const noexcept { return checks_; }  // by name
    struct generated {
        std::int16_t number = 0;
        expression_ptr value;
    };
    std::vector<generated> const& generated_columns() const noexcept { return generated_; }
    // Foreign keys of this table, and those of all tables that refer to it; by oid.
    std::vector<foreign_key> const& references() const noexcept { return references_; }
    std::vector<foreign_key> const& referenced_by() const noexcept { return referenced_by_; }
    std::vector<store::column_kind> const& kinds() const noexcept { return kinds_; }
    // Of rows written before ADD COLUMN.
    datum const& missing(std::size_t column) const { return missing_[column]; }

private:
    sql_result<void> add_index(relation_ptr index, catalog_snapshot const& catalog,
                               analysis_settings const& settings);

    relation_ptr table_;
    std::vector<store::column_kind> kinds_;
    std::vector<shape_index> indexes_;
    shape_index const* primary_ = nullptr;
    std::vector<check> checks_;
    std::vector<generated> generated_;
    std::vector<datum> missing_;
    std::vector<foreign_key> references_, referenced_by_;
};
using table_shape_ptr = std::shared_ptr<table_shape const>;

// An expression kept as text in the catalog, over the table's row.
sql_result<expression_ptr> compile_expression(std::string_view text, relation const* table,
                                              expression_place place, sql_type wanted,
                                              std::string_view column,
                                              catalog_snapshot const& catalog,
                                              analysis_settings const& settings);

// One value as the catalog keeps it (column::missing_value), and back.
std::string encode_missing(sql_type type, datum const& value, io_context const& io);
sql_result<datum> decode_missing(sql_type type, std::string_view kept, io_context const& io);

// The smallest key after all that begin with `prefix`; empty: there is none.
std::string after_prefix(std::string prefix);

}  // namespace sluice::sql
