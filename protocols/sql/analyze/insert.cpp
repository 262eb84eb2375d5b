#include <algorithm>

#include "protocols/sql/analyze/coercion.hpp"
#include "protocols/sql/analyze/data_statements.hpp"
#include "protocols/sql/analyze/expressions.hpp"
#include "protocols/sql/analyze/literals.hpp"
#include "protocols/sql/analyze/queries.hpp"

namespace sluice::sql {
namespace {

struct target_columns {
    std::vector<column const*> columns;
    std::vector<std::int32_t> positions;
};

outcome<target_columns> columns_to_fill(relation const& table, syntax::insert const& written) {
    target_columns out;
    if (written.columns.empty()) {
        for (auto const& each : table.columns)
            if (!each.dropped) out.columns.push_back(&each);
        out.positions.assign(out.columns.size(), 0);
        return out;
    }
    for (auto const& each : written.columns) {
        SLUICE_TRY(auto const* found, assigned_column(table, each));
        if (std::find(out.columns.begin(), out.columns.end(), found) != out.columns.end())
            return sql_error("42701", "column \"" + each.name + "\" specified more than once")
                .at(each.position);
        out.columns.push_back(found);
        out.positions.push_back(each.position);
    }
    return out;
}

outcome<void> check_width(target_columns const& to, std::size_t width, bool explicit_columns,
                          std::int32_t value_position) {
    if (width > to.columns.size())
        return sql_error("42601", "INSERT has more expressions than target columns")
            .at(value_position);
    if (explicit_columns && width < to.columns.size())
        return sql_error("42601", "INSERT has more target columns than expressions")
            .at(to.positions[width]);
    return {};
}

sql_error always_generated(column const& to, bool generated) {
    auto out =
        sql_error("428C9", "cannot insert a non-DEFAULT value into column \"" + to.name + "\"")
            .with_detail(generated ? "Column \"" + to.name + "\" is a generated column."
                                   : "Column \"" + to.name +
                                         "\" is an identity column defined as GENERATED "
                                         "ALWAYS.");
    if (!generated) out.hint = "Use OVERRIDING SYSTEM VALUE to override.";
    return out;
}

outcome<void> check_generated(syntax::insert const& written, column const& to) {
    if (to.generated) return always_generated(to, true);
    if (to.identity == 'a' && written.override_identity == syntax::insert::overriding::none)
        return always_generated(to, false);
    return {};
}

// VALUES: each row by assignment to the columns, DEFAULT written out.
outcome<query_ptr> values_source(scope& in, relation const& table, syntax::insert const& written,
                                 target_columns& to) {
    auto const& lists = written.source->values;
    scope inner(in.context, &in);
    if (written.source->with) {
        SLUICE_CHECK(analyze_with(inner, *written.source->with));
    }
    bool const single = lists.size() == 1;
    place_scope const here(inner, single ? place::values_single : place::values);
    std::vector<std::vector<expression_ptr>> raw;
    std::size_t width = 0;
    for (auto const& list : lists) {
        std::vector<expression_ptr> row;
        for (auto const& each : list) {
            if (std::holds_alternative<syntax::default_expr>(each->node)) {
                row.push_back(nullptr);
                continue;
            }
            SLUICE_TRY(auto value, analyze_expr(inner, each));
            row.push_back(std::move(value));
        }
        if (!raw.empty() && row.size() != width)
            return sql_error("42601", "VALUES lists must all be the same length")
                .at(list.empty() ? 0 : list.front()->position);
        width = row.size();
        SLUICE_CHECK(
            check_width(to, width, !written.columns.empty(),
                        width > to.columns.size() ? list[to.columns.size()]->position : 0));
        raw.push_back(std::move(row));
    }
    to.columns.resize(width);
    bool has_set_returning = inner.has_set_returning;
    for (std::size_t r = 0; r < raw.size(); ++r)
        for (std::size_t i = 0; i < width; ++i) {
            auto const& column = *to.columns[i];
            auto& value = raw[r][i];
            if (value) {
                SLUICE_CHECK(check_generated(written, column));
                SLUICE_TRY(value, coerce_assigned(in.context, column, std::move(value)));
            } else if (column.generated) {
                value = null_constant(column.type);
            } else {
                SLUICE_TRY(value, column_default(in.context, table, column));
            }
        }
    query body;
    body.common_tables = std::move(inner.tables);
    body.has_set_returning = has_set_returning;
    if (single) {
        for (std::size_t i = 0; i < width; ++i) {
            target each;
            each.value = raw[0][i];
            each.column.name = to.columns[i]->name;
            each.column.type = each.value->type;
            body.targets.push_back(std::move(each));
        }
        body.range_table = std::move(inner.entries);
        return query_ptr(std::make_shared<query const>(std::move(body)));
    }
    range_entry entry{.source = range_entry::table{}};
    entry.alias = "*VALUES*";
    for (std::size_t i = 0; i < width; ++i) {
        result_column column;
        column.name = "column" + std::to_string(i + 1);
        column.type = to.columns[i]->type;
        entry.columns.push_back(column);
        target each;
        each.value =
            make_node(column_reference{0, 0, static_cast<std::uint32_t>(i)}, column.type, 0);
        each.column = column;
        body.targets.push_back(std::move(each));
    }
    entry.read.assign(width, true);
    entry.source = range_entry::values{std::move(raw), false};
    body.range_table.push_back(std::move(entry));
    body.from.push_back(from_item{std::uint32_t{0}});
    return query_ptr(std::make_shared<query const>(std::move(body)));
}

bool is_values_only(syntax::select const& source) {
    return !source.values.empty() && source.order.empty() && !source.limit && !source.offset &&
           source.locking.empty();
}

// INSERT ... SELECT: the columns are coerced inside a plain query, around one that sorts, groups or
// combines; untyped literals always inside.
outcome<query_ptr> query_source(scope& in, syntax::insert const& written, target_columns& to) {
    auto const& source = *written.source;
    bool const around = source.op != syntax::set_op::none || source.distinct ||
                        !source.order.empty() || !source.group_by.empty() || !source.values.empty();
    scope wrapper(in.context, &in);
    SLUICE_TRY(auto inner, analyze_query(in.context, around ? &wrapper : &in, source,
                                         query_options{.resolve_unknowns = false}));
    auto const values = visible_values(*inner);
    SLUICE_CHECK(
        check_width(to, values.size(), !written.columns.empty(),
                    values.size() > to.columns.size() ? values[to.columns.size()]->position : 0));
    to.columns.resize(values.size());
    auto body = std::make_shared<query>(*inner);
    std::size_t i = 0;
    for (auto& each : body->targets) {
        if (each.hidden) continue;
        auto const& column = *to.columns[i++];
        SLUICE_CHECK(check_generated(written, column));
        if (around && !is_unknown(each.value->type.oid)) continue;
        SLUICE_TRY(each.value, coerce_assigned(in.context, column, each.value));
        each.column.type = each.value->type;
    }
    if (!around) return query_ptr(std::move(body));
    query outer;
    range_entry entry{.source = range_entry::table{}};
    entry.columns = columns_of(*body);
    entry.read.assign(entry.columns.size(), true);
    entry.source = range_entry::subquery{query_ptr(std::move(body)), false};
    for (std::uint32_t c = 0; c < entry.columns.size(); ++c) {
        target each;
        auto value =
            make_node(column_reference{0, 0, c}, entry.columns[c].type, values[c]->position);
        SLUICE_TRY(each.value, coerce_assigned(in.context, *to.columns[c], std::move(value)));
        each.column = entry.columns[c];
        each.column.type = each.value->type;
        outer.targets.push_back(std::move(each));
    }
    outer.range_table.push_back(std::move(entry));
    outer.from.push_back(from_item{std::uint32_t{0}});
    return query_ptr(std::make_shared<query const>(std::move(outer)));
}

outcome<void> fill_defaults(scope& in, relation const& table, target_columns const& to,
                            insert_statement& out) {
    for (auto const& each : table.columns) {
        expression_ptr value;
        bool const filled =
            std::find(to.columns.begin(), to.columns.end(), &each) != to.columns.end();
        if (!each.dropped && each.generated) {
            SLUICE_TRY(value, generated_value(in.context, table, each));
        } else if (!each.dropped && !filled &&
                   (each.default_text || each.identity != 0 ||
                    in.context.is_domain(each.type.oid))) {
            SLUICE_TRY(value, column_default(in.context, table, each));
        }
        out.defaults.push_back(std::move(value));
    }
    return {};
}

}  // namespace

outcome<data_result> analyze_insert(analysis_context& context, syntax::insert const& written) {
    scope in(context);
    insert_statement out;
    if (written.with) {
        SLUICE_CHECK(analyze_with(in, *written.with));
    }
    SLUICE_TRY(auto const table, writable_table(context, written.table, "INSERT into"));
    out.table = table->oid;
    out.override_identity =
        static_cast<insert_statement::overriding>(static_cast<int>(written.override_identity));
    SLUICE_TRY(auto to, columns_to_fill(*table, written));
    if (!written.source) {
        to.columns.clear();
    } else if (is_values_only(*written.source)) {
        SLUICE_TRY(out.source, values_source(in, *table, written, to));
    } else {
        SLUICE_TRY(out.source, query_source(in, written, to));
    }
    for (auto const* each : to.columns) out.columns.push_back(each->number);
    SLUICE_CHECK(fill_defaults(in, *table, to, out));
    // The new row, for ON CONFLICT and RETURNING.
    auto const alias = written.table.alias.given() ? written.table.alias.name : written.table.name;
    SLUICE_TRY(auto const entry, add_table(in, table, written.table, alias));
    in.items.push_back(item_of(in, entry));
    in.items.back().relation = table->oid;
    in.items.back().schema = table->schema;
    if (written.conflict) {
        SLUICE_TRY(out.on_conflict, analyze_conflict(in, table, *written.conflict));
    }
    if (!written.returning.empty()) {
        SLUICE_TRY(out.returning, analyze_targets(in, written.returning, place::returning));
        SLUICE_CHECK(resolve_unknown_targets(in, out.returning));
    }
    out.common_tables = std::move(in.tables);
    data_result made;
    for (auto const& each : out.returning) made.columns.push_back(each.column);
    made.body = std::move(out);
    return made;
}

}  // namespace sluice::sql
