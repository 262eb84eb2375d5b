#include "protocols/sql/execute/table_shape.hpp"

#include <algorithm>

#include "protocols/sql/parse/parser.hpp"
#include "protocols/sql/types/row_values.hpp"

namespace sluice::sql {

sql_result<expression_ptr> compile_expression(std::string_view text, relation const* table,
                                              expression_place place, sql_type wanted,
                                              std::string_view column,
                                              catalog_snapshot const& catalog,
                                              analysis_settings const& settings) {
    auto const parsed = parse_expression(text);
    if (parsed.has_error()) return parsed.error();
    return analyze_expression(*parsed, table, place, wanted, column, catalog, settings);
}

std::string after_prefix(std::string prefix) {
    while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xFFU) prefix.pop_back();
    if (!prefix.empty())
        prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
    return prefix;
}

std::string encode_missing(sql_type type, datum const& value, io_context const& io) {
    return store::encode_row({column_kind_of(type.oid)}, {to_column_value(type.oid, value, io)});
}

sql_result<datum> decode_missing(sql_type type, std::string_view kept, io_context const& io) {
    auto const row = store::decode_row(kept, {column_kind_of(type.oid)}, {0});
    if (row.has_error()) return to_sql_error(row.error());
    if (!row->front()) return datum(sql_null{});
    return from_column_view(type.oid, *row->front(), io);
}

sql_result<table_shape_ptr> table_shape::make(relation_ptr table, catalog_snapshot const& catalog,
                                              analysis_settings const& settings) {
    auto out = std::make_shared<table_shape>();
    out->table_ = table;
    io_context const plain;
    for (auto const& column : table->columns) {
        out->kinds_.push_back(column_kind_of(column.type.oid));
        datum missing{sql_null{}};
        if (column.missing_value) {
            auto value = decode_missing(column.type, *column.missing_value, plain);
            if (value.has_error()) return std::move(value).error();
            missing = std::move(*value);
        }
        out->missing_.push_back(std::move(missing));
        if (!column.generated || column.dropped || !column.default_text) continue;
        auto value = compile_expression(*column.default_text, table.get(),
                                        expression_place::generated_column, column.type,
                                        column.name, catalog, settings);
        if (value.has_error()) return std::move(value).error();
        out->generated_.push_back({column.number, std::move(*value)});
    }
    for (auto const& constraint : table->constraints) {
        if (constraint.what != constraint::kind::check) continue;
        auto condition = compile_expression(constraint.check_text, table.get(),
                                            expression_place::check_constraint, {type_oid{16}, -1},
                                            {}, catalog, settings);
        if (condition.has_error()) return std::move(condition).error();
        out->checks_.push_back({constraint.name, std::move(*condition)});
    }
    std::sort(out->checks_.begin(), out->checks_.end(),
              [](check const& left, check const& right) { return left.name < right.name; });
    for (auto const oid : table->indexes) {
        auto const index = catalog.find_relation(oid);
        if (!index || !index->index) continue;
        auto const added = out->add_index(index, catalog, settings);
        if (added.has_error()) return added.error();
    }
    for (auto const& each : out->indexes_)
        if (each.primary) out->primary_ = &each;
    out->references_ = foreign_keys_of(table, catalog);
    out->referenced_by_ = foreign_keys_to(*table, catalog);
    return table_shape_ptr(std::move(out));
}

sql_result<void> table_shape::add_index(relation_ptr index, catalog_snapshot const& catalog,
                                        analysis_settings const& settings) {
    shape_index made;
    made.relation = index;
    made.dataset = index->dataset;
    made.unique = index->index->unique;
    made.primary = index->index->primary;
    made.nulls_not_distinct = index->index->nulls_not_distinct;
    for (auto const& key : index->index->keys) {
        shape_index::key_column column;
        column.number = key.number;
        column.text = key.expression;
        if (key.number != 0) {
            column.type = table_->find_column(key.number)->type;
        } else {
            auto value = compile_expression(key.expression, table_.get(),
                                            expression_place::index_expression, {}, {}, catalog,
                                            settings);
            if (value.has_error()) return std::move(value).error();
            column.type = (*value)->type;
            column.expression = std::move(*value);
        }
        made.keys.push_back(std::move(column));
    }
    if (!index->index->where.empty()) {
        auto predicate = compile_expression(index->index->where, table_.get(),
                                            expression_place::index_predicate, {type_oid{16}, -1},
                                            {}, catalog, settings);
        if (predicate.has_error()) return std::move(predicate).error();
        made.predicate = std::move(*predicate);
    }
    indexes_.push_back(std::move(made));
    return {};
}

