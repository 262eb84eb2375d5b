#include "protocols/sql/execute/statement_execution.hpp"

#include "protocols/sql/execute/query_rows.hpp"

namespace sluice::sql {

// UPDATE, DELETE and SELECT ... FOR UPDATE: candidates as the snapshot sees them, then each row is
// locked, looked at again where another transaction changed it, and written.
class change_execution {
public:
    change_execution(statement_execution& of, query const& source, table_shape_ptr shape,
                     std::vector<target> const& returning, update_statement const* update)
        : of_(of), session_(of.session_), run_(*of.run_), source_(source),
          writer_(of.session_, of.sequences_, std::move(shape), run_), returning_(returning),
          update_(update) {
        prepare_frame(seen_, source, nullptr);
        conjuncts_of(source.where, conditions_);
    }

    task<sql_result<statement_result>> run() {
        auto const verb = update_ != nullptr ? auth::action::update : auth::action::delete_;
        auto const permitted = co_await writer_.permit(verb);
        if (permitted.has_error()) co_return permitted.error();
        auto candidates = co_await of_.candidate_rows(source_, seen_);
        if (candidates.has_error()) co_return std::move(candidates).error();
        for (auto& each : *candidates) {
            auto const stopped = run_.check_cancelled();
            if (stopped.has_error()) co_return session_.interrupted_error();
            auto const done = co_await one(std::move(each));
            if (done.has_error()) co_return done.error();
        }
        co_return std::move(out_);
    }

private:
    task<sql_result<void>> one(row_boxes rows) {
        // A row that joins with several others is changed once.
        if (!done_.insert(rows[0]->key).second) co_return sql_result<void>();
        auto locked = co_await writer_.lock(rows[0], store::row_lock_mode::update,
                                            store::lock_wait::wait);
        if (locked.has_error()) co_return std::move(locked).error();
        if (!locked->row) co_return sql_result<void>();
        seen_.rows = std::move(rows);
        seen_.rows[0] = locked->row;
        if (locked->changed) {
            auto const still = co_await still_wanted();
            if (still.has_error()) co_return still.error();
            if (!*still) co_return sql_result<void>();
        }
        if (update_ == nullptr) {
            auto const erased = co_await writer_.erase(locked->row);
            if (erased.has_error()) co_return erased;
        } else {
            auto changed = co_await changed_row(*locked->row);
            if (changed.has_error()) co_return std::move(changed).error();
            auto written = co_await writer_.update(locked->row, std::move(*changed));
            if (written.has_error()) co_return std::move(written).error();
            if ((*written)->key != locked->row->key) done_.insert((*written)->key);
            seen_.rows[0] = std::move(*written);
        }
        ++out_.count;
        if (returning_.empty()) co_return sql_result<void>();
        auto values = co_await project_row();
        if (values.has_error()) co_return std::move(values).error();
        auto const fits = run_.remember(weight_of(*values));
        if (fits.has_error()) co_return fits;
        out_.rows.push_back(std::move(*values));
        co_return sql_result<void>();
    }

    // Subqueries have to read; everything else is evaluated here.
    task<sql_result<datum>> value(expression const& of) {
        if (!has_subquery(of)) {
            auto out = co_await writer_.value(of, seen_);
            co_return out;
        }
        auto work = [this, &of]() { return run_.value(of, seen_); };
        auto out = co_await of_.on_pool(std::move(work));
        co_return out;
    }

    task<sql_result<bool>> still_wanted() {
        for (auto const& each : conditions_) {
            auto const held = co_await value(*each);
            if (held.has_error()) co_return held.error();
            bool const is_true = !is_null(*held) && std::get<bool>(*held);
            if (!is_true) co_return false;
        }
        co_return true;
    }

    task<sql_result<row_box_ptr>> changed_row(row_box const& old) {
        auto values = old.values;
        for (auto const& [number, expression] : update_->assignments) {
            auto made = co_await value(*expression);
            if (made.has_error()) co_return std::move(made).error();
            values[static_cast<std::size_t>(number) - 1] = std::move(*made);
        }
        co_return writer_.checked(std::move(values));
    }

    task<sql_result<sql_row>> project_row() {
        sql_row out;
        for (auto const& each : returning_) {
            if (each.hidden) continue;
            auto made = co_await value(*each.value);
            if (made.has_error()) co_return std::move(made).error();
            out.push_back(std::move(*made));
        }
        co_return out;
    }

    statement_execution& of_;
    session_context& session_;
    statement_run& run_;
    query const& source_;
    row_writer writer_;
    std::vector<target> const& returning_;
    update_statement const* update_;
    std::vector<expression_ptr> conditions_;
    frame seen_;
    std::set<std::string> done_;
    statement_result out_;
};

task<sql_result<std::vector<row_boxes>>> statement_execution::candidate_rows(query const& source,
                                                                             frame& seen) {
    std::vector<row_boxes> out;
    if (plan_->by_primary_key) {
        auto const rows = co_await point_rows(seen);
        if (rows.has_error()) co_return rows.error();
        for (auto const& each : *rows) out.push_back({each});
        co_return out;
    }
    auto work = [this, &source, &seen]() -> sql_result<std::vector<row_boxes>> {
        (void)source;
        auto from = open_from(seen, *run_);
        if (from.has_error()) return std::move(from).error();
        std::vector<row_boxes> rows;
        while (true) {
            auto const more = (*from)->next();
            if (more.has_error()) return more.error();
            if (!*more) return rows;
            auto const fits = run_->remember(seen.rows[0] ? weight_of(seen.rows[0]->values) : 64);
            if (fits.has_error()) return fits.error();
            rows.push_back(seen.rows);
        }
    };
    auto rows = co_await on_pool(std::move(work));
    co_return rows;
}

task<sql_result<statement_result>> statement_execution::change(query const& source,
                                                               object_oid table,
                                                               std::vector<target> const& returning,
                                                               update_statement const* update) {
    auto const writable = session_.refuse_read_only(update != nullptr ? "UPDATE" : "DELETE");
    if (writable.has_error()) co_return writable.error();
    auto const relation = session_.catalog()->find_relation(table);
    if (!relation) co_return sql_error("42P01", "the table does not exist any more");
    if (relation->kind != relation_kind::table)
        co_return sql_error("55000", "cannot " + std::string(update ? "update" : "delete from") +
                                         " \"" + relation->name + "\"");
    auto shape = session_.shape_of(relation);
    if (shape.has_error()) co_return std::move(shape).error();
    change_execution steps(*this, source, std::move(*shape), returning, update);
    auto out = co_await steps.run();
    co_return out;
}

}  // namespace sluice::sql
