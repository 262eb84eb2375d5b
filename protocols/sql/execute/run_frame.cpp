#include "protocols/sql/execute/run_frame.hpp"

#include <algorithm>

#include "gateway/core/assert.hpp"

namespace sluice::sql {
namespace {

datum const null_datum{sql_null{}};

}  // namespace

frame const& frame::up(std::uint32_t levels) const {
    auto const* at = this;
    for (; levels > 0; --levels) {
        SLUICE_ASSERT(at->outer != nullptr);
        at = at->outer;
    }
    return *at;
}

datum const& frame::value(column_reference const& column) const {
    auto const& at = up(column.levels_up);
    if (at.absent != nullptr) {
        auto const place = std::uint64_t{column.relation} << 32U | column.column;
        if (std::find(at.absent->begin(), at.absent->end(), place) != at.absent->end())
            return null_datum;
    }
    if (column.relation >= at.rows.size()) return null_datum;
    auto const& row = at.rows[column.relation];
    if (!row || column.column >= row->values.size()) return null_datum;
    return row->values[column.column];
}

sql_result<datum> frame::whole_row(whole_row_reference const& row) const {
    auto const& at = up(row.levels_up);
    if (row.relation >= at.rows.size() || !at.rows[row.relation]) return datum(sql_null{});
    auto out = std::make_shared<row_value>();
    auto const& values = at.rows[row.relation]->values;
    if (at.body == nullptr || row.relation >= at.body->range_table.size())
        return sql_error("0A000", "a whole row cannot be read here");
    auto const& columns = at.body->range_table[row.relation].columns;
    for (std::size_t i = 0; i < columns.size() && i < values.size(); ++i) {
        if (columns[i].name.empty()) continue;  // dropped
        out->types.push_back(columns[i].type.oid);
        out->fields.push_back(values[i]);
    }
    return datum(std::shared_ptr<row_value const>(std::move(out)));
}

sql_result<datum> frame::system_column(system_column_reference const& column) const {
    constexpr std::int16_t tableoid = -6;
    auto const& at = up(column.levels_up);
    if (column.relation >= at.rows.size() || !at.rows[column.relation]) return datum(sql_null{});
    if (column.attribute != tableoid)
        return sql_error("0A000", "system columns other than tableoid are not served");
    return datum(static_cast<std::int64_t>(
        static_cast<std::uint32_t>(at.rows[column.relation]->table)));
}

statement_run::statement_run(evaluation_context with, relation_reader& from, run_limits bounds)
    : context(std::move(with)),
      reader(from),
      limits(bounds),
      held_(bounds.memory_bytes, bounds.shared) {
    context.subqueries = this;
    context.computed = [this](expression const& node) -> datum const* {
        for (auto const* at = current; at != nullptr; at = at->outer) {
            if (at->computed == nullptr) continue;
            auto const found = at->computed->find(&node);
            if (found != at->computed->end()) return &found->second;
        }
        return nullptr;
    };
}

namespace {

// Points the context at a frame for one evaluation.
class looking_at {
public:
    looking_at(statement_run& run, frame const& seen)
        : run_(run), columns_(run.context.columns), current_(run.current) {
        run.context.columns = &seen;
        run.current = &seen;
    }
    looking_at(looking_at const&) = delete;
    looking_at& operator=(looking_at const&) = delete;
    ~looking_at() {
        run_.context.columns = columns_;
        run_.current = current_;
    }

private:
    statement_run& run_;
    column_source const* columns_;
    frame const* current_;
};

}  // namespace

sql_result<datum> statement_run::value(expression const& of, frame const& seen) {
    looking_at const here{*this, seen};
    return evaluate(of, context);
}

sql_result<bool> statement_run::holds(expression const& condition, frame const& seen) {
    looking_at const here{*this, seen};
    return evaluate_condition(condition, context);
}

sql_result<void> statement_run::remember(std::size_t bytes) {
    if (held_.add(bytes)) return {};
    if (auto const room = room_for(0); room.has_error()) return room;
    return sql_error("53200", "out of memory")
        .with_detail("The statements of all sessions hold as much as there may be.")
        .with_hint("Run fewer large statements at once, or raise memory.total.");
}

sql_result<void> statement_run::room_for(std::size_t bytes) const {
    if (held_.has_room(bytes)) return {};
    return sql_error("53200", "out of memory")
        .with_detail("The statement would hold more than " + std::to_string(limits.memory_bytes) +
                     " bytes of rows.");
}

sql_result<void> statement_run::check_cancelled() const {
    if (context.cancelled && context.cancelled())
        return sql_error("57014", "canceling statement due to user request");
    return {};
}

sql_result<void> memory_tally::add_rows(row_boxes const& rows) {
    std::size_t weight = 64 + rows.size() * sizeof(row_box_ptr);
    for (auto const& each : rows) {
        if (!each || each->counted) continue;
        weight += sizeof(row_box) + each->key.capacity() + weight_of(each->values);
        each->counted = true;
    }
    return add(weight);
}

}  // namespace sluice::sql
