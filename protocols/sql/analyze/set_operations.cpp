// UNION, INTERSECT, EXCEPT.
#include <algorithm>

#include "protocols/sql/analyze/coercion.hpp"
#include "protocols/sql/analyze/operators.hpp"
#include "protocols/sql/analyze/queries.hpp"
#include "protocols/sql/analyze/sorting.hpp"

namespace sluice::sql {
namespace {

char const* name_of(syntax::set_op what) {
    return what == syntax::set_op::union_      ? "UNION"
           : what == syntax::set_op::intersect ? "INTERSECT"
                                               : "EXCEPT";
}

set_operation operation_of(syntax::select const& written) {
    switch (written.op) {
        case syntax::set_op::union_:
            return written.all ? set_operation::union_all : set_operation::union_distinct;
        case syntax::set_op::intersect:
            return written.all ? set_operation::intersect_all : set_operation::intersect_distinct;
        case syntax::set_op::except:
            return written.all ? set_operation::except_all : set_operation::except_distinct;
        case syntax::set_op::none: break;
    }
    return set_operation::none;
}

bool is_plain_literal(expression const& value) {
    return is_untyped_literal(value) || (is_unknown(value.type.oid) &&
                                         std::holds_alternative<parameter>(value.node));
}

// Targets can be coerced where they stand unless the rows were compared or ordered by them.
bool can_coerce_inside(query const& body) {
    return body.combine == set_operation::none && !body.distinct && body.distinct_on.empty() &&
           body.order.empty() && body.grouping_sets.empty();
}

}  // namespace

outcome<query_ptr> coerce_columns(analysis_context& context, query_ptr body,
                                  std::vector<sql_type> const& types) {
    auto const values = visible_values(*body);
    bool same = true;
    for (std::size_t i = 0; i < types.size(); ++i) same &= values[i]->type.oid == types[i].oid;
    if (same) return body;
    auto const coerced = [&](expression_ptr value, sql_type type) -> outcome<expression_ptr> {
        if (value->type.oid == type.oid) return value;
        return coerce_type(context, std::move(value), {type.oid, type.modifier},
                           coercion_context::implicit, false);
    };
    if (can_coerce_inside(*body)) {
        auto made = std::make_shared<query>(*body);
        std::size_t i = 0;
        for (auto& each : made->targets) {
            if (each.hidden) continue;
            SLUICE_TRY(each.value, coerced(std::move(each.value), types[i]));
            each.column.type = each.value->type;
            ++i;
        }
        return query_ptr(std::move(made));
    }
    // Untyped literals still take their form inside; everything else is cast around the query.
    auto inner = std::make_shared<query>(*body);
    std::size_t place = 0;
    for (auto& each : inner->targets) {
        if (each.hidden) continue;
        if (is_plain_literal(*each.value)) {
            SLUICE_TRY(each.value, coerced(std::move(each.value), types[place]));
            each.column.type = each.value->type;
        }
        ++place;
    }
    auto outer = std::make_shared<query>();
    range_entry entry{.source = range_entry::table{}};
    entry.columns = columns_of(*inner);
    entry.read.assign(entry.columns.size(), true);
    entry.source = range_entry::subquery{query_ptr(std::move(inner)), false};
    outer->range_table.push_back(entry);
    outer->from.push_back(from_item{std::uint32_t{0}});
    for (std::uint32_t i = 0; i < entry.columns.size(); ++i) {
        target each;
        auto column = make_node(column_reference{0, 0, i}, entry.columns[i].type, 0);
        SLUICE_TRY(each.value, coerced(std::move(column), types[i]));
        each.column = entry.columns[i];
        each.column.type = each.value->type;
        outer->targets.push_back(std::move(each));
    }
    return query_ptr(std::move(outer));
}

outcome<std::vector<sql_type>> combined_types(analysis_context& context, query const& left,
                                              query const& right, char const* construct) {
    auto const a = visible_values(left);
    auto const b = visible_values(right);
    if (a.size() != b.size())
        return sql_error("42601", "each " + std::string(construct) +
                                      " query must have the same number of columns")
            .at(b.empty() ? 0 : b.front()->position);
    std::vector<sql_type> out;
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::vector<expression_ptr> both{a[i], b[i]};
        expression_ptr decides;
        SLUICE_TRY(auto const type, common_type(context, both, construct, &decides));
        // Whether both can become it, with the error at the one that cannot.
        for (auto const& each : both) {
            if (is_unknown(each->type.oid)) continue;
            SLUICE_TRY(auto const checked, coerce_to_common(context, each, type, construct));
            static_cast<void>(checked);
        }
        auto const modifier = common_modifier(both, type);
        out.push_back({type, modifier});
    }
    return out;
}

outcome<query_ptr> analyze_set_operation(analysis_context& context, scope* parent,
                                         syntax::select const& written, query_options options) {
    scope in(context, parent);
    auto const* name = name_of(written.op);
    if (written.with) {
        SLUICE_CHECK(analyze_with(in, *written.with));
    }
    query_options inner;
    inner.resolve_unknowns = false;
    SLUICE_TRY(auto left, analyze_query(context, &in, *written.left, inner));
    SLUICE_TRY(auto right, analyze_query(context, &in, *written.right, inner));
    SLUICE_TRY(auto const types, combined_types(context, *left, *right, name));
    auto const names = columns_of(*left);
    auto const left_values = visible_values(*left);
    query body;
    SLUICE_TRY(body.left, coerce_columns(context, std::move(left), types));
    SLUICE_TRY(body.right, coerce_columns(context, std::move(right), types));
    body.combine = operation_of(written);
    bool const compares = written.op != syntax::set_op::union_ || !written.all;
    for (std::uint32_t i = 0; i < types.size(); ++i) {
        if (compares && find_sort_operators(context, types[i].oid).equal == nullptr)
            return no_equality(context, types[i].oid, left_values[i]->position);
        target each;
        each.value = make_node(column_reference{0, 0, i}, types[i], left_values[i]->position);
        each.column.name = names[i].name;
        each.column.type = types[i];
        body.targets.push_back(std::move(each));
    }
    // ORDER BY sees the result's columns only.
    auto const visible = body.targets.size();
    namespace_item item;
    item.table_visible = false;
    for (auto const& each : body.targets) item.columns.push_back({each.column.name, each.value});
    in.items.push_back(std::move(item));
    SLUICE_TRY(body.order, analyze_order(in, written.order, body.targets, place::order_by));
    if (body.targets.size() > visible)
        return sql_error("0A000", "invalid UNION/INTERSECT/EXCEPT ORDER BY clause")
            .with_detail("Only result column names can be used, not expressions or functions.")
            .with_hint("Add the expression/function to every SELECT, or move the UNION into a FROM "
                       "clause.")
            .at(body.targets[visible].value->position);
    SLUICE_TRY(body.offset, analyze_limit(in, written.offset, place::offset, "OFFSET"));
    SLUICE_TRY(body.limit, analyze_limit(in, written.limit, place::limit, "LIMIT"));
    body.with_ties = written.with_ties;
    if (!written.locking.empty())
        return sql_error("0A000", "FOR UPDATE is not allowed with UNION/INTERSECT/EXCEPT");
    static_cast<void>(options);
    body.common_tables = std::move(in.tables);
    return query_ptr(std::make_shared<query const>(std::move(body)));
}

}  // namespace sluice::sql
