// UPDATE and DELETE.
#include "protocols/sql/analyze/coercion.hpp"
#include "protocols/sql/analyze/data_statements.hpp"
#include "protocols/sql/analyze/expressions.hpp"
#include "protocols/sql/analyze/queries.hpp"

namespace sluice::sql {
namespace {

// The table changed is entry 0 and the first name; then FROM or USING, and WHERE.
outcome<relation_ptr> open_target(scope& in, syntax::table_ref const& written, char const* verb) {
    SLUICE_TRY(auto const table, writable_table(in.context, written, verb));
    auto const alias = written.alias.given() ? written.alias.name : written.name;
    SLUICE_TRY(auto const entry, add_table(in, table, written, alias));
    auto item = item_of(in, entry);
    item.relation = table->oid;
    item.schema = table->schema;
    in.items.push_back(std::move(item));
    return table;
}

outcome<void> analyze_rest(scope& in, std::vector<syntax::from_ptr> const& from,
                           syntax::expr_ptr const& where, query& source) {
    source.from.push_back(from_item{std::uint32_t{0}});
    SLUICE_TRY(auto others, analyze_from(in, from));
    source.from.insert(source.from.end(), others.begin(), others.end());
    if (!where) return {};
    SLUICE_TRY(source.where, analyze_expr(in, where, place::where));
    SLUICE_TRY(source.where, coerce_to_boolean(in.context, source.where, "WHERE"));
    return {};
}

outcome<std::vector<target>> analyze_returning(scope& in,
                                               std::vector<syntax::target_item> const& written) {
    if (written.empty()) return std::vector<target>();
    SLUICE_TRY(auto out, analyze_targets(in, written, place::returning));
    SLUICE_CHECK(resolve_unknown_targets(in, out));
    return out;
}

void take_scope(scope& in, query& source) {
    source.common_tables = std::move(in.tables);
    source.range_table = std::move(in.entries);
}

}  // namespace

outcome<data_result> analyze_update(analysis_context& context, syntax::update const& written) {
    scope in(context);
    update_statement out;
    if (written.with) {
        SLUICE_CHECK(analyze_with(in, *written.with));
    }
    SLUICE_TRY(auto const table, open_target(in, written.table, "UPDATE of"));
    if (table->kind == relation_kind::topic)
        return sql_error("0A000", "UPDATE of a topic is not supported").at(written.table.position);
    out.table = table->oid;
    SLUICE_CHECK(analyze_rest(in, written.from, written.where, out.source));
    SLUICE_TRY(out.returning, analyze_returning(in, written.returning));
    SLUICE_TRY(auto assignments, analyze_assignments(in, *table, written.assignments));
    for (auto& each : assignments) out.assignments.emplace_back(each.number, std::move(each.value));
    for (auto const& each : table->columns) {
        if (each.dropped || !each.generated) continue;
        SLUICE_TRY(auto value, generated_value(context, *table, each));
        out.generated.emplace_back(each.number, std::move(value));
    }
    take_scope(in, out.source);
    data_result made;
    for (auto const& each : out.returning) made.columns.push_back(each.column);
    made.body = std::move(out);
    return made;
}

outcome<data_result> analyze_delete(analysis_context& context, syntax::erase const& written) {
    scope in(context);
    delete_statement out;
    if (written.with) {
        SLUICE_CHECK(analyze_with(in, *written.with));
    }
    SLUICE_TRY(auto const table, open_target(in, written.table, "DELETE from"));
    if (table->kind == relation_kind::topic)
        return sql_error("0A000", "DELETE from a topic is not supported")
            .at(written.table.position);
    out.table = table->oid;
    SLUICE_CHECK(analyze_rest(in, written.using_items, written.where, out.source));
    SLUICE_TRY(out.returning, analyze_returning(in, written.returning));
    take_scope(in, out.source);
    data_result made;
    for (auto const& each : out.returning) made.columns.push_back(each.column);
    made.body = std::move(out);
    return made;
}

}  // namespace sluice::sql
