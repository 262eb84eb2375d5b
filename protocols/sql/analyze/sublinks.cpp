// Subqueries in expressions.
#include "protocols/sql/analyze/coercion.hpp"
#include "protocols/sql/analyze/expressions.hpp"
#include "protocols/sql/analyze/operators.hpp"
#include "protocols/sql/analyze/queries.hpp"

namespace sluice::sql {
namespace {

using kind = syntax::sublink::kind;

// left op ANY/ALL (query): one comparison per column; the query's columns are coerced.
outcome<expression_ptr> compare_with(scope& in, syntax::sublink const& written, query_ptr inner,
                                     std::int32_t position) {
    SLUICE_TRY(auto left, analyze_expr(in, written.test));
    std::vector<expression_ptr> fields;
    if (auto const* row = std::get_if<row_constructor>(&left->node);
        row != nullptr && left->type.oid == oid::record)
        fields = row->fields;
    else
        fields.push_back(left);
    auto const columns = columns_of(*inner);
    if (fields.size() < columns.size())
        return sql_error("42601", "subquery has too many columns").at(position);
    if (fields.size() > columns.size())
        return sql_error("42601", "subquery has too few columns").at(position);
    syntax::qualified_name const name =
        written.operator_name.empty() ? syntax::qualified_name{"="} : written.operator_name;
    if (fields.size() > 1 && name.back() != "=" && name.back() != "<>")
        return sql_error("0A000",
                         "comparing rows with a subquery by " + name.back() + " is not supported")
            .at(position);
    subquery_expression made;
    made.what =
        written.what == kind::any ? subquery_expression::kind::any : subquery_expression::kind::all;
    std::vector<sql_type> types;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        auto const right = make_node(column_reference{0, 0, static_cast<std::uint32_t>(i)},
                                     columns[i].type, position);
        SLUICE_TRY(auto const test, make_operation(in.context, name, fields[i], right, position));
        if (test->type.oid != oid::boolean)
            return sql_error("42804", "row comparison operator must yield type boolean, not type " +
                                          in.context.name(test->type.oid))
                .at(position);
        auto const& call = std::get<function_call>(test->node);
        made.functions.push_back(call.function);
        made.left.push_back(call.arguments[0]);
        auto const wanted = call.arguments[1]->type;
        types.push_back(wanted.oid == columns[i].type.oid ? columns[i].type : wanted);
    }
    SLUICE_TRY(made.subquery, coerce_columns(in.context, std::move(inner), types));
    return make_node(std::move(made), {oid::boolean, -1}, position);
}

}  // namespace

outcome<expression_ptr> analyze_sublink(scope& in, syntax::sublink const& written,
                                        std::int32_t position) {
    auto const forbidden = subqueries_forbidden(in.where);
    if (!forbidden.empty()) return sql_error("0A000", forbidden).at(position);
    SLUICE_TRY(auto inner, analyze_query(in.context, &in, *written.query));
    auto const columns = columns_of(*inner);
    subquery_expression made;
    switch (written.what) {
        case kind::any:
        case kind::all:
            return compare_with(in, written, std::move(inner), position);
        case kind::exists:
            made.what = subquery_expression::kind::exists;
            made.subquery = std::move(inner);
            return make_node(std::move(made), {oid::boolean, -1}, position);
        case kind::expression:
        case kind::array:
            break;
    }
    if (columns.size() != 1)
        return sql_error("42601", columns.empty() ? "subquery must return a column"
                                                  : "subquery must return only one column")
            .at(position);
    auto type = columns[0].type;
    made.what = written.what == kind::array ? subquery_expression::kind::array
                                            : subquery_expression::kind::scalar;
    if (written.what == kind::array) {
        auto const is_array = in.context.element_of(type.oid) != type_oid{};
        auto const array = is_array ? type.oid : in.context.array_of(type.oid);
        if (array == type_oid{})
            return sql_error("42704",
                             "could not find array type for data type " + in.context.name(type.oid))
                .at(position);
        type.oid = array;
    }
    made.subquery = std::move(inner);
    return make_node(std::move(made), type, position);
}

}  // namespace sluice::sql
