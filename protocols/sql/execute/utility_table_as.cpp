// CREATE TABLE AS and SELECT INTO: the table is made of the query's columns, then filled by the
// write path of INSERT.
#include "protocols/sql/analyze/analyzer.hpp"
#include "protocols/sql/execute/utility_steps.hpp"
#include "protocols/sql/parse/parser.hpp"

namespace sluice::sql {
namespace {

sql_result<utility::create_table> table_of(session_core& core, utility::create_table_as const& what,
                                           std::vector<result_column> const& columns) {
    if (what.columns.size() > columns.size())
        return sql_error("42601", "too many column names were specified");
    utility::create_table out;
    out.table = what.table;
    out.kept = what.kept;
    out.if_not_exists = what.if_not_exists;
    out.with = what.with;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        utility::column_definition column;
        column.name = i < what.columns.size() ? what.columns[i] : columns[i].name;
        auto type = parse_type_name(core.context.catalog()->format_type(columns[i].type));
        if (type.has_error()) return std::move(type).error();
        column.type = std::move(*type);
        out.columns.push_back(std::move(column));
    }
    return out;
}

}  // namespace

utility_task run_create_table_as(session_core& core, planned_statement const& plan,
                                 utility::create_table_as const& what, statement_ptr analysed,
                                 std::vector<datum> parameters) {
    auto& context = core.context;
    if (what.materialized_view) co_return not_served("CREATE MATERIALIZED VIEW");
    auto const* select = analysed ? std::get_if<select_statement>(&analysed->body) : nullptr;
    if (select == nullptr) co_return not_served("CREATE TABLE AS with this kind of statement");
    auto const table = table_of(core, what, analysed->columns);
    if (table.has_error()) co_return table.error();
    auto const notices = context.notices.size();
    auto made = co_await run_create_table(core, *table);
    if (made.has_error()) co_return made;
    bool const was_there = context.notices.size() > notices;  // IF NOT EXISTS said so
    if (was_there || !what.with_data) co_return tagged("CREATE TABLE AS");
    auto const found = resolve_relation(what.table, *context.catalog(), context.analysis());
    if (found.has_error()) co_return found.error();
    insert_statement fill;
    fill.table = (*found)->oid;
    for (auto const& each : (*found)->columns) fill.columns.push_back(each.number);
    fill.source = select->body;
    analysed_statement filling;
    filling.body = std::move(fill);
    filling.parameters = plan.parameters;
    filling.catalog_version = context.catalog()->version();
    auto filled = plan_statement(filling, plan.offset, {}, context);
    if (filled.has_error()) co_return std::move(filled).error();
    auto portal = core.open(std::move(*filled), std::move(parameters));
    if (portal.has_error()) co_return std::move(portal).error();
    auto page = co_await (*portal)->fetch(0);
    if (page.has_error()) co_return std::move(page).error();
    auto const count = page->command_tag.substr(page->command_tag.rfind(' ') + 1);
    co_return tagged("SELECT " + count);
}

}  // namespace sluice::sql
