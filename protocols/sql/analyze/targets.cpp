// Target lists: stars, names, origins.
#include "protocols/sql/analyze/coercion.hpp"
#include "protocols/sql/analyze/expressions.hpp"
#include "protocols/sql/analyze/queries.hpp"

namespace sluice::sql {
namespace {

target make_target(scope const& in, expression_ptr value, std::string name) {
    target out;
    out.column.name = std::move(name);
    out.column.type = value->type;
    out.value = std::move(value);
    mark_origin(in, out);
    return out;
}

void expand_item(scope& in, namespace_item const& item, std::uint32_t levels, std::int32_t position,
                 std::vector<target>& out) {
    scope* at = &in;
    for (std::uint32_t i = 0; i < levels; ++i) at = at->parent;
    for (std::size_t i = 0; i < item.columns.size(); ++i) {
        if (item.columns[i].name.empty()) continue;
        out.push_back(
            make_target(in, reference_to(*at, item, i, levels, position), item.columns[i].name));
    }
}

// row.*: a target per field.
outcome<void> expand_row(scope& in, expression_ptr row, std::int32_t position,
                         std::vector<target>& out) {
    auto const fields = fields_of(in, *row);
    if (fields.empty())
        return sql_error("42809", "type " + in.context.name(row->type.oid) + " is not composite")
            .at(position);
    auto const lifted = row;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].name.empty()) continue;
        field_selection made;
        made.row = lifted;
        made.field = static_cast<std::uint32_t>(i);
        out.push_back(
            make_target(in, make_node(std::move(made), fields[i].type, position), fields[i].name));
    }
    return {};
}

outcome<void> expand_star(scope& in, syntax::column_ref const& written, std::int32_t position,
                          std::vector<target>& out) {
    auto const& names = written.names;
    if (names.empty()) {
        bool found = false;
        for (auto const& item : in.items) {
            if (!item.columns_visible) continue;
            found = true;
            expand_item(in, item, 0, position, out);
        }
        if (!found)
            return sql_error("42601", "SELECT * with no tables specified is not valid")
                .at(position);
        return {};
    }
    auto const schema_name = names.size() > 1 ? names[names.size() - 2] : std::string();
    std::uint32_t levels = 0;
    SLUICE_TRY(auto const* item, find_item(in, schema_name, names.back(), position, levels));
    if (item != nullptr) {
        expand_item(in, *item, levels, position, out);
        return {};
    }
    if (names.size() > 1) {
        // table.column.*
        syntax::column_ref column;
        column.names = names;
        auto row = resolve_column(in, column, position);
        if (row.has_value()) return expand_row(in, std::move(*row), position, out);
    } else {
        syntax::column_ref column;
        column.names = names;
        auto row = resolve_column(in, column, position);
        if (row.has_value()) return expand_row(in, std::move(*row), position, out);
    }
    return missing_table(in, schema_name, names.back(), position);
}

// (expression).*: true when it was one.
outcome<bool> expand_expression_star(scope& in, syntax::expr const& written,
                                     std::vector<target>& out) {
    using kind = syntax::indirection::item::kind;
    auto const* path = std::get_if<syntax::indirection>(&written.node);
    if (path == nullptr || path->items.empty() || path->items.back().what != kind::star)
        return false;
    auto inner = std::make_shared<syntax::expr>();
    auto shorter = *path;
    shorter.items.pop_back();
    expression_ptr row;
    if (shorter.items.empty()) {
        SLUICE_TRY(row, analyze_expr(in, shorter.base));
    } else {
        inner->node = std::move(shorter);
        inner->position = written.position;
        SLUICE_TRY(row, analyze_expr(in, syntax::expr_ptr(std::move(inner))));
    }
    SLUICE_CHECK(expand_row(in, std::move(row), written.position, out));
    return true;
}

}  // namespace

void mark_origin(scope const& in, target& out) {
    auto const* column = std::get_if<column_reference>(&out.value->node);
    if (column == nullptr) return;
    scope const* at = &in;
    for (std::uint32_t i = 0; i < column->levels_up && at != nullptr; ++i) at = at->parent;
    if (at == nullptr || column->relation >= at->entries.size()) return;
    auto const& entry = at->entries[column->relation];
    // PostgreSQL follows subqueries and common tables, not set operations; a view is itself.
    auto const& from = entry.columns[column->column];
    out.column.source_table = from.source_table;
    out.column.source_attribute = from.source_attribute;
}

outcome<std::vector<target>> analyze_targets(scope& in,
                                             std::vector<syntax::target_item> const& written,
                                             place where) {
    place_scope const here(in, where);
    std::vector<target> out;
    for (auto const& each : written) {
        auto const* column = std::get_if<syntax::column_ref>(&each.value->node);
        if (column != nullptr && column->star) {
            SLUICE_CHECK(expand_star(in, *column, each.value->position, out));
            continue;
        }
        SLUICE_TRY(auto const expanded, expand_expression_star(in, *each.value, out));
        if (expanded) continue;
        SLUICE_TRY(auto value, analyze_expr(in, each.value));
        auto name = each.name.empty() ? column_name_of(*each.value) : each.name;
        out.push_back(make_target(in, std::move(value), std::move(name)));
    }
    return out;
}

outcome<void> resolve_unknown_targets(scope& in, std::vector<target>& targets) {
    for (auto& each : targets) {
        if (!is_unknown(each.value->type.oid)) continue;
        SLUICE_TRY(each.value, coerce_type(in.context, std::move(each.value), {oid::text, -1},
                                           coercion_context::implicit, false));
        each.column.type = each.value->type;
    }
    return {};
}

std::vector<result_column> columns_of(query const& body) {
    std::vector<result_column> out;
    for (auto const& each : body.targets)
        if (!each.hidden) out.push_back(each.column);
    return out;
}

std::vector<expression_ptr> visible_values(query const& body) {
    std::vector<expression_ptr> out;
    for (auto const& each : body.targets)
        if (!each.hidden) out.push_back(each.value);
    return out;
}

}  // namespace sluice::sql
