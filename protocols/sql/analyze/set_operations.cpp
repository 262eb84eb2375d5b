// UNION, INTERSECT, EXCEPT.
#include <algorithm>

#include "protocols/sql/analyze/coercion.hpp"
#include "protocols/sql/analyze/operators.hpp"
#include "protocols/sql/analyze/queries.hpp"
#include "protocols/sql/analyze/sorting.hpp"
#include "protocols/sql/analyze/tree_walk.hpp"

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
        case syntax::set_op::none:
            break;
    }
    return set_operation::none;
}

outcome<expression_ptr> coerced(analysis_context& context, expression_ptr value, sql_type type) {
    if (value->type.oid == type.oid) return value;
    return coerce_type(context, std::move(value), type, coercion_context::implicit, false);
}

// Implicit casts keep the order, so a sort key follows its target.
void follow_target(analysis_context const& context, std::vector<sort_key>& order,
                   expression const& before, expression_ptr const& after) {
    for (auto& key : order) {
        if (!same_expression(*key.value, before)) continue;
        auto const operators = find_sort_operators(context, after->type.oid);
        if (operators.less == nullptr) continue;
        key.value = after;
        key.less_operator = object_oid{operators.less->oid};
    }
}

}  // namespace

outcome<query_ptr> coerce_columns(analysis_context& context, query_ptr body,
                                  std::vector<sql_type> const& types) {
    auto const values = visible_values(*body);
    bool same = true;
    for (std::size_t i = 0; i < types.size(); ++i) same &= values[i]->type.oid == types[i].oid;
    if (same) return body;
    // Where the query stands, never around it: its references keep their levels.
    auto made = std::make_shared<query>(*body);
    if (body->combine != set_operation::none) {
        SLUICE_TRY(made->left, coerce_columns(context, made->left, types));
        SLUICE_TRY(made->right, coerce_columns(context, made->right, types));
    }
    std::size_t i = 0;
    for (auto& each : made->targets) {
        if (each.hidden) continue;
        auto const before = each.value;
        if (body->combine != set_operation::none) {
            each.value =
                make_node(std::get<column_reference>(before->node), types[i], before->position);
        } else {
            SLUICE_TRY(each.value, coerced(context, before, types[i]));
        }
        if (each.value != before) follow_target(context, made->order, *before, each.value);
        each.column.type = each.value->type;
        ++i;
    }
    return query_ptr(std::move(made));
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
            .with_hint(
                "Add the expression/function to every SELECT, or move the UNION into a FROM "
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
