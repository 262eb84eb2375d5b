// SELECT ... FOR UPDATE and SHARE: rows are found and sorted first, then locked one by one and looked
// at again where another transaction changed them, as PostgreSQL's LockRows under Limit.
#include "protocols/sql/execute/locked_rows.hpp"

#include <algorithm>

#include "protocols/sql/plan/expression_walk.hpp"
#include "protocols/sql/execute/statement_execution.hpp"

namespace sluice::sql {
namespace {

store::row_lock_mode mode_of(query const& body) {
    return body.lock == row_lock::share || body.lock == row_lock::key_share
               ? store::row_lock_mode::share
               : store::row_lock_mode::update;
}

store::lock_wait wait_of(query const& body) {
    switch (body.on_locked) {
        case query::lock_wait::wait: return store::lock_wait::wait;
        case query::lock_wait::nowait: return store::lock_wait::nowait;
        case query::lock_wait::skip_locked: return store::lock_wait::skip;
    }
    return store::lock_wait::wait;
}

sql_result<void> check_lockable(query const& body) {
    for (auto const each : body.locked_relations)
        if (!std::holds_alternative<range_entry::table>(body.range_table[each].source))
            return sql_error("0A000", "row locks on views and subqueries are not served");
    return {};
}

void join_conditions(from_item const& item, std::vector<expression_ptr>& out) {
    auto const* node = std::get_if<std::shared_ptr<join_node const>>(&item.node);
    if (node == nullptr) return;
    auto const& join = **node;
    if (join.what == join_node::kind::inner && join.condition) out.push_back(join.condition);
    join_conditions(join.left, out);
    join_conditions(join.right, out);
}

// What a row that was changed meanwhile has to fulfil again.
std::vector<expression_ptr> conditions_of(query const& body) {
    std::vector<expression_ptr> out;
    if (body.where) out.push_back(body.where);
    for (auto const& each : body.from) join_conditions(each, out);
    return out;
}

struct sorted_row {
    row_boxes rows;
    sql_row keys;
};

sql_result<std::vector<sorted_row>> sorted_rows(query const& body, frame& seen,
                                                statement_run& run) {
    auto specs = sort_specs_of(body.order, run.context.io.types);
    if (specs.has_error()) return std::move(specs).error();
    std::vector<sorted_row> rows;
    auto from = open_from(seen, run);
    if (from.has_error()) return std::move(from).error();
    while (true) {
        auto const more = (*from)->next();
        if (more.has_error()) return more.error();
        if (!*more) break;
        sorted_row row{seen.rows, {}};
        for (auto const& key : body.order) {
            auto value = run.value(*key.value, seen);
            if (value.has_error()) return std::move(value).error();
            row.keys.push_back(std::move(*value));
        }
        std::size_t weight = sizeof(sorted_row) + weight_of(row.keys);
        for (auto const& each : row.rows) {
            weight += sizeof(row_box_ptr);
            if (!each || each->counted) continue;
            weight += weight_of(each->values);
            each->counted = true;
        }
        auto const fits = run.remember(weight);
        if (fits.has_error()) return fits.error();
        rows.push_back(std::move(row));
    }
    std::stable_sort(rows.begin(), rows.end(), [&](auto const& left, auto const& right) {
        return compare_keys(*specs, left.keys, right.keys, run.context.io.types) < 0;
    });
    return rows;
}

// The result row of a locked one; nothing: it is not wanted any more.
sql_result<std::optional<sql_row>> result_of(query const& body, frame const& seen, bool changed,
                                             statement_run& run) {
    if (changed)
        for (auto const& each : conditions_of(body)) {
            auto const held = run.holds(*each, seen);
            if (held.has_error()) return held.error();
            if (!*held) return std::optional<sql_row>();
        }
    sql_row values;
    std::size_t weight = 0;
    for (auto const& each : body.targets) {
        if (each.hidden) continue;
        auto value = run.value(*each.value, seen);
        if (value.has_error()) return std::move(value).error();
        weight += weight_of(*value);
        auto const room = run.room_for(weight);
        if (room.has_error()) return room.error();
        values.push_back(std::move(*value));
    }
    return std::optional<sql_row>(std::move(values));
}

// Inside another statement: on a pool thread, which must not wait for other transactions.
class locked_stream final : public result_rows {
public:
    locked_stream(query const& body, frame const* outer, statement_run& run)
        : body_(body), run_(run) {
        prepare_frame(seen_, body, outer);
    }

