// Values into columns: INSERT's and UPDATE's rules of assignment.
#include <algorithm>

#include "protocols/sql/analyze/coercion.hpp"
#include "protocols/sql/analyze/data_statements.hpp"
#include "protocols/sql/analyze/expressions.hpp"
#include "protocols/sql/analyze/literals.hpp"
#include "protocols/sql/analyze/queries.hpp"
#include "protocols/sql/analyze/type_names.hpp"
#include "protocols/sql/parse/parser.hpp"

namespace sluice::sql {

outcome<relation_ptr> writable_table(analysis_context& context, syntax::table_ref const& name,
                                     char const* verb) {
    SLUICE_TRY(auto found, find_table(context, name));
    auto const refuse = [&](char const* what) {
        return sql_error("0A000", std::string(verb) + " " + what + " is not supported")
            .at(name.position);
    };
    switch (found->kind) {
        case relation_kind::table:
        case relation_kind::partitioned_table:
        case relation_kind::topic:
            return found;
        case relation_kind::view:
            return refuse("a view");
        case relation_kind::bucket:
            return refuse("a bucket");
        case relation_kind::materialized_view:
            return sql_error("42809", "cannot change materialized view \"" + found->name + "\"");
        case relation_kind::sequence:
            return sql_error("42809", "cannot change sequence \"" + found->name + "\"");
        case relation_kind::audit:
        case relation_kind::catalog:
        case relation_kind::catalog_view:
            return sql_error("42501", "permission denied for table " + found->name);
        case relation_kind::index:
        case relation_kind::composite:
            break;
    }
    return sql_error("42809", "cannot open relation \"" + found->name + "\"").at(name.position);
}

outcome<column const*> assigned_column(relation const& table, syntax::target_item const& written) {
    auto const* found = table.find_column(written.name);
    if (found == nullptr)
        return sql_error("42703", "column \"" + written.name + "\" of relation \"" + table.name +
                                      "\" does not exist")
            .at(written.position);
    if (!written.path.empty())
        return sql_error("0A000",
                         "assigning to a part of column \"" + written.name + "\" is not supported")
            .at(written.position);
    return found;
}

outcome<expression_ptr> coerce_assigned(analysis_context& context, column const& to,
                                        expression_ptr value) {
    auto const source = value->type.oid;
    auto const position = value->position;
    SLUICE_TRY(auto made, coerce_to_target(context, std::move(value), to.type,
                                           coercion_context::assignment, false));
    if (made) return made;
    return sql_error("42804", "column \"" + to.name + "\" is of type " + context.name(to.type.oid) +
                                  " but expression is of type " + context.name(source))
        .with_hint("You will need to rewrite or cast the expression.")
        .at(position);
}

outcome<expression_ptr> column_default(analysis_context& context, relation const& table,
                                       column const& of) {
    if (of.identity != 0) return make_node(sequence_default{of.sequence}, of.type, 0);
    if (!of.default_text || of.generated) {
        if (!context.is_domain(of.type.oid)) return null_constant(of.type);
        auto const nothing = null_constant({oid::unknown, -1});
        return type_literal(context, *nothing, of.type, false);
    }
    auto parsed = parse_expression(*of.default_text);
    if (parsed.has_error()) return std::move(parsed).error();
    auto made = analyze_expression(*parsed, &table, expression_place::column_default, of.type,
                                   of.name, context.catalog(), context.settings());
    if (made.has_error()) {
        auto raised = std::move(made).error();
        raised.position = 0;
        return raised;
    }
    return std::move(*made);
}

outcome<expression_ptr> generated_value(analysis_context& context, relation const& table,
                                        column const& of) {
    auto parsed = parse_expression(of.default_text.value_or("NULL"));
    if (parsed.has_error()) return std::move(parsed).error();
    auto made = analyze_expression(*parsed, &table, expression_place::generated_column, of.type,
                                   of.name, context.catalog(), context.settings());
    if (made.has_error()) return std::move(made).error();
    return std::move(*made);
}

namespace {

sql_error only_default(column const& to, bool generated) {
    return sql_error("428C9", "column \"" + to.name + "\" can only be updated to DEFAULT")
        .with_detail(generated ? "Column \"" + to.name + "\" is a generated column."
                               : "Column \"" + to.name +
                                     "\" is an identity column defined as GENERATED "
                                     "ALWAYS.");
}

// (a, b) = (x, y), = ROW(x, y), or = (SELECT x, y)
outcome<expression_ptr> multi_value(scope& in, syntax::target_item const& written) {
    if (auto const* row = std::get_if<syntax::row_expr>(&written.value->node)) {
        if (row->fields.size() != static_cast<std::size_t>(written.multi_columns))
            return sql_error("42601", "number of columns does not match number of values")
                .at(written.value->position);
        return analyze_expr(in, row->fields[static_cast<std::size_t>(written.multi_column - 1)]);
    }
    if (auto const* sublink = std::get_if<syntax::sublink>(&written.value->node);
        sublink != nullptr && sublink->what == syntax::sublink::kind::expression) {
        if (written.multi_columns > 1)
            return sql_error("0A000", "assigning several columns from a subquery is not supported")
                .at(written.value->position);
        return analyze_expr(in, written.value);
    }
    if (written.multi_columns == 1) return analyze_expr(in, written.value);
    return sql_error("0A000",
                     "source for a multiple-column UPDATE item must be a sub-SELECT or "
                     "ROW() expression")
        .at(written.value->position);
}

}  // namespace

outcome<std::vector<assignment>> analyze_assignments(
    scope& in, relation const& table, std::vector<syntax::target_item> const& written) {
    // Values first, then the columns they go to: the order in which PostgreSQL reports errors.
    std::vector<expression_ptr> values;
    place_scope const here(in, place::update_source);
    for (auto const& each : written) {
        if (std::holds_alternative<syntax::default_expr>(each.value->node)) {
            values.push_back(nullptr);
        } else if (each.multi_column > 0) {
            auto const* row = std::get_if<syntax::row_expr>(&each.value->node);
            auto const place = static_cast<std::size_t>(each.multi_column - 1);
            if (row != nullptr && place < row->fields.size() &&
                std::holds_alternative<syntax::default_expr>(row->fields[place]->node)) {
                values.push_back(nullptr);
                continue;
            }
            SLUICE_TRY(auto value, multi_value(in, each));
            values.push_back(std::move(value));
        } else {
            SLUICE_TRY(auto value, analyze_expr(in, each.value));
            values.push_back(std::move(value));
        }
    }
    std::vector<assignment> out;
    for (std::size_t i = 0; i < written.size(); ++i) {
        SLUICE_TRY(auto const* to, assigned_column(table, written[i]));
        assignment each;
        each.number = to->number;
        if (values[i]) {
            SLUICE_TRY(each.value, coerce_assigned(in.context, *to, values[i]));
            if (to->generated) return only_default(*to, true);
            if (to->identity == 'a') return only_default(*to, false);
        } else if (to->generated) {
            continue;
        } else {
            SLUICE_TRY(each.value, column_default(in.context, table, *to));
        }
        for (auto const& before : out)
            if (before.number == each.number)
                return sql_error("42601",
                                 "multiple assignments to same column \"" + to->name + "\"");
        out.push_back(std::move(each));
    }
    return out;
}

}  // namespace sluice::sql
