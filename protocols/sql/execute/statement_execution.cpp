#include "protocols/sql/execute/statement_execution.hpp"

#include "protocols/sql/execute/access_path.hpp"
#include "protocols/sql/execute/engine_rows.hpp"
#include "protocols/sql/execute/operation_names.hpp"

namespace sluice::sql {

void prepare_frame(frame& seen, query const& body, frame const* outer) {
    seen.outer = outer;
    seen.body = &body;
    seen.tables = &body.common_tables;
    seen.rows.assign(body.range_table.size(), nullptr);
    seen.common.assign(body.common_tables.size(), nullptr);
}

statement_execution::statement_execution(session_context& session, session_sequences& sequences,
                                         planned_ptr plan, std::vector<datum> parameters)
    : session_(session),
      sequences_(sequences),
      plan_(std::move(plan)),
      parameters_(std::move(parameters)),
      reader_(session) {}

task<sql_result<void>> statement_execution::start() {
    auto context = session_.base_context();
    context.parameters = parameters_;
    run_.emplace(std::move(context), reader_, session_.services.limits.run);
    session_.who.operation = operation_name(*plan_);
    session_.store_transaction().begin_statement();
    auto const permitted = co_await reader_.permit(*plan_);
    co_return permitted;
}

task<sql_result<void>> statement_execution::start_check() {
    auto context = session_.base_context();
    context.parameters = parameters_;
    run_.emplace(std::move(context), reader_, session_.services.limits.run);
    auto const permitted = co_await reader_.permit(*plan_);
    co_return permitted;
}

// Sequences and the like are evaluated row by row, in order: natively.
engine_use* statement_execution::engine_for(planned_statement const& plan) const {
    return plan.calls_volatile ? nullptr : session_.services.engine;
}

bool statement_execution::streams() const {
    auto const* select = std::get_if<select_statement>(&plan_->body);
    return select != nullptr && select->body->lock == row_lock::none;
}

task<sql_result<statement_execution::page>> statement_execution::next_page(std::size_t most_rows) {
    auto const& body = *std::get<select_statement>(plan_->body).body;
    if (plan_->by_primary_key) {
        auto rows = co_await select_points(body);
        if (rows.has_error()) co_return std::move(rows).error();
        page out;
        out.rows = std::move(*rows);
        out.last = true;
        co_return out;
    }
    auto const limit = most_rows == 0 ? run_->limits.page_rows
                                      : std::min(most_rows, run_->limits.page_rows);
    auto work = [this, &body, limit]() -> sql_result<page> {
        if (!rows_) {
            auto opened = open_rows(body, nullptr, *run_, engine_for(*plan_));
            if (opened.has_error()) return std::move(opened).error();
            rows_ = std::move(*opened);
        }
        page out;
        std::size_t bytes = 0;
        while (out.rows.size() < limit && bytes < run_->limits.page_bytes) {
            sql_row row;
            auto const more = rows_->next(row);
            if (more.has_error()) return more.error();
            if (!*more) {
                out.last = true;
                rows_.reset();
                break;
            }
            bytes += weight_of(row);
            out.rows.push_back(std::move(row));
        }
        return out;
    };
    if (plan_->is_brief) co_return work();
    auto out = co_await on_pool(std::move(work));
    co_return out;
}

task<sql_result<row_boxes>> statement_execution::point_rows(frame& seen) {
    auto const& table = plan_->shape->table();
    auto path = choose_path(*plan_->shape, 0, plan_->conditions, seen, *run_);
    if (path.has_error()) co_return std::move(path).error();
    row_boxes out;
    auto const* grant = reader_.grant_of(table.oid);
    if (grant == nullptr) co_return permission_error(table);
    auto const& read = seen.body->range_table[0].read;
    for (auto& key : path->keys) {
        auto row = co_await session_.store_transaction().get(*grant, key);
        if (row.has_error()) co_return session_.error_of(row.error());
        if (!*row) continue;
        auto box = plan_->shape->decode(std::move(key), (*row)->row, read, run_->context.io);
        if (box.has_error()) co_return std::move(box).error();
        seen.rows[0] = *box;
        bool fits = true;
        for (auto const& each : plan_->conditions) {
            auto const held = run_->holds(*each, seen);
            if (held.has_error()) co_return held.error();
            fits = fits && *held;
            if (!fits) break;
        }
        if (fits) out.push_back(std::move(*box));
    }
    co_return out;
}

task<sql_result<std::vector<sql_row>>> statement_execution::select_points(query const& body) {
    frame seen;
    prepare_frame(seen, body, nullptr);
    auto const boxes = co_await point_rows(seen);
    if (boxes.has_error()) co_return boxes.error();
    std::vector<sql_row> out;
    for (auto const& box : *boxes) {
        seen.rows[0] = box;
        sql_row row;
        row.reserve(body.targets.size());
        std::size_t weight = 0;
        for (auto const& each : body.targets) {
            if (each.hidden) continue;
            auto value = run_->value(*each.value, seen);
            if (value.has_error()) co_return std::move(value).error();
            row.push_back(std::move(*value));
            weight += outside_weight(row.back());
            auto const room = run_->room_for(weight);
            if (room.has_error()) co_return room.error();
        }
        auto const fits = run_->remember(weight_of(row));
        if (fits.has_error()) co_return fits.error();
        out.push_back(std::move(row));
    }
    co_return out;
}

task<sql_result<statement_result>> statement_execution::run_to_end() {
    if (auto const* made = std::get_if<insert_statement>(&plan_->body)) {
        auto out = co_await insert(*made);
        co_return out;
    }
    if (auto const* update = std::get_if<update_statement>(&plan_->body)) {
        auto out = co_await change(update->source, update->table, update->returning, update);
        co_return out;
    }
    if (auto const* removal = std::get_if<delete_statement>(&plan_->body)) {
        auto out = co_await change(removal->source, removal->table, removal->returning, nullptr);
        co_return out;
    }
    auto const& body = *std::get<select_statement>(plan_->body).body;
    if (body.lock != row_lock::none) {
        auto out = co_await select_locked(body);
        co_return out;
    }
    statement_result out;
    while (true) {
        auto some = co_await next_page(0);
        if (some.has_error()) co_return std::move(some).error();
        for (auto& row : some->rows) {
            auto const fits = run_->remember(weight_of(row));
            if (fits.has_error()) co_return fits.error();
            out.rows.push_back(std::move(row));
        }
        if (some->last) break;
    }
    out.count = out.rows.size();
    co_return out;
}

task<sql_result<sql_row>> statement_execution::project(std::vector<target> const& targets,
                                                       frame const& seen, row_writer& writer) {
    sql_row out;
    out.reserve(targets.size());
    std::size_t weight = 0;
    for (auto const& each : targets) {
        if (each.hidden) continue;
        auto value = co_await writer.value(*each.value, seen);
        if (value.has_error()) co_return std::move(value).error();
        weight += weight_of(*value);
        auto const room = run_->room_for(weight);
        if (room.has_error()) co_return room.error();
        out.push_back(std::move(*value));
    }
    co_return out;
}

}  // namespace sluice::sql
