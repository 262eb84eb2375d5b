// A query: plain SELECT, VALUES or a set operation.
#include <algorithm>

#include "protocols/sql/analyze/coercion.hpp"
#include "protocols/sql/analyze/expressions.hpp"
#include "protocols/sql/analyze/queries.hpp"
#include "protocols/sql/analyze/sorting.hpp"
#include "protocols/sql/analyze/windows.hpp"

namespace sluice::sql {
namespace {

sql_error lock_refused(syntax::locking_clause const& lock, char const* with) {
    static constexpr char const* names[] = {"FOR KEY SHARE", "FOR SHARE", "FOR NO KEY UPDATE",
                                            "FOR UPDATE"};
    return {"0A000",
            std::string(names[static_cast<int>(lock.how)]) + " is not allowed with " + with};
}

outcome<void> check_lockable(syntax::select const& written, query const& body,
                             syntax::locking_clause const& lock) {
    if (written.op != syntax::set_op::none) return lock_refused(lock, "UNION/INTERSECT/EXCEPT");
    if (body.distinct) return lock_refused(lock, "DISTINCT clause");
    if (!body.grouping_sets.empty()) return lock_refused(lock, "GROUP BY clause");
    if (body.having) return lock_refused(lock, "HAVING clause");
    if (body.has_aggregates) return lock_refused(lock, "aggregate functions");
    if (body.has_windows) return lock_refused(lock, "window functions");
    if (body.has_set_returning)
        return lock_refused(lock, "set-returning functions in the target list");
    return {};
}

outcome<void> analyze_locking(scope& in, syntax::select const& written, query& body) {
    for (auto const& lock : written.locking) {
        SLUICE_CHECK(check_lockable(written, body, lock));
        auto const how = static_cast<row_lock>(static_cast<int>(lock.how) + 1);
        auto const wait = lock.on_locked == syntax::locking_clause::wait::nowait
                              ? query::lock_wait::nowait
                          : lock.on_locked == syntax::locking_clause::wait::skip_locked
                              ? query::lock_wait::skip_locked
                              : query::lock_wait::wait;
        if (body.lock != row_lock::none && (body.lock != how || body.on_locked != wait))
            return sql_error("0A000", "different row locks in one query are not supported");
        body.lock = how;
        body.on_locked = wait;
        auto const add = [&](std::uint32_t index) {
            auto& all = body.locked_relations;
            if (std::find(all.begin(), all.end(), index) == all.end()) all.push_back(index);
        };
        for (auto const& table : lock.tables) {
            bool found = false;
            for (std::uint32_t i = 0; i < in.entries.size(); ++i)
                if (in.entries[i].alias == table.name) {
                    found = true;
                    add(i);
                }
            if (!found)
                return sql_error("42P01", "relation \"" + table.name +
                                              "\" in FOR UPDATE clause not found in FROM clause")
                    .at(table.position);
        }
        if (lock.tables.empty())
            for (std::uint32_t i = 0; i < in.entries.size(); ++i)
                if (std::holds_alternative<range_entry::table>(in.entries[i].source) ||
                    std::holds_alternative<range_entry::subquery>(in.entries[i].source))
                    add(i);
    }
    return {};
}

outcome<void> analyze_tail(scope& in, syntax::select const& written, query& body) {
    SLUICE_TRY(body.order, analyze_order(in, written.order, body.targets, place::order_by));
    SLUICE_CHECK(analyze_group_by(in, written.group_by, body));
    SLUICE_CHECK(analyze_distinct(in, written, body));
    SLUICE_TRY(body.offset, analyze_limit(in, written.offset, place::offset, "OFFSET"));
    SLUICE_TRY(body.limit, analyze_limit(in, written.limit, place::limit, "LIMIT"));
    body.with_ties = written.with_ties;
    return {};
}

outcome<query_ptr> analyze_plain(scope& in, syntax::select const& written) {
    query body;
    if (written.into)
        return sql_error("0A000", "SELECT INTO is not supported").at(written.into->position);
    SLUICE_CHECK(declare_windows(in, written.windows));
    SLUICE_TRY(body.from, analyze_from(in, written.from));
    SLUICE_TRY(body.targets, analyze_targets(in, written.targets, place::select_target));
    if (written.where) {
        SLUICE_TRY(body.where, analyze_expr(in, written.where, place::where));
        SLUICE_TRY(body.where, coerce_to_boolean(in.context, body.where, "WHERE"));
    }
    if (written.having) {
        SLUICE_TRY(body.having, analyze_expr(in, written.having, place::having));
        SLUICE_TRY(body.having, coerce_to_boolean(in.context, body.having, "HAVING"));
    }
    SLUICE_CHECK(analyze_tail(in, written, body));
    SLUICE_CHECK(analyze_windows(in, body.targets));
    if (in.resolve_unknowns) {
        SLUICE_CHECK(resolve_unknown_targets(in, body.targets));
    }
    body.has_aggregates = in.has_aggregates;
    body.has_windows = in.has_windows;
    body.has_set_returning = in.has_set_returning;
    SLUICE_CHECK(analyze_locking(in, written, body));
    SLUICE_CHECK(check_grouping(in, body));
    body.common_tables = std::move(in.tables);
    body.range_table = std::move(in.entries);
    body.windows = std::move(in.windows);
    return query_ptr(std::make_shared<query const>(std::move(body)));
}

}  // namespace

outcome<query_ptr> analyze_query(analysis_context& context, scope* parent,
                                 syntax::select const& written, query_options options) {
    depth_guard const deeper(context);
    if (deeper.too_deep()) return too_deep_error();
    if (written.op != syntax::set_op::none)
        return analyze_set_operation(context, parent, written, options);
    if (!written.values.empty()) return analyze_values(context, parent, written);
    scope in(context, parent);
    in.resolve_unknowns = options.resolve_unknowns;
    if (written.with) {
        SLUICE_CHECK(analyze_with(in, *written.with));
    }
    return analyze_plain(in, written);
}

}  // namespace sluice::sql
