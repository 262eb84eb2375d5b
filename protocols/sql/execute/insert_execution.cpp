#include "protocols/sql/execute/statement_execution.hpp"

#include "protocols/sql/execute/engine_rows.hpp"
#include "protocols/sql/execute/foreign_writes.hpp"
#include "protocols/sql/plan/scalar_maker.hpp"

namespace sluice::sql {

// The steps of one INSERT.
class insert_execution {
public:
    insert_execution(statement_execution& of, insert_statement const& what, table_shape_ptr shape)
        : of_(of), session_(of.session_), run_(*of.run_), what_(what), shape_(std::move(shape)),
          writer_(of.session_, of.sequences_, shape_, run_) {
        level_.tables = &what.common_tables;
        level_.common.resize(what.common_tables.size());
        level_.rows.resize(2);
    }

    task<sql_result<statement_result>> run() {
        auto const permitted = co_await permit();
        if (permitted.has_error()) co_return permitted.error();
        while (true) {
            auto rows = co_await next_source_rows();
            if (rows.has_error()) co_return std::move(rows).error();
            for (auto& row : *rows) {
                auto const done = co_await one(std::move(row));
                if (done.has_error()) co_return done.error();
            }
            if (source_ended_) break;
        }
        co_return std::move(out_);
    }

private:
    task<sql_result<void>> permit() {
        auto appended = co_await writer_.permit(auth::action::append);
        if (appended.has_error()) co_return appended;
        bool const updates = what_.on_conflict && what_.on_conflict->do_update;
        if (updates) {
            auto updated = co_await writer_.permit(auth::action::update);
            if (updated.has_error()) co_return updated;
        }
        if (!what_.returning.empty() || what_.on_conflict) {
            auto const read = co_await of_.reader_.permit(shape_->table_pointer());
            if (read.has_error()) co_return read;
        }
        co_return sql_result<void>();
    }

    // Rows of VALUES are made here; those of a query come from the pool, a page at a time.
    task<sql_result<std::vector<sql_row>>> next_source_rows() {
        std::vector<sql_row> rows;
        if (!what_.source) {
            source_ended_ = true;
            rows.emplace_back();
            co_return rows;
        }
        if (one_plain_row()) {
            source_ended_ = true;
            frame seen;
            prepare_frame(seen, *what_.source, &level_);
            sql_row row;
            std::size_t weight = 0;
            for (auto const& each : what_.source->targets) {
                if (each.hidden) continue;
                auto value = co_await writer_.value(*each.value, seen);
                if (value.has_error()) co_return std::move(value).error();
                row.push_back(std::move(*value));
                weight += weight_of(row.back());
                auto const room = run_.room_for(weight);
                if (room.has_error()) co_return room.error();
            }
            rows.push_back(std::move(row));
            co_return rows;
        }
        auto const* values = plain_values();
        if (values != nullptr && of_.plan_->read_relations.empty()) {
            source_ended_ = true;
            frame seen;
            prepare_frame(seen, *what_.source, &level_);
            std::size_t weight = 0;
            for (auto const& each : values->rows) {
                sql_row row;
                for (auto const& cell : each) {
                    if (!cell) {
                        row.emplace_back();
                        continue;
                    }
                    auto value = co_await writer_.value(*cell, seen);
                    if (value.has_error()) co_return std::move(value).error();
                    row.push_back(std::move(*value));
                    weight += weight_of(row.back());
                    auto const room = run_.room_for(weight);
                    if (room.has_error()) co_return room.error();
                }
                rows.push_back(std::move(row));
            }
            auto projected = project_values(std::move(rows), seen);
            co_return projected;
        }
        auto pull = [this]() { return pull_source(); };
        auto pulled = co_await of_.on_pool(std::move(pull));
        co_return pulled;
    }

    // VALUES of one row: targets without FROM.
    bool one_plain_row() const {
        auto const& body = *what_.source;
        return of_.plan_->read_relations.empty() && body.range_table.empty() && !body.where &&
               body.order.empty() && !body.limit && !body.offset && !body.distinct &&
               !body.has_aggregates && !body.has_set_returning && !body.has_windows &&
               body.common_tables.empty() && body.combine == set_operation::none &&
               body.grouping_sets.empty() && !body.having;
    }