    sql_result<void> open() {
        auto const lockable = check_lockable(body_);
        if (lockable.has_error()) return lockable;
        if (body_.on_locked == query::lock_wait::wait)
            return sql_error("0A000", "row locks that wait are not served inside a statement")
                .with_hint("Use SKIP LOCKED or NOWAIT, or lock with a SELECT of its own.");
        auto const limit = row_count_of(body_.limit, true, seen_, run_);
        if (limit.has_error()) return limit.error();
        auto const offset = row_count_of(body_.offset, false, seen_, run_);
        if (offset.has_error()) return offset.error();
        limit_ = *limit;
        skip_ = *offset;
        auto rows = sorted_rows(body_, seen_, run_);
        if (rows.has_error()) return std::move(rows).error();
        rows_ = std::move(*rows);
        return {};
    }

    sql_result<bool> next(sql_row& out) override {
        while (at_ < rows_.size() && (limit_ < 0 || given_ < limit_)) {
            seen_.rows = std::move(rows_[at_++].rows);
            bool changed = false;
            auto const there = lock_all(changed);
            if (there.has_error()) return there.error();
            if (!*there) continue;
            auto values = result_of(body_, seen_, changed, run_);
            if (values.has_error()) return std::move(values).error();
            if (!*values) continue;
            if (skip_ > 0) {
                --skip_;
                continue;
            }
            ++given_;
            out = std::move(**values);
            return true;
        }
        return false;
    }

private:
    sql_result<bool> lock_all(bool& changed) {
        for (auto const index : body_.locked_relations) {
            if (!seen_.rows[index]) continue;
            auto locked = run_.reader.lock(seen_.rows[index], mode_of(body_), wait_of(body_));
            if (locked.has_error()) return std::move(locked).error();
            if (!locked->row) return false;
            changed = changed || locked->changed;
            seen_.rows[index] = std::move(locked->row);
        }
        return true;
    }

    query const& body_;
    statement_run& run_;
    frame seen_;
    std::vector<sorted_row> rows_;
    std::size_t at_ = 0;
    std::int64_t limit_ = -1, skip_ = 0, given_ = 0;
};

}  // namespace

sql_result<result_rows_ptr> open_locked_rows(query const& body, frame const* outer,
                                             statement_run& run) {
    auto stream = std::make_unique<locked_stream>(body, outer, run);
    auto const opened = stream->open();
    if (opened.has_error()) return opened.error();
    return result_rows_ptr(std::move(stream));
}

task<sql_result<statement_result>> statement_execution::select_locked(query const& body) {
    auto const lockable = check_lockable(body);
    if (lockable.has_error()) co_return lockable.error();
    auto const writable = session_.refuse_read_only("SELECT FOR UPDATE");
    if (writable.has_error()) co_return writable.error();
    frame seen;
    prepare_frame(seen, body, nullptr);
    std::map<std::uint32_t, std::unique_ptr<row_writer>> writers;
    for (auto const each : body.locked_relations) {
        auto const& table = std::get<range_entry::table>(body.range_table[each].source);
        auto const relation = session_.catalog()->find_relation(table.relation);
        if (!relation || relation->kind != relation_kind::table)
            co_return sql_error("0A000", "cannot lock rows in relation \"" +
                                             body.range_table[each].alias + "\"");
        auto shape = session_.shape_of(relation);
        if (shape.has_error()) co_return std::move(shape).error();
        auto writer = std::make_unique<row_writer>(session_, sequences_, std::move(*shape), *run_);
        auto const permitted = co_await writer->permit(auth::action::update);
        if (permitted.has_error()) co_return permitted.error();
        writers.emplace(each, std::move(writer));
    }
    auto collect = [&]() { return sorted_rows(body, seen, *run_); };
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
        auto finish = [&]() { return result_of(body, seen, changed, *run_); };
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
