// VALUES lists.
#include "protocols/sql/analyze/coercion.hpp"
#include "protocols/sql/analyze/expressions.hpp"
#include "protocols/sql/analyze/queries.hpp"
#include "protocols/sql/analyze/sorting.hpp"

namespace sluice::sql {

outcome<query_ptr> analyze_values(analysis_context& context, scope* parent,
                                  syntax::select const& written) {
    scope in(context, parent);
    if (written.with) {
        SLUICE_CHECK(analyze_with(in, *written.with));
    }
    std::vector<std::vector<expression_ptr>> rows;
    for (auto const& each : written.values) {
        place_scope const here(in, place::values);
        SLUICE_TRY(auto row, analyze_list(in, each));
        if (!rows.empty() && row.size() != rows.front().size())
            return sql_error("42601", "VALUES lists must all be the same length")
                .at(row.empty() ? 0 : row.front()->position);
        rows.push_back(std::move(row));
    }
    range_entry entry{.source = range_entry::table{}};
    entry.alias = "*VALUES*";
    for (std::size_t i = 0; i < rows.front().size(); ++i) {
        std::vector<expression_ptr> column;
        for (auto const& row : rows) column.push_back(row[i]);
        SLUICE_TRY(auto const type, common_type(context, column, "VALUES"));
        for (auto& each : column) {
            SLUICE_TRY(each, coerce_to_common(context, std::move(each), type, "VALUES"));
        }
        for (std::size_t r = 0; r < rows.size(); ++r) rows[r][i] = column[r];
        result_column made;
        made.name = "column" + std::to_string(i + 1);
        made.type = {type, common_modifier(column, type)};
        entry.columns.push_back(std::move(made));
    }
    entry.source = range_entry::values{std::move(rows), false};
    entry.read.assign(entry.columns.size(), true);
    in.entries.push_back(std::move(entry));
    in.items.push_back(item_of(in, 0));
    query body;
    body.from.push_back(from_item{std::uint32_t{0}});
    auto const& item = in.items.front();
    for (std::size_t i = 0; i < item.columns.size(); ++i) {
        target each;
        each.value = item.columns[i].value;
        each.column.name = item.columns[i].name;
        each.column.type = each.value->type;
        body.targets.push_back(std::move(each));
    }
    SLUICE_TRY(body.order, analyze_order(in, written.order, body.targets, place::order_by));
    SLUICE_TRY(body.offset, analyze_limit(in, written.offset, place::offset, "OFFSET"));
    SLUICE_TRY(body.limit, analyze_limit(in, written.limit, place::limit, "LIMIT"));
    body.with_ties = written.with_ties;
    if (!written.locking.empty())
        return sql_error("0A000", "FOR UPDATE cannot be applied to VALUES");
    body.common_tables = std::move(in.tables);
    body.range_table = std::move(in.entries);
    return query_ptr(std::make_shared<query const>(std::move(body)));
}

}  // namespace sluice::sql