    range_entry::values const* plain_values() const {
        auto const& body = *what_.source;
        if (body.range_table.size() != 1 || body.where || !body.order.empty() || body.limit ||
            body.offset || body.distinct || body.has_aggregates || body.has_set_returning ||
            body.has_windows || !body.common_tables.empty() ||
            body.combine != set_operation::none || !body.grouping_sets.empty())
            return nullptr;
        return std::get_if<range_entry::values>(&body.range_table[0].source);
    }

    // The query over VALUES may coerce what it reads.
    sql_result<std::vector<sql_row>> project_values(std::vector<sql_row> rows, frame& seen) {
        std::vector<sql_row> out;
        for (auto& row : rows) {
            auto box = std::make_shared<row_box>();
            box->values = std::move(row);
            seen.rows[0] = std::move(box);
            sql_row made;
            for (auto const& each : what_.source->targets) {
                if (each.hidden) continue;
                auto value = run_.value(*each.value, seen);
                if (value.has_error()) return std::move(value).error();
                made.push_back(std::move(*value));
            }
            out.push_back(std::move(made));
        }
        return out;
    }

    sql_result<std::vector<sql_row>> pull_source() {
        if (!source_) {
            // The level outside the source holds nothing but WITH of the INSERT.
            auto const* outer = what_.common_tables.empty() ? nullptr : &level_;
            auto* use = engine::is_volatile(*what_.source) ? nullptr
                                                           : of_.session_.services.engine;
            auto opened = open_rows(*what_.source, outer, run_, use);
            if (opened.has_error()) return std::move(opened).error();
            source_ = std::move(*opened);
        }
        std::vector<sql_row> rows;
        std::size_t bytes = 0;
        while (rows.size() < run_.limits.page_rows && bytes < run_.limits.page_bytes) {
            sql_row row;
            auto const more = source_->next(row);
            if (more.has_error()) return more.error();
            if (!*more) {
                source_ended_ = true;
                break;
            }
            bytes += weight_of(row);
            rows.push_back(std::move(row));
        }
        return rows;
    }

    task<sql_result<sql_row>> whole_row(sql_row given) {
        sql_row row(shape_->table().columns.size(), datum(sql_null{}));
        std::vector<bool> filled(row.size(), false);
        for (std::size_t i = 0; i < what_.columns.size() && i < given.size(); ++i) {
            auto const at = static_cast<std::size_t>(what_.columns[i]) - 1;
            row[at] = std::move(given[i]);
            filled[at] = true;
        }
        auto weight = weight_of(row);
        for (std::size_t i = 0; i < row.size() && i < what_.defaults.size(); ++i) {
            if (filled[i] || !what_.defaults[i]) continue;
            auto value = co_await writer_.value(*what_.defaults[i], level_);
            if (value.has_error()) co_return std::move(value).error();
            row[i] = std::move(*value);
            weight += outside_weight(row[i]);
            auto const room = run_.room_for(weight);
            if (room.has_error()) co_return room.error();
        }
        co_return row;
    }

    task<sql_result<void>> one(sql_row given) {
        auto const stopped = run_.check_cancelled();
        if (stopped.has_error()) co_return session_.interrupted_error();
        auto row = co_await whole_row(std::move(given));
        if (row.has_error()) co_return std::move(row).error();
        auto checked = writer_.checked(std::move(*row));
        if (checked.has_error()) co_return std::move(checked).error();
        if (!what_.on_conflict) {
            auto written = co_await writer_.insert(std::move(*checked));
            if (written.has_error()) co_return std::move(written).error();
            auto const told = co_await tell(std::move(*written));
            co_return told;
        }
        auto const done = co_await with_conflict(std::move(*checked));
        co_return done;
    }

    task<sql_result<void>> tell(row_box_ptr row) {
        ++out_.count;
        if (what_.on_conflict) touched_.insert(row->key);
        if (what_.returning.empty()) co_return sql_result<void>();
        frame seen;
        seen.tables = &what_.common_tables;
        seen.common = level_.common;
        seen.rows.push_back(std::move(row));
        auto values = co_await of_.project(what_.returning, seen, writer_);
        if (values.has_error()) co_return std::move(values).error();
        auto const fits = run_.remember(weight_of(*values));
        if (fits.has_error()) co_return fits;
        out_.rows.push_back(std::move(*values));
        co_return sql_result<void>();
    }

