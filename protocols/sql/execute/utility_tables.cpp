#include "protocols/sql/execute/utility_steps.hpp"

#include <algorithm>

#include "protocols/sql/catalog/identifiers.hpp"
#include "protocols/sql/execute/definition_names.hpp"
#include "protocols/sql/execute/expression_text.hpp"
#include "protocols/sql/execute/table_definition.hpp"
#include "protocols/sql/types/row_values.hpp"

namespace sluice::sql {

utility_task run_create_table(session_core& core, utility::create_table const& what) {
    auto& context = core.context;
    auto const supported = check_table_options(what);
    if (supported.has_error()) co_return supported.error();
    auto const builder = co_await context.change_catalog();
    if (builder.has_error()) co_return builder.error();
    auto const schema = creation_schema(context, what.table);
    if (schema.has_error()) co_return schema.error();
    if ((*builder)->contents().relation_names.contains({*schema, what.table.name})) {
        sql_error there("42P07", "relation \"" + what.table.name + "\" already exists");
        if (!what.if_not_exists) co_return there;
        there.message += ", skipping";
        context.notice("NOTICE", std::move(there));
        co_return tagged("CREATE TABLE");
    }
    table_definition made(core, **builder, *schema, what.table.name);
    for (auto const& each : what.columns) {
        auto const added = made.add_column(each);
        if (added.has_error()) co_return added.error();
    }
    for (auto const& each : what.constraints) {
        auto const added = made.add_constraint(each);
        if (added.has_error()) co_return added.error();
    }
    auto name = policy_name(context.catalog()->find_schema(*schema)->name, what.table.name);
    auto const permitted = co_await permit_definition(context, auth::action::create, std::move(name));
    if (permitted.has_error()) co_return permitted.error();
    auto const finished = co_await made.finish();
    if (finished.has_error()) co_return finished.error();
    context.catalog_changed();
    context.note_rewritten(*finished);
    co_return tagged("CREATE TABLE");
}

namespace {

sql_result<index_column> index_key(session_core& core, relation const& table,
                                   utility::index_element const& element) {
    index_column out;
    sql_type type;
    if (!element.column.empty()) {
        auto const found = live_column(table, element.column);
        if (found.has_error())
            return sql_error("42703", "column \"" + element.column + "\" does not exist");
        out.number = (*found)->number;
        type = (*found)->type;
    } else {
        auto const value = analyze_expression(
            element.value, &table, expression_place::index_expression, {}, {},
            *core.context.catalog(), core.context.analysis());
        if (value.has_error()) return value.error();
        auto text = text_of_expression(*element.value);
        if (text.has_error()) return std::move(text).error();
        out.expression = std::move(*text);
        type = (*value)->type;
    }
    if (!element.operator_class.empty()) {
        // A class that only changes which operators may use the index keeps its answers true.
        auto const& name = element.operator_class.back();
        bool const known = name.ends_with("_ops");
        if (!known)
            return sql_error("42704", "operator class \"" + name +
                                          "\" does not exist for access method \"btree\"");
    }
    if (!can_be_key(type.oid))
        return sql_error("0A000", "an index over type " +
                                      core.context.catalog()->format_type(type) +
                                      " is not served");
    out.opclass = default_opclass(type.oid);
    out.descending = element.how == syntax::sort_by::direction::descending;
    out.nulls_first = element.nulls == syntax::sort_by::nulls::first ||
                      (element.nulls == syntax::sort_by::nulls::standard && out.descending);
    return out;
}

std::string index_part(relation const& table, index_info const& info) {
    std::string out;
    for (auto const& key : info.keys) {
        if (!out.empty()) out += "_";
        out += key.number != 0 ? table.find_column(key.number)->name : std::string("expr");
    }
    return out;
}

}  // namespace

utility_task run_create_index(session_core& core, utility::create_index const& what) {
    auto& context = core.context;
    if (!what.method.empty() && what.method != "btree")
        co_return not_served("index method \"" + what.method + "\"");
    if (!what.with.empty()) co_return not_served("CREATE INDEX ... WITH");
    if (!what.tablespace.empty()) co_return not_served("CREATE INDEX ... TABLESPACE");
    if (what.concurrently && context.block == block_state::block)
        co_return sql_error("25001",
                            "CREATE INDEX CONCURRENTLY cannot run inside a transaction block");
    auto target = co_await open_definition(core, what.table, relation_lock_mode::share, false);
    if (target.has_error()) co_return std::move(target).error();
    auto const table = target->table;
    if (table->kind != relation_kind::table)
        co_return sql_error("42809", "cannot create index on relation \"" + table->name + "\"");
    index_info info;
    info.table = table->oid;
    info.unique = what.unique;
    info.nulls_not_distinct = what.nulls_not_distinct;
    for (auto const& element : what.elements) {
        auto key = index_key(core, *table, element);
        if (key.has_error()) co_return std::move(key).error();
        info.keys.push_back(std::move(*key));
    }
    for (auto const& element : what.including) {
        auto const found = live_column(*table, element.column);
        if (found.has_error()) co_return found.error();
        info.included.push_back((*found)->number);
    }
    if (what.where) {
        auto const condition = analyze_expression(
            what.where, table.get(), expression_place::index_predicate, {type_oid{16}, -1}, {},
            *context.catalog(), context.analysis());
        if (condition.has_error()) co_return condition.error();
        auto text = text_of_expression(*what.where);
        if (text.has_error()) co_return std::move(text).error();
        info.where = std::move(*text);
    }
    auto& builder = *target->builder;
    auto name = what.name.empty() ? free_relation_name(builder.contents(), table->schema,
                                                       table->name, index_part(*table, info), "idx")
                                  : what.name;
    if (builder.contents().relation_names.contains({table->schema, name})) {
        sql_error there("42P07", "relation \"" + name + "\" already exists");
        if (!what.if_not_exists) co_return there;
        there.message += ", skipping";
        context.notice("NOTICE", std::move(there));
        co_return tagged("CREATE INDEX");
    }
    auto const permitted = co_await permit_definition(context, auth::action::alter, *table);
    if (permitted.has_error()) co_return permitted.error();
    auto const index = co_await add_index(core, builder, table->oid, std::move(name),
                                          std::move(info));
    if (index.has_error()) co_return index.error();
    context.catalog_changed();
    auto const filled =
        co_await fill_index(core, context.catalog()->find_relation(table->oid), *index);
    if (filled.has_error()) co_return filled.error();
    co_return tagged("CREATE INDEX");
}

utility_task run_create_sequence(session_core& core, utility::create_sequence const& what) {
    auto& context = core.context;
    if (what.kept == utility::persistence::temporary) co_return not_served("a temporary sequence");
    auto const builder = co_await context.change_catalog();
    if (builder.has_error()) co_return builder.error();
    auto const schema = creation_schema(context, what.sequence);
    if (schema.has_error()) co_return schema.error();
    if ((*builder)->contents().relation_names.contains({*schema, what.sequence.name})) {
        sql_error there("42P07", "relation \"" + what.sequence.name + "\" already exists");
        if (!what.if_not_exists) co_return there;
        there.message += ", skipping";
        context.notice("NOTICE", std::move(there));
        co_return tagged("CREATE SEQUENCE");
    }
    auto info = sequence_of(core, what.options, type_oid{20});
    if (info.has_error()) co_return std::move(info).error();
    auto name = policy_name(context.catalog()->find_schema(*schema)->name, what.sequence.name);
    auto const permitted = co_await permit_definition(context, auth::action::create, std::move(name));
    if (permitted.has_error()) co_return permitted.error();
    (void)add_sequence(**builder, *schema, what.sequence.name, std::move(*info));
    context.catalog_changed();
    co_return tagged("CREATE SEQUENCE");
}

utility_task run_create_schema(session_core& core, utility::create_schema const& what) {
    auto& context = core.context;
    if (!what.elements.empty()) co_return not_served("CREATE SCHEMA with elements");
    if (!what.owner.empty() && what.owner != context.user)
        co_return not_served("CREATE SCHEMA ... AUTHORIZATION of another role");
    auto const name = what.name.empty() ? what.owner : what.name;
    auto const builder = co_await context.change_catalog();
    if (builder.has_error()) co_return builder.error();
    if ((*builder)->contents().schema_names.contains(name) ||
        context.catalog()->find_schema(name) != nullptr) {
        sql_error there("42P06", "schema \"" + name + "\" already exists");
        if (!what.if_not_exists) co_return there;
        there.message += ", skipping";
        context.notice("NOTICE", std::move(there));
        co_return tagged("CREATE SCHEMA");
    }
    if (name.starts_with("pg_"))
        co_return sql_error("42939", "unacceptable schema name \"" + name + "\"")
            .with_detail("The prefix \"pg_\" is reserved for system schemas.");
    auto const permitted = co_await permit_definition(context, auth::action::create,
                                                      policy_name_of_schema(name));
    if (permitted.has_error()) co_return permitted.error();
    schema made;
    made.oid = (*builder)->allocate_oid();
    made.name = name;
    (*builder)->put_schema(std::move(made));
    context.catalog_changed();
    co_return tagged("CREATE SCHEMA");
}

utility_task run_create_view(session_core& core, utility::create_view const& what,
                             statement_ptr analysed) {
    auto& context = core.context;
    if (what.kept == utility::persistence::temporary) co_return not_served("a temporary view");
    if (what.check_option != utility::create_view::check::none)
        co_return not_served("WITH CHECK OPTION");
    if (!what.with.empty()) co_return not_served("CREATE VIEW ... WITH");
    if (!analysed) co_return sql_error("XX000", "the view's query was not analysed");
    auto const builder = co_await context.change_catalog();
    if (builder.has_error()) co_return builder.error();
    auto const schema = creation_schema(context, what.view);
    if (schema.has_error()) co_return schema.error();
    relation made;
    made.schema = *schema;
    made.name = what.view.name;
    made.kind = relation_kind::view;
    made.view_text = what.query_text;
    if (what.columns.size() > analysed->columns.size())
        co_return sql_error("42601", "CREATE VIEW specifies more column names than columns");
    for (std::size_t i = 0; i < analysed->columns.size(); ++i) {
        column each;
        each.number = static_cast<std::int16_t>(i + 1);
        each.name = i < what.columns.size() ? what.columns[i] : analysed->columns[i].name;
        each.type = analysed->columns[i].type;
        made.columns.push_back(std::move(each));
    }
    auto const& contents = (*builder)->contents();
    principal_id replaced{};  // whose view it was
    auto const there = contents.relation_names.find({*schema, made.name});
    if (there != contents.relation_names.end()) {
        auto const old = contents.relations.at(there->second);
        if (!what.replace)
            co_return sql_error("42P07", "relation \"" + made.name + "\" already exists");
        if (old->kind != relation_kind::view)
            co_return sql_error("42809", "\"" + made.name + "\" is not a view");
        auto const fits = view_may_become(*old, made);
        if (fits.has_error()) co_return fits.error();
        made.oid = old->oid;
        made.row_type = old->row_type;
        replaced = old->maker;
    }
    auto name = policy_name(context.catalog()->find_schema(*schema)->name, made.name);
    auto const permitted = co_await permit_definition(context, auth::action::create,
                                                      std::move(name), replaced);
    if (permitted.has_error()) co_return permitted.error();
    (*builder)->put_relation(std::move(made));
    context.catalog_changed();
    co_return tagged("CREATE VIEW");
}

}  // namespace sluice::sql
