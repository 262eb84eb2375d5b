#include "protocols/sql/analyze/analyzer.hpp"

#include <algorithm>

#include "protocols/sql/analyze/coercion.hpp"
#include "protocols/sql/analyze/data_statements.hpp"
#include "protocols/sql/analyze/expressions.hpp"
#include "protocols/sql/analyze/queries.hpp"
#include "protocols/sql/analyze/type_names.hpp"

namespace sluice::sql {
namespace {

template <class T>
sql_result<T> unboxed(outcome<T> made) {
    if (made.has_error()) return std::move(*made.error());
    return std::move(*made);
}

outcome<std::vector<sql_type>> settled_parameters(analysis_context& context) {
    std::vector<sql_type> out;
    std::size_t number = 0;
    for (auto const& each : context.parameters()) {
        ++number;
        if (each.type == type_oid{} || is_unknown(each.type)) {
            // Never used, or used where any type would do.
            if (each.type == type_oid{} || !each.given)
                return sql_error("42P18", "could not determine data type of parameter $" +
                                              std::to_string(number));
        }
        out.push_back({each.type, -1});
    }
    return out;
}

outcome<data_result> analyze_body(analysis_context& context, syntax::statement const& statement);

result_column text_column(std::string name) {
    result_column out;
    out.name = std::move(name);
    out.type = {oid::text, -1};
    return out;
}

std::vector<result_column> columns_of_show(utility::show const& show) {
    if (show.name == "all")
        return {text_column("name"), text_column("setting"), text_column("description")};
    auto const* known = builtin::find_setting(show.name);
    return {text_column(known != nullptr ? std::string(known->name) : show.name)};
}

outcome<statement_ptr> analyze_inner(analysis_context& context,
                                     syntax::statement_ptr const& inner) {
    if (!inner) return statement_ptr();
    SLUICE_TRY(auto body, analyze_body(context, *inner));
    auto made = std::make_shared<analysed_statement>();
    made->body = std::move(body.body);
    made->columns = std::move(body.columns);
    made->catalog_version = context.catalog().version();
    made->text = inner->text;
    return statement_ptr(std::move(made));
}

// The statement inside a utility statement that is analysed with it; null: none.
syntax::statement_ptr inner_statement(utility_body const& body) {
    if (auto const* node = std::get_if<utility::explain>(&body)) return node->query;
    if (auto const* node = std::get_if<utility::declare_cursor>(&body)) return node->query;
    if (auto const* node = std::get_if<utility::copy>(&body)) return node->query;
    if (auto const* node = std::get_if<utility::create_table_as>(&body)) return node->query;
    if (auto const* node = std::get_if<utility::create_view>(&body)) return node->query;
    return nullptr;
}

outcome<data_result> analyze_utility(analysis_context& context, utility_statement const& given) {
    data_result out;
    auto made = std::make_shared<utility_statement>(given);
    SLUICE_TRY(made->analysed, analyze_inner(context, inner_statement(given.body)));
    if (made->analysed && std::holds_alternative<utility::create_view>(given.body) &&
        !context.parameters().empty())
        return sql_error("42P02", "there is no parameter $1");
    if (std::holds_alternative<utility::explain>(given.body)) {
        auto const& options = std::get<utility::explain>(given.body).options;
        auto column = text_column("QUERY PLAN");
        for (auto const& each : options)
            if (each.name == "format" && each.text == "json") column.type.oid = oid::json;
        out.columns.push_back(std::move(column));
    }
    if (auto const* show = std::get_if<utility::show>(&given.body))
        out.columns = columns_of_show(*show);
    out.body = utility_ptr(std::move(made));
    return out;
}

outcome<data_result> analyze_body(analysis_context& context, syntax::statement const& statement) {
    if (auto const* body = std::get_if<syntax::select_ptr>(&statement.body)) {
        SLUICE_TRY(auto made, analyze_query(context, nullptr, **body));
        data_result out;
        out.columns = columns_of(*made);
        out.body = select_statement{std::move(made)};
        return out;
    }
    if (auto const* body = std::get_if<syntax::insert>(&statement.body))
        return analyze_insert(context, *body);
    if (auto const* body = std::get_if<syntax::update>(&statement.body))
        return analyze_update(context, *body);
    if (auto const* body = std::get_if<syntax::erase>(&statement.body))
        return analyze_delete(context, *body);
    return analyze_utility(context,
                           *std::get<std::shared_ptr<utility_statement const>>(statement.body));
}

outcome<statement_ptr> analyze_statement(analysis_context& context,
                                         syntax::statement const& statement) {
    SLUICE_TRY(auto body, analyze_body(context, statement));
    SLUICE_TRY(auto parameters, settled_parameters(context));
    auto made = std::make_shared<analysed_statement>();
    made->body = std::move(body.body);
    made->columns = std::move(body.columns);
    // Clients are told the base types of domains.
    for (auto& each : made->columns) each.type = context.base_of(each.type);
    made->parameters = std::move(parameters);
    made->catalog_version = context.catalog().version();
    made->text = statement.text;
    return statement_ptr(std::move(made));
}

place place_of(expression_place given) {
    switch (given) {
        case expression_place::column_default:
            return place::column_default;
        case expression_place::check_constraint:
            return place::check_constraint;
        case expression_place::generated_column:
            return place::generated_column;
        case expression_place::index_expression:
            return place::index_expression;
        case expression_place::index_predicate:
            return place::index_predicate;
        case expression_place::partition_key:
            return place::partition_key;
        case expression_place::execute_argument:
            return place::execute_argument;
        case expression_place::copy_where:
            return place::copy_where;
        case expression_place::alter_using:
            return place::alter_using;
    }
    return place::other;
}

outcome<expression_ptr> analyze_alone(analysis_context& context, syntax::expr_ptr const& written,
                                      relation const* table, expression_place where,
                                      sql_type wanted, std::string_view name) {
    scope in(context);
    context.allow_parameters(false);
    if (table != nullptr) {
        range_entry entry{.source = range_entry::table{}};
        entry.source = range_entry::table{table->oid, false};
        entry.alias = table->name;
        for (auto const& each : table->columns) {
            result_column made;
            if (!each.dropped) made.name = each.name;
            made.type = each.type;
            made.source_table = table->oid;
            made.source_attribute = each.number;
            entry.columns.push_back(std::move(made));
        }
        entry.read.assign(entry.columns.size(), false);
        in.entries.push_back(std::move(entry));
        in.items.push_back(item_of(in, 0));
        in.items.back().relation = table->oid;
        in.items.back().schema = table->schema;
    }
    SLUICE_TRY(auto value, analyze_expr(in, written, place_of(where)));
    if (where == expression_place::check_constraint)
        return coerce_to_boolean(context, std::move(value), "CHECK");
    if (where == expression_place::index_predicate || where == expression_place::copy_where)
        return coerce_to_boolean(context, std::move(value), "WHERE");
    if (wanted.oid == type_oid{}) {
        if (!is_unknown(value->type.oid)) return value;
        return coerce_type(context, std::move(value), {oid::text, -1}, coercion_context::implicit,
                           false);
    }
    auto const source = value;
    SLUICE_TRY(value, coerce_to_target(context, std::move(value), wanted,
                                       coercion_context::assignment, false));
    if (value) return value;
    auto const* kind = where == expression_place::column_default     ? "default expression"
                       : where == expression_place::generated_column ? "generation expression"
                                                                     : "expression";
    if (where == expression_place::column_default || where == expression_place::generated_column)
        return sql_error("42804", "column \"" + std::string(name) + "\" is of type " +
                                      context.name(wanted.oid) + " but " + kind + " is of type " +
                                      context.name(source->type.oid))
            .with_hint("You will need to rewrite or cast the expression.");
    return sql_error("42804", "parameter " + std::string(name) + " of type " +
                                  context.name(source->type.oid) +
                                  " cannot be coerced to the expected type " +
                                  context.name(wanted.oid))
        .with_hint("You will need to rewrite or cast the expression.")
        .at(source->position);
}

}  // namespace

sql_result<statement_ptr> analyze(syntax::statement_ptr const& statement,
                                  catalog_snapshot const& catalog,
                                  analysis_settings const& settings,
                                  std::vector<type_oid> const& parameters) {
    analysis_context context(catalog, settings, parameters);
    return unboxed(analyze_statement(context, *statement));
}

sql_result<expression_ptr> analyze_expression(syntax::expr_ptr const& written,
                                              relation const* table, expression_place where,
                                              sql_type wanted, std::string_view name,
                                              catalog_snapshot const& catalog,
                                              analysis_settings const& settings) {
    analysis_context context(catalog, settings, {});
    return unboxed(analyze_alone(context, written, table, where, wanted, name));
}

sql_result<sql_type> resolve_type(syntax::type_name const& name, catalog_snapshot const& catalog,
                                  analysis_settings const& settings) {
    analysis_context context(catalog, settings, {});
    return unboxed(find_named_type(context, name));
}

sql_result<relation_ptr> resolve_relation(syntax::table_ref const& name,
                                          catalog_snapshot const& catalog,
                                          analysis_settings const& settings) {
    analysis_context context(catalog, settings, {});
    return unboxed(find_table(context, name));
}

sql_result<expression_ptr> coerce(expression_ptr operand, sql_type target, coercion_context how,
                                  catalog_snapshot const& catalog,
                                  analysis_settings const& settings) {
    analysis_context context(catalog, settings, {});
    return unboxed(coerce_to_target(context, std::move(operand), target, how,
                                    how == coercion_context::explicit_cast));
}

}  // namespace sluice::sql
