// Column and table names in expressions.
#include <algorithm>
#include <array>

#include "protocols/sql/analyze/scope.hpp"
#include "protocols/sql/analyze/tree_walk.hpp"

namespace sluice::sql {
namespace {

struct system_name {
    std::string_view name;
    std::int16_t number;
    type_oid type;
};
constexpr std::array system_names{
    system_name{"ctid", -1, oid::tid}, system_name{"xmin", -2, oid::xid},
    system_name{"cmin", -3, oid::cid}, system_name{"xmax", -4, oid::xid},
    system_name{"cmax", -5, oid::cid}, system_name{"tableoid", -6, oid::oid}};

sql_error ambiguous_column(std::string_view name, std::int32_t position) {
    return sql_error("42702", "column reference \"" + std::string(name) + "\" is ambiguous")
        .at(position);
}

bool names_table(scope const& at, namespace_item const& item) {
    if (item.entry < 0) return false;
    auto const& entry = at.entries[static_cast<std::size_t>(item.entry)];
    return std::holds_alternative<range_entry::table>(entry.source);
}

// The column of one item; null: it has none of that name.
outcome<expression_ptr> column_in(scope& at, namespace_item const& item, std::string_view name,
                                  std::uint32_t levels, std::int32_t position) {
    std::size_t found = item.columns.size();
    for (std::size_t i = 0; i < item.columns.size(); ++i) {
        if (item.columns[i].name != name || name.empty()) continue;
        if (found != item.columns.size()) return ambiguous_column(name, position);
        found = i;
    }
    if (found != item.columns.size()) return reference_to(at, item, found, levels, position);
    if (!names_table(at, item)) return expression_ptr();
    for (auto const& each : system_names)
        if (each.name == name)
            return make_node(system_column_reference{levels, static_cast<std::uint32_t>(item.entry),
                                                     each.number},
                             {each.type, -1}, position);
    return expression_ptr();
}

outcome<void> check_lateral(scope const& at, namespace_item const& item, std::int32_t position) {
    if (item.lateral_only && !item.lateral_ok)
        return sql_error("42P01",
                         "invalid reference to FROM-clause entry for table \"" + item.name + "\"")
            .with_detail("The combining JOIN type must be INNER or LEFT for a LATERAL reference.")
            .at(position);
    static_cast<void>(at);
    return {};
}

// name alone, in every visible item, from the inside out; null: none.
outcome<expression_ptr> unqualified(scope& from, std::string_view name, std::int32_t position) {
    std::uint32_t levels = 0;
    for (scope* at = &from; at != nullptr; at = at->parent, ++levels) {
        expression_ptr found;
        for (auto const& item : at->items) {
            if (!item.columns_visible || (item.lateral_only && !at->lateral_active)) continue;
            SLUICE_TRY(auto here, column_in(*at, item, name, levels, position));
            if (!here) continue;
            if (found) return ambiguous_column(name, position);
            SLUICE_CHECK(check_lateral(*at, item, position));
            found = std::move(here);
        }
        if (found) return found;
    }
    return expression_ptr();
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            auto const above = row[j];
            row[j] =
                std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

// The best one or two columns of a similar name, for the hint.
struct similar_columns {
    static constexpr std::size_t farthest = 3;
    std::size_t distance = farthest + 1;
    std::vector<std::pair<std::string, std::string>> best;  // table, column; empty: exact, hidden
    void consider(std::string const& table, std::string const& column, std::string_view wanted,
                  std::size_t penalty) {
        if (column.empty()) return;
        auto here = edit_distance(column, wanted);
        if (here > wanted.size() / 2) return;
        here += penalty;
        if (here < distance) {
            best.assign(1, {table, column});
            distance = here;
        } else if (here == distance) {
            if (best.size() == 2) {
                best.clear();
                distance = here - 1;
            } else if (best.size() == 1 || distance <= farthest) {
                best.emplace_back(table, column);
            }
        }
    }
};

sql_error missing_column(scope& from, std::string_view table, std::string_view name,
                         std::int32_t position) {
    auto const column = std::string(name);
    auto out =
        table.empty()
            ? sql_error("42703", "column \"" + column + "\" does not exist")
            : sql_error("42703", "column " + std::string(table) + "." + column + " does not exist");
    out.position = position;
    similar_columns similar;
    for (scope const* at = &from; at != nullptr; at = at->parent)
        for (auto const& entry : at->entries) {
            std::size_t penalty = 0;
            if (!table.empty())
                penalty = std::min(edit_distance(table, entry.alias), similar.farthest + 1);
            for (auto const& each : entry.columns) {
                if (each.name == name && penalty == 0 && !each.name.empty()) {
                    out.hint = "There is a column named \"" + column + "\" in table \"" +
                               entry.alias +
                               "\", but it cannot be referenced from this part of the query.";
                    return out;
                }
                similar.consider(entry.alias, each.name, name, penalty);
            }
        }
    auto const shown = [](auto const& each) {
        return "the column \"" + each.first + "." + each.second + "\"";
    };
    if (similar.best.size() == 1)
        out.hint = "Perhaps you meant to reference " + shown(similar.best[0]) + ".";
    if (similar.best.size() == 2)
        out.hint = "Perhaps you meant to reference " + shown(similar.best[0]) + " or " +
                   shown(similar.best[1]) + ".";
    return out;
}

outcome<expression_ptr> whole_row(scope& from, namespace_item const& item, std::uint32_t levels,
                                  std::int32_t position) {
    scope* at = &from;
    for (std::uint32_t i = 0; i < levels; ++i) at = at->parent;
    if (item.entry < 0) {
        row_constructor made;
        for (std::size_t i = 0; i < item.columns.size(); ++i)
            made.fields.push_back(reference_to(*at, item, i, levels, position));
        return make_node(std::move(made), {oid::record, -1}, position);
    }
    auto const index = static_cast<std::uint32_t>(item.entry);
    auto& entry = at->entries[index];
    std::fill(entry.read.begin(), entry.read.end(), true);
    auto type = oid::record;
    if (auto const* table = std::get_if<range_entry::table>(&entry.source)) {
        auto const relation = from.context.catalog().find_relation(table->relation);
        if (relation && relation->row_type != type_oid{}) type = relation->row_type;
    } else if (auto const* call = std::get_if<range_entry::function>(&entry.source)) {
        // A function of one plain column is that column.
        if (call->calls.size() == 1 && !call->with_ordinality && entry.columns.size() == 1 &&
            !from.context.is_composite(call->calls[0]->type.oid) &&
            call->calls[0]->type.oid != oid::record)
            return reference_to(*at, item, 0, levels, position);
        if (call->calls.size() == 1 && !call->with_ordinality &&
            from.context.is_composite(call->calls[0]->type.oid))
            type = call->calls[0]->type.oid;
    } else if (item.relation != object_oid{}) {
        auto const relation = from.context.catalog().find_relation(item.relation);
        if (relation && relation->row_type != type_oid{}) type = relation->row_type;
    }
    return make_node(whole_row_reference{levels, index}, {type, -1}, position);
}

outcome<expression_ptr> qualified(scope& from, std::string_view schema_name, std::string_view table,
                                  std::string_view name, std::int32_t position) {
    std::uint32_t levels = 0;
    SLUICE_TRY(auto const* item, find_item(from, schema_name, table, position, levels));
    if (item == nullptr) return missing_table(from, schema_name, table, position);
    scope* at = &from;
    for (std::uint32_t i = 0; i < levels; ++i) at = at->parent;
    SLUICE_TRY(auto found, column_in(*at, *item, name, levels, position));
    if (found) return found;
    return missing_column(from, table, name, position);
}

}  // namespace

void mark_read(scope& at, expression const& value, std::uint32_t levels) {
    static_cast<void>(levels);
    any_of(value, [&at](expression const& node) {
        if (auto const* column = std::get_if<column_reference>(&node.node))
            if (column->levels_up == 0 && column->relation < at.entries.size() &&
                column->column < at.entries[column->relation].read.size())
                at.entries[column->relation].read[column->column] = true;
        return false;
    });
}

expression_ptr reference_to(scope& at, namespace_item const& item, std::size_t column,
                            std::uint32_t levels, std::int32_t position) {
    auto const& value = item.columns[column].value;
    mark_read(at, *value, 0);
    auto made = std::make_shared<expression>(*raise_levels(value, levels));
    made->position = position;
    return made;
}

sql_type column_type(range_entry const& entry, std::uint32_t column) {
    return entry.columns[column].type;
}

outcome<namespace_item const*> find_item(scope& from, std::string_view schema_name,
                                         std::string_view name, std::int32_t position,
                                         std::uint32_t& levels) {
    object_oid in{};
    if (!schema_name.empty()) {
        auto const* found = from.context.catalog().find_schema(schema_name);
        if (found == nullptr) return static_cast<namespace_item const*>(nullptr);
        in = found->oid;
    }
    levels = 0;
    for (scope* at = &from; at != nullptr; at = at->parent, ++levels) {
        namespace_item const* found = nullptr;
        for (auto const& item : at->items) {
            if (!item.table_visible || item.name != name) continue;
            if (item.lateral_only && !at->lateral_active) continue;
            if (in != object_oid{} && (item.schema != in || item.relation == object_oid{}))
                continue;
            if (found != nullptr)
                return sql_error("42P09",
                                 "table reference \"" + std::string(name) + "\" is ambiguous")
                    .at(position);
            SLUICE_CHECK(check_lateral(*at, item, position));
            found = &item;
        }
        if (found != nullptr) return found;
    }
    return static_cast<namespace_item const*>(nullptr);
}

sql_error missing_table(scope& from, std::string_view schema_name, std::string_view name,
                        std::int32_t position) {
    auto const table = std::string(name);
    for (scope const* at = &from; at != nullptr; at = at->parent)
        for (auto const& entry : at->entries) {
            if (entry.alias == name && schema_name.empty())
                return sql_error("42P01", "invalid reference to FROM-clause entry for table \"" +
                                              table + "\"")
                    .with_hint("There is an entry for table \"" + table +
                               "\", but it cannot be referenced from this part of the query.")
                    .at(position);
            auto const* named = std::get_if<range_entry::table>(&entry.source);
            auto const relation =
                named != nullptr ? from.context.catalog().find_relation(named->relation) : nullptr;
            if (relation && relation->name == name && entry.alias != name)
                return sql_error("42P01", "invalid reference to FROM-clause entry for table \"" +
                                              table + "\"")
                    .with_hint("Perhaps you meant to reference the table alias \"" + entry.alias +
                               "\".")
                    .at(position);
        }
    return sql_error("42P01", "missing FROM-clause entry for table \"" + table + "\"").at(position);
}

outcome<expression_ptr> resolve_column(scope& from, syntax::column_ref const& written,
                                       std::int32_t position) {
    auto const& names = written.names;
    if (from.where == place::column_default)
        return sql_error("0A000", "cannot use column reference in DEFAULT expression").at(position);
    switch (names.size()) {
        case 1: {
            SLUICE_TRY(auto found, unqualified(from, names[0], position));
            if (found) return found;
            std::uint32_t levels = 0;
            SLUICE_TRY(auto const* item, find_item(from, {}, names[0], position, levels));
            if (item != nullptr) return whole_row(from, *item, levels, position);
            return missing_column(from, {}, names[0], position);
        }
        case 2:
            return qualified(from, {}, names[0], names[1], position);
        case 3:
            return qualified(from, names[0], names[1], names[2], position);
        case 4:
            if (names[0] != from.context.catalog().contents().database_name)
                return sql_error("0A000",
                                 "cross-database references are not implemented: " + names[0] +
                                     "." + names[1] + "." + names[2] + "." + names[3])
                    .at(position);
            return qualified(from, names[1], names[2], names[3], position);
        default:
            break;
    }
    std::string all;
    for (auto const& each : names) all += (all.empty() ? "" : ".") + each;
    return sql_error("42601", "improper qualified name (too many dotted names): " + all)
        .at(position);
}

}  // namespace sluice::sql
