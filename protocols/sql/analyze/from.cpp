// The FROM clause: tables, subqueries, functions and joins become range table entries and names.
#include <algorithm>

#include "protocols/sql/analyze/coercion.hpp"
#include "protocols/sql/analyze/expressions.hpp"
#include "protocols/sql/analyze/joins.hpp"
#include "protocols/sql/analyze/queries.hpp"
#include "protocols/sql/analyze/type_names.hpp"
#include "protocols/sql/catalog/system_views.hpp"
#include "protocols/sql/parse/parser.hpp"

namespace sluice::sql {
namespace {

outcome<void> rename_columns(range_entry& entry, syntax::table_alias const& alias) {
    std::size_t available = 0, at = 0;
    for (auto const& each : entry.columns) available += each.name.empty() ? 0 : 1;
    if (alias.columns.size() > available)
        return sql_error("42P10", "table \"" + entry.alias + "\" has " + std::to_string(available) +
                                      " columns available but " +
                                      std::to_string(alias.columns.size()) + " columns specified");
    for (auto& each : entry.columns) {
        if (each.name.empty()) continue;
        if (at == alias.columns.size()) break;
        each.name = alias.columns[at++];
    }
    return {};
}

std::uint32_t add_entry(scope& in, range_entry entry) {
    entry.read.assign(entry.columns.size(), false);
    in.entries.push_back(std::move(entry));
    return static_cast<std::uint32_t>(in.entries.size() - 1);
}

std::vector<result_column> columns_of_relation(relation const& from) {
    std::vector<result_column> out;
    for (auto const& each : from.columns) {
        result_column column;
        if (!each.dropped) {
            column.name = each.name;
            column.type = each.type;
            column.source_table = from.oid;
            column.source_attribute = each.number;
        }
        out.push_back(std::move(column));
    }
    return out;
}

outcome<from_result> from_common_table(scope& in, visible_table& table, std::uint32_t levels,
                                       syntax::table_ref const& written) {
    if (table.being_defined) {
        if (!table.columns_known)
            return sql_error("42P19", "recursive reference to query \"" + table.name +
                                          "\" must not appear within its non-recursive term")
                .at(written.position);
        ++table.references;
    }
    range_entry entry{.source = range_entry::table{}};
    entry.source = range_entry::common_table{levels, table.index};
    entry.alias = written.alias.given() ? written.alias.name : written.name;
    entry.columns = table.columns;
    SLUICE_CHECK(rename_columns(entry, written.alias));
    auto const index = add_entry(in, std::move(entry));
    return from_result{from_item{index}, {item_of(in, index)}};
}

outcome<from_result> from_table(scope& in, syntax::table_ref const& written) {
    std::uint32_t levels = 0;
    if (written.schema.empty()) {
        if (auto* table = find_common_table(in, written.name, levels); table != nullptr)
            return from_common_table(in, *table, levels, written);
    }
    SLUICE_TRY(auto const relation, find_table(in.context, written));
    if (!relation->readable()) {
        auto const* what = relation->kind == relation_kind::index ? "an index" : "a composite type";
        return sql_error("42809", "\"" + relation->name + "\" is " + what).at(written.position);
    }
    SLUICE_TRY(auto const index,
               add_table(in, relation, written,
                         written.alias.given() ? written.alias.name : written.name));
    auto item = item_of(in, index);
    item.relation = relation->oid;
    item.schema = written.alias.given() ? object_oid{} : relation->schema;
    if (written.alias.given()) item.relation = relation->oid;
    return from_result{from_item{index}, {std::move(item)}};
}

outcome<from_result> from_query(scope& in, syntax::from_subquery const& written) {
    in.lateral_active = written.lateral;
    auto body = analyze_query(in.context, &in, *written.query);
    in.lateral_active = false;
    if (body.has_error()) return std::move(body).error();
    range_entry entry{.source = range_entry::table{}};
    entry.columns = columns_of(**body);
    entry.source = range_entry::subquery{std::move(*body), written.lateral};
    entry.alias = written.alias.name;
    SLUICE_CHECK(rename_columns(entry, written.alias));
    auto const index = add_entry(in, std::move(entry));
    return from_result{from_item{index}, {item_of(in, index)}};
}

// Columns that one call in FROM gives.
outcome<std::vector<result_column>> call_columns(
    scope& in, expression const& call,
    std::vector<syntax::column_definition_item> const& definitions, std::string const& name,
    std::int32_t position) {
    std::vector<result_column> out;
    auto const add = [&out](std::string column, sql_type type) {
        result_column each;
        each.name = std::move(column);
        each.type = type;
        out.push_back(std::move(each));
    };
    if (!definitions.empty()) {
        if (call.type.oid != oid::record)
            return sql_error("42601",
                             "a column definition list is only allowed for functions "
                             "returning \"record\"")
                .at(position);
        for (auto const& each : definitions) {
            SLUICE_TRY(auto const type, find_named_type(in.context, each.type));
            add(each.name, type);
        }
        return out;
    }
    if (call.type.oid == oid::record || in.context.is_composite(call.type.oid)) {
        for (auto const& each : fields_of(in, call)) add(each.name, each.type);
        if (out.empty())
            return sql_error("42601",
                             "a column definition list is required for functions "
                             "returning \"record\"")
                .at(position);
        return out;
    }
    add(name, call.type);
    return out;
}

expression_ptr unlifted(expression_ptr const& made) {
    auto const* call = std::get_if<set_returning_call>(&made->node);
    return call == nullptr ? made : make_node(call->call, made->type, made->position);
}

// unnest(a, b) in FROM is one call per argument.
std::vector<syntax::from_function::call_item> expand_unnest(syntax::from_function const& written) {
    std::vector<syntax::from_function::call_item> out;
    for (auto const& item : written.calls) {
        auto const* call = std::get_if<syntax::call>(&item.call->node);
        bool const several = call != nullptr && call->name.back() == "unnest" &&
                             call->arguments.size() > 1 && !call->variadic && item.columns.empty();
        if (!several) {
            out.push_back(item);
            continue;
        }
        for (auto const& argument : call->arguments) {
            syntax::call single;
            single.name = {"pg_catalog", "unnest"};
            single.arguments = {argument};
            auto made = std::make_shared<syntax::expr>();
            made->node = std::move(single);
            made->position = item.call->position;
            out.push_back({std::move(made), {}});
        }
    }
    return out;
}

outcome<from_result> from_calls(scope& in, syntax::from_function const& written,
                                std::int32_t position) {
    range_entry::function source;
    range_entry entry{.source = range_entry::table{}};
    std::string first_name;
    in.lateral_active = true;
    place_scope const here(in, place::from_function);
    for (auto const& item : expand_unnest(written)) {
        auto made = analyze_expr(in, item.call);
        if (made.has_error()) {
            in.lateral_active = false;
            return std::move(made).error();
        }
        auto const name = column_name_of(*item.call);
        if (first_name.empty()) first_name = name;
        auto const column =
            written.alias.given() && written.calls.size() == 1 ? written.alias.name : name;
        auto const& definitions = item.columns.empty() ? written.columns : item.columns;
        SLUICE_TRY(auto columns,
                   call_columns(in, **made, definitions, column, item.call->position));
        source.calls.push_back(unlifted(*made));
        source.widths.push_back(static_cast<std::uint32_t>(columns.size()));
        entry.columns.insert(entry.columns.end(), columns.begin(), columns.end());
    }
    in.lateral_active = false;
    in.has_set_returning = false;
    if (written.ordinality) {
        result_column each;
        each.name = "ordinality";
        each.type = {oid::int8, -1};
        entry.columns.push_back(std::move(each));
    }
    source.with_ordinality = written.ordinality;
    source.lateral = written.lateral;
    entry.source = std::move(source);
    entry.alias = written.alias.given() ? written.alias.name : first_name;
    SLUICE_CHECK(rename_columns(entry, written.alias));
    static_cast<void>(position);
    auto const index = add_entry(in, std::move(entry));
    return from_result{from_item{index}, {item_of(in, index)}};
}

}  // namespace

namespace_item item_of(scope const& in, std::uint32_t index) {
    auto const& entry = in.entries[index];
    namespace_item out;
    out.name = entry.alias;
    out.entry = index;
    for (std::uint32_t i = 0; i < entry.columns.size(); ++i)
        out.columns.push_back({entry.columns[i].name,
                               make_node(column_reference{0, index, i}, entry.columns[i].type, 0)});
    return out;
}

outcome<query_ptr> expand_view(analysis_context& context, relation const& view,
                               std::int32_t position) {
    std::string_view text = view.view_text;
    if (view.kind == relation_kind::catalog_view) text = system_view_text(view.schema, view.name);
    if (text.empty()) return query_ptr();
    if (context.views >= context.settings().views)
        return sql_error("42P17",
                         "infinite recursion detected in rules for relation \"" + view.name + "\"")
            .at(position);
    statement_text whole;
    whole.text = text;
    auto parsed = parse_statement(whole);
    if (parsed.has_error()) return std::move(parsed).error();
    auto const* body = *parsed ? std::get_if<syntax::select_ptr>(&(*parsed)->body) : nullptr;
    if (body == nullptr) return sql_error("XX000", "view \"" + view.name + "\" is not a query");
    search_path path;
    path.schemas = {schema_oids::pg_catalog, view.schema, schema_oids::public_};
    auto const& before = context.path();
    bool const parameters = context.parameters_allowed();
    context.set_path(path);
    context.allow_parameters(false);
    ++context.views;
    auto made = analyze_query(context, nullptr, **body);
    --context.views;
    context.allow_parameters(parameters);
    context.set_path(before);
    if (made.has_error()) {
        made.error()->position = 0;
        return std::move(made).error();
    }
    if (view.kind != relation_kind::catalog_view) return made;
    // The columns have the types of the system's catalog (information_schema's domains).
    std::vector<sql_type> types;
    for (auto const& each : view.columns) types.push_back(each.type);
    if (types.size() != columns_of(**made).size())
        return sql_error("XX000", "view \"" + view.name + "\" does not have its columns");
    return coerce_columns(context, std::move(*made), types);
}

outcome<std::uint32_t> add_table(scope& in, relation_ptr const& from,
                                 syntax::table_ref const& written, std::string alias) {
    range_entry entry{.source = range_entry::table{}};
    entry.alias = std::move(alias);
    entry.columns = columns_of_relation(*from);
    if (from->kind == relation_kind::view || from->kind == relation_kind::catalog_view) {
        SLUICE_TRY(auto body, expand_view(in.context, *from, written.position));
        if (body)
            entry.source = range_entry::subquery{std::move(body), false};
        else
            entry.source = range_entry::table{from->oid, written.only};
    } else {
        entry.source = range_entry::table{from->oid, written.only};
    }
    SLUICE_CHECK(rename_columns(entry, written.alias));
    return add_entry(in, std::move(entry));
}

outcome<void> check_new_item(scope& in, std::string const& name) {
    for (auto const& each : in.items)
        if (each.table_visible && each.name == name && !name.empty())
            return sql_error("42712", "table name \"" + name + "\" specified more than once");
    return {};
}

outcome<from_result> analyze_from_item(scope& in, syntax::from_ptr const& written) {
    depth_guard const deeper(in.context);
    if (deeper.too_deep()) return too_deep_error();
    if (auto const* table = std::get_if<syntax::table_ref>(&written->node))
        return from_table(in, *table);
    if (auto const* body = std::get_if<syntax::from_subquery>(&written->node))
        return from_query(in, *body);
    if (auto const* calls = std::get_if<syntax::from_function>(&written->node))
        return from_calls(in, *calls, written->position);
    return analyze_join(in, std::get<syntax::from_join>(written->node));
}

outcome<std::vector<from_item>> analyze_from(scope& in,
                                             std::vector<syntax::from_ptr> const& written) {
    std::vector<from_item> out;
    for (auto const& each : written) {
        SLUICE_TRY(auto made, analyze_from_item(in, each));
        for (auto& item : made.items) {
            // A later item of the list sees this one only if it is LATERAL.
            SLUICE_CHECK(item.table_visible ? check_new_item(in, item.name) : outcome<void>());
            item.lateral_only = true;
            item.lateral_ok = true;
            in.items.push_back(std::move(item));
        }
        out.push_back(std::move(made.item));
    }
    for (auto& item : in.items) item.lateral_only = false;
    return out;
}

}  // namespace sluice::sql