    bool is_arbiter(shape_index const& index) const {
        auto const wanted = what_.on_conflict->index;
        return wanted == object_oid{} || index.relation->oid == wanted;
    }

    // Tried again when the row that stood in the way goes before it could be locked.
    task<sql_result<void>> with_conflict(row_box_ptr row) {
        while (true) {
            auto tried = co_await writer_.try_insert(row);
            if (tried.has_error()) co_return std::move(tried).error();
            if (tried->written()) {
                auto const told = co_await tell(std::move(tried->row));
                co_return told;
            }
            if (!is_arbiter(*tried->taken)) co_return writer_.duplicate_error(*tried->taken, row);
            if (!what_.on_conflict->do_update) co_return leave_out();
            auto const holder = co_await writer_.holder_of(*tried->taken, row);
            if (holder.has_error()) co_return holder.error();
            if (!*holder) continue;
            if (touched_.contains(**holder))
                co_return sql_error("21000",
                                    "ON CONFLICT DO UPDATE command cannot affect row a second time")
                    .with_hint("Ensure that no rows proposed for insertion within the same command "
                               "have duplicate constrained values.");
            auto key_only = std::make_shared<row_box>();
            key_only->key = **holder;
            auto there = co_await writer_.lock(std::move(key_only), store::row_lock_mode::update,
                                               store::lock_wait::wait);
            if (there.has_error()) co_return std::move(there).error();
            if (!there->row) continue;
            auto const done = co_await update_instead(std::move(there->row), row);
            co_return done;
        }
    }

    // In REPEATABLE READ it matters whether the snapshot has the row that is in the way; asking
    // takes a right to read that an INSERT does not have.
    sql_result<void> leave_out() const {
        if (!session_.settings.often().repeatable_read) return {};
        return sql_error("0A000", "ON CONFLICT DO NOTHING in REPEATABLE READ is not served where a "
                                  "row is in the way")
            .with_hint("Use READ COMMITTED.");
    }

    task<sql_result<void>> update_instead(row_box_ptr there, row_box_ptr excluded) {
        level_.rows[0] = there;
        level_.rows[1] = std::move(excluded);
        auto const& conflict = *what_.on_conflict;
        if (conflict.where) {
            auto const held = co_await writer_.value(*conflict.where, level_);
            if (held.has_error()) co_return held.error();
            bool const wanted = !is_null(*held) && std::get<bool>(*held);
            if (!wanted) co_return sql_result<void>();
        }
        auto values = there->values;
        for (auto const& [number, expression] : conflict.assignments) {
            auto value = co_await writer_.value(*expression, level_);
            if (value.has_error()) co_return std::move(value).error();
            values[static_cast<std::size_t>(number) - 1] = std::move(*value);
        }
        auto checked = writer_.checked(std::move(values));
        if (checked.has_error()) co_return std::move(checked).error();
        auto written = co_await writer_.update(std::move(there), std::move(*checked));
        if (written.has_error()) co_return std::move(written).error();
        auto const told = co_await tell(std::move(*written));
        co_return told;
    }

    statement_execution& of_;
    session_context& session_;
    statement_run& run_;
    insert_statement const& what_;
    table_shape_ptr shape_;
    row_writer writer_;
    frame level_;
    result_rows_ptr source_;
    bool source_ended_ = false;
    std::set<std::string> touched_;
    statement_result out_;
};

task<sql_result<statement_result>> statement_execution::insert(insert_statement const& what) {
    auto const writable = session_.refuse_read_only("INSERT");
    if (writable.has_error()) co_return writable.error();
    auto const relation = session_.catalog()->find_relation(what.table);
    if (!relation) co_return sql_error("42P01", "the table does not exist any more");
    if (relation->kind == relation_kind::topic) {
        auto out = co_await produce_rows(*this, what, relation);
        co_return out;
    }
    if (relation->kind != relation_kind::table)
        co_return sql_error("55000", "cannot insert into \"" + relation->name + "\"");
    auto shape = session_.shape_of(relation);
    if (shape.has_error()) co_return std::move(shape).error();
    insert_execution steps(*this, what, std::move(*shape));
    auto out = co_await steps.run();
    co_return out;
}

}  // namespace sluice::sql
