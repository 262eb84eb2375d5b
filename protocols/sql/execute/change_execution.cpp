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

namespace {

store::lock_wait wait_of(query const& body) {
    switch (body.on_locked) {
        case query::lock_wait::wait: return store::lock_wait::wait;
        case query::lock_wait::nowait: return store::lock_wait::nowait;
        case query::lock_wait::skip_locked: return store::lock_wait::skip;
    }
    return store::lock_wait::wait;
}

store::row_lock_mode mode_of(query const& body) {
    return body.lock == row_lock::share || body.lock == row_lock::key_share
               ? store::row_lock_mode::share
               : store::row_lock_mode::update;
}

struct sorted_row {
    row_boxes rows;
    sql_row keys;
};

}  // namespace

// Sorted first, locked one by one until LIMIT is reached, as PostgreSQL's LockRows under Limit.
task<sql_result<statement_result>> statement_execution::select_locked(query const& body) {
    bool const plain = body.grouping_sets.empty() && !body.has_aggregates && !body.has_windows &&
                       !body.has_set_returning && !body.distinct && body.distinct_on.empty() &&
                       body.combine == set_operation::none;
    if (!plain) co_return sql_error("0A000", "row locks with this kind of query are not served");
    auto const writable = session_.refuse_read_only("SELECT FOR UPDATE");
    if (writable.has_error()) co_return writable.error();
    frame seen;
    prepare_frame(seen, body, nullptr);
    std::map<std::uint32_t, std::unique_ptr<row_writer>> writers;
    for (auto const each : body.locked_relations) {
        auto const* table = std::get_if<range_entry::table>(&body.range_table[each].source);
        auto const relation =
            table == nullptr ? relation_ptr() : session_.catalog()->find_relation(table->relation);
        if (!relation || relation->kind != relation_kind::table) continue;
        auto shape = session_.shape_of(relation);
        if (shape.has_error()) co_return std::move(shape).error();
        auto writer = std::make_unique<row_writer>(session_, sequences_, std::move(*shape), *run_);
        auto const permitted = co_await writer->permit(auth::action::update);
        if (permitted.has_error()) co_return permitted.error();
        writers.emplace(each, std::move(writer));
    }
    auto specs = sort_specs_of(body.order, run_->context.io.types);
    if (specs.has_error()) co_return std::move(specs).error();
    auto collect = [&]() -> sql_result<std::vector<sorted_row>> {
        std::vector<sorted_row> rows;
        auto from = open_from(seen, *run_);
        if (from.has_error()) return std::move(from).error();
        while (true) {
            auto const more = (*from)->next();
            if (more.has_error()) return more.error();
            if (!*more) break;
            sorted_row row{seen.rows, {}};
            for (auto const& key : body.order) {
                auto value = run_->value(*key.value, seen);
                if (value.has_error()) return std::move(value).error();
                row.keys.push_back(std::move(*value));
            }
            auto const fits = run_->remember(weight_of(row.keys) + 256);
            if (fits.has_error()) return fits.error();
            rows.push_back(std::move(row));
        }
        std::stable_sort(rows.begin(), rows.end(), [&](auto const& left, auto const& right) {
            return compare_keys(*specs, left.keys, right.keys, run_->context.io.types) < 0;
        });
        return rows;
    };
    auto rows = co_await on_pool(std::move(collect));
    if (rows.has_error()) co_return std::move(rows).error();
    auto const limit = row_count_of(body.limit, true, seen, *run_);
    if (limit.has_error()) co_return limit.error();
    auto const offset = row_count_of(body.offset, false, seen, *run_);
    if (offset.has_error()) co_return offset.error();
    statement_result out;
    std::int64_t skipped = 0;
    for (auto& row : *rows) {
        if (*limit >= 0 && static_cast<std::int64_t>(out.count) >= *limit) break;
        seen.rows = std::move(row.rows);
        bool there = true, changed = false;
        for (auto const& [index, writer] : writers) {
            if (!there || !seen.rows[index]) continue;
            auto locked = co_await writer->lock(seen.rows[index], mode_of(body), wait_of(body));
            if (locked.has_error()) co_return std::move(locked).error();
            there = locked->row != nullptr;
            changed = changed || locked->changed;
            seen.rows[index] = locked->row;
        }
        if (!there) continue;
        auto finish = [&]() -> sql_result<std::optional<sql_row>> {
            if (changed && body.where) {
                auto const held = run_->holds(*body.where, seen);
                if (held.has_error()) return held.error();
                if (!*held) return std::optional<sql_row>();
            }
            sql_row values;
            for (auto const& each : body.targets) {
                if (each.hidden) continue;
                auto value = run_->value(*each.value, seen);
                if (value.has_error()) return std::move(value).error();
                values.push_back(std::move(*value));
            }
            return std::optional<sql_row>(std::move(values));
        };
        auto values = co_await on_pool(finish);
        if (values.has_error()) co_return std::move(values).error();
        if (!*values) continue;
        if (skipped++ < *offset) continue;
        ++out.count;
        out.rows.push_back(std::move(**values));
    }
    co_return out;
}

}  // namespace sluice::sql