shape_index const* table_shape::find_index(object_oid oid) const noexcept {
    for (auto const& each : indexes_)
        if (each.relation->oid == oid) return &each;
    return nullptr;
}

shape_index const* table_shape::find_index(dataset_id dataset) const noexcept {
    for (auto const& each : indexes_)
        if (!each.primary && each.dataset == dataset) return &each;
    return nullptr;
}

sql_result<row_box_ptr> table_shape::decode(std::string key, std::string_view stored,
                                            std::vector<bool> const& read,
                                            io_context const& io) const {
    std::vector<std::uint32_t> wanted;
    wanted.reserve(kinds_.size());
    for (std::uint32_t i = 0; i < kinds_.size(); ++i)
        if ((read.empty() || (i < read.size() && read[i])) && !table_->columns[i].dropped)
            wanted.push_back(i);
    auto values = decode_columns(stored, wanted, io);
    if (values.has_error()) return std::move(values).error();
    auto box = std::make_shared<row_box>();
    box->key = std::move(key);
    box->table = table_->oid;
    box->values.resize(kinds_.size());
    for (std::size_t i = 0; i < wanted.size(); ++i)
        box->values[wanted[i]] = std::move((*values)[i]);
    return row_box_ptr(std::move(box));
}

sql_result<sql_row> table_shape::decode_columns(std::string_view stored,
                                                std::vector<std::uint32_t> const& columns,
                                                io_context const& io) const {
    auto const values = store::decode_row(stored, kinds_, columns);
    if (values.has_error()) return to_sql_error(values.error());
    sql_row out;
    out.reserve(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
        auto const column = columns[i];
        if (!(*values)[i]) {
            out.push_back(missing_[column]);
            continue;
        }
        auto value = from_column_view(table_->columns[column].type.oid, *(*values)[i], io);
        if (value.has_error()) return std::move(value).error();
        out.push_back(std::move(*value));
    }
    return out;
}

std::string table_shape::encode(sql_row const& row, io_context const& io) const {
    std::vector<store::column_value> values;
    values.reserve(kinds_.size());
    for (std::size_t i = 0; i < kinds_.size(); ++i) {
        if (table_->columns[i].dropped) values.emplace_back();
        else values.push_back(to_column_value(table_->columns[i].type.oid, row[i], io));
    }
    return store::encode_row(kinds_, values);
}

namespace {

frame frame_of(row_box_ptr const& row) {
    frame seen;
    seen.rows.push_back(row);
    return seen;
}

}  // namespace

sql_result<sql_row> table_shape::key_values(shape_index const& index, row_box_ptr const& row,
                                            statement_run& run) const {
    sql_row out;
    for (auto const& key : index.keys) {
        if (key.number != 0) {
            out.push_back(row->values[static_cast<std::size_t>(key.number) - 1]);
            continue;
        }
        auto const seen = frame_of(row);
        auto value = run.value(*key.expression, seen);
        if (value.has_error()) return std::move(value).error();
        out.push_back(std::move(*value));
    }
    return out;
}

sql_result<std::string> table_shape::key_of(shape_index const& index, row_box_ptr const& row,
                                            statement_run& run, bool* any_null) const {
    auto const values = key_values(index, row, run);
    if (values.has_error()) return values.error();
    std::string out;
    for (std::size_t i = 0; i < index.keys.size(); ++i) {
        auto const type = index.keys[i].type.oid;
        if (is_null((*values)[i])) {
            if (any_null != nullptr) *any_null = true;
            store::append_key_value(out, key_kind_of(type), std::monostate{});
        } else {
            store::append_key_value(out, key_kind_of(type), to_key_value(type, (*values)[i]));
        }
    }
    return out;
}

std::string table_shape::hidden_key(std::int64_t number) {
    std::string out;
    store::append_key_value(out, store::column_kind::int64, number);
    return out;
}

sql_result<std::vector<store::index_entry>> table_shape::entries(row_box_ptr const& row,
                                                                 std::string const& key,
                                                                 statement_run& run) const {
    std::vector<store::index_entry> out;
    for (auto const& index : indexes_) {
        if (index.primary) continue;
        if (index.predicate) {
            auto const seen = frame_of(row);
            auto const held = run.holds(*index.predicate, seen);
            if (held.has_error()) return held.error();
            if (!*held) continue;
        }
        bool any_null = false;
        auto bytes = key_of(index, row, run, &any_null);
        if (bytes.has_error()) return std::move(bytes).error();
        bool const unique = index.unique && (!any_null || index.nulls_not_distinct);
        if (!unique) *bytes += key;
        out.push_back({index.dataset, std::move(*bytes), unique});
    }
    return out;
}

}  // namespace sluice::sql
