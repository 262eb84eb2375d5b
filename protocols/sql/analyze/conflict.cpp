// ON CONFLICT: which unique index arbitrates, and what is done instead.
#include <algorithm>

#include "protocols/sql/analyze/coercion.hpp"
#include "protocols/sql/analyze/data_statements.hpp"
#include "protocols/sql/analyze/expressions.hpp"
#include "protocols/sql/analyze/queries.hpp"

namespace sluice::sql {
namespace {

outcome<object_oid> arbiter_of(scope& in, relation const& table,
                               syntax::conflict_clause const& written) {
    if (!written.constraint.empty()) {
        for (auto const& each : table.constraints)
            if (each.name == written.constraint) {
                if (each.what != constraint::kind::primary_key &&
                    each.what != constraint::kind::unique)
                    return sql_error("42809",
                                     "constraint in ON CONFLICT clause has no associated "
                                     "index");
                return each.index;
            }
        return sql_error("42704", "constraint \"" + written.constraint + "\" for table \"" +
                                      table.name + "\" does not exist");
    }
    if (written.elements.empty()) return object_oid{};
    std::vector<std::int16_t> wanted;
    for (auto const& each : written.elements) {
        if (each.value)
            return sql_error("0A000", "ON CONFLICT on an expression is not supported")
                .at(written.infer_position);
        auto const* column = table.find_column(each.column);
        if (column == nullptr) {
            // No such column: in the words of any expression.
            syntax::column_ref name;
            name.names = {each.column};
            SLUICE_TRY(auto const found, resolve_column(in, name, written.infer_position));
            return sql_error("0A000", "ON CONFLICT on a system column is not supported")
                .at(found->position);
        }
        if (std::find(wanted.begin(), wanted.end(), column->number) == wanted.end())
            wanted.push_back(column->number);
    }
    if (written.index_where)
        return sql_error("0A000", "ON CONFLICT with an index predicate is not supported")
            .at(written.infer_position);
    std::sort(wanted.begin(), wanted.end());
    for (auto const index : table.indexes) {
        auto const found = in.context.catalog().find_relation(index);
        if (!found || !found->index || !found->index->unique || !found->index->where.empty())
            continue;
        std::vector<std::int16_t> keys;
        for (auto const& each : found->index->keys) keys.push_back(each.number);
        std::sort(keys.begin(), keys.end());
        if (keys == wanted) return index;
    }
    return sql_error("42P10",
                     "there is no unique or exclusion constraint matching the ON CONFLICT "
                     "specification");
}

}  // namespace

outcome<insert_statement::conflict> analyze_conflict(scope& in, relation_ptr const& table,
                                                     syntax::conflict_clause const& written) {
    insert_statement::conflict out;
    out.do_update = written.do_update;
    if (written.do_update && written.elements.empty() && written.constraint.empty())
        return sql_error("42601",
                         "ON CONFLICT DO UPDATE requires inference specification or "
                         "constraint name")
            .with_hint("For example, ON CONFLICT (column_name).")
            .at(written.position);
    SLUICE_TRY(out.index, arbiter_of(in, *table, written));
    if (!written.do_update) return out;
    auto const entries = in.entries.size();
    auto const items = in.items.size();
    SLUICE_TRY(auto const excluded, add_table(in, table, {}, "excluded"));
    in.items.push_back(item_of(in, excluded));
    SLUICE_TRY(auto assignments, analyze_assignments(in, *table, written.assignments));
    for (auto& each : assignments) out.assignments.emplace_back(each.number, std::move(each.value));
    if (written.where) {
        SLUICE_TRY(out.where, analyze_expr(in, written.where, place::where));
        SLUICE_TRY(out.where, coerce_to_boolean(in.context, out.where, "WHERE"));
    }
    in.entries.erase(in.entries.begin() + static_cast<std::ptrdiff_t>(entries), in.entries.end());
    in.items.erase(in.items.begin() + static_cast<std::ptrdiff_t>(items), in.items.end());
    return out;
}

}  // namespace sluice::sql
