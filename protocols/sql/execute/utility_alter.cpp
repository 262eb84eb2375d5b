#include "protocols/sql/execute/utility_steps.hpp"

#include <algorithm>

#include "protocols/sql/execute/column_type_change.hpp"
#include "protocols/sql/execute/definition_names.hpp"
#include "protocols/sql/execute/expression_text.hpp"
#include "protocols/sql/execute/referential_checks.hpp"
#include "protocols/sql/execute/referential_drops.hpp"
#include "protocols/sql/execute/table_definition.hpp"

namespace sluice::sql {
namespace {

using action = utility::alter_table::action;

// OWNER TO whom it belongs to already, as pg_dump writes for every table; nobody else gets it.
sql_result<void> keep_owner(session_context& context, relation const& of, std::string wanted) {
    auto const catalog = context.catalog();
    if (wanted.empty() || wanted == "current_user" || wanted == "session_user" ||
        wanted == "current_role")
        wanted = context.user;
    auto const* found = catalog->find_role(wanted);
    if (found == nullptr && wanted != context.user)
        return sql_error("42704", "role \"" + wanted + "\" does not exist");
    auto const* owner = catalog->find_role(of.owner);
    auto const name = owner != nullptr ? owner->name : context.user;
    if (wanted == name) return {};
    return not_served("ALTER ... OWNER TO another role");
}

// One ALTER TABLE: its actions in order, each on the builder's current table.
class table_alteration {
public:
    table_alteration(session_core& core, catalog_builder& builder, object_oid table)
        : core_(core), context_(core.context), builder_(builder), table_(table) {}

    task<sql_result<void>> run(action const& what) {
        using kind = action::kind;
        switch (what.what) {
            case kind::add_column: {
                auto const done = co_await add_column(what);
                co_return done;
            }
            case kind::add_constraint: {
                auto const done = co_await add_constraint(what);
                co_return done;
            }
            case kind::drop_constraint: {
                auto const done = co_await drop_constraint(what);
                co_return done;
            }
            case kind::set_not_null: {
                auto const done = co_await set_not_null(what);
                co_return done;
            }
            case kind::validate_constraint: {
                auto const done = co_await validate_constraint(what);
                co_return done;
            }
            case kind::drop_column: {
                auto const done = co_await drop_column(what);
                co_return done;
            }
            case kind::set_type: {
                auto const done = co_await change_column_type(core_, builder_, table_, what);
                co_return done;
            }
            case kind::owner_to: co_return keep_owner(context_, *current(), what.name);
            case kind::set_default: co_return set_default(what);
            case kind::drop_default: co_return drop_default(what);
            case kind::drop_not_null: co_return drop_not_null(what);
            default: break;
        }
        co_return not_served("this action of ALTER TABLE");
    }

private:
    relation now() const { return copy_of(builder_, table_); }
    relation_ptr current() const { return context_.catalog()->find_relation(table_); }
    void put(relation changed) {
        builder_.put_relation(std::move(changed));
        context_.catalog_changed();
    }
    column& mine(relation& table, column const& of) {
        return table.columns[static_cast<std::size_t>(of.number) - 1];
    }

    task<sql_result<void>> add_column(action const& what) {
        auto table = now();
        auto const* there = table.find_column(what.column->name);
        if (there != nullptr && !there->dropped && what.if_not_exists) {
            context_.notice("NOTICE", sql_error("42701", "column \"" + what.column->name +
                                                             "\" of relation \"" + table.name +
                                                             "\" already exists, skipping"));
            co_return sql_result<void>();
        }
        table_definition made(core_, builder_, std::move(table));
        auto const added = made.add_column(*what.column);
        if (added.has_error()) co_return added;
        auto const finished = co_await made.finish();
        if (finished.has_error()) co_return finished.error();
        context_.catalog_changed();
        auto const filled = co_await fill_column(what.column->name, !made.new_indexes().empty());
        if (filled.has_error()) co_return filled;
        for (auto const& each : made.new_checks()) {
            auto const held = co_await check_rows(each);
            if (held.has_error()) co_return held;
        }
        for (auto const rule : made.new_references()) {
            auto const held = co_await check_references(rule);
            if (held.has_error()) co_return held;
        }
        co_return sql_result<void>();
    }

    task<sql_result<void>> check_references(object_oid rule) {
        referential_checks checks(context_, core_.sequences);
        auto const held = co_await checks.check_all_rows(table_, rule);
        co_return held;
    }

    task<sql_result<void>> validate_constraint(action const& what) {
        auto table = now();
        auto const found =
            std::find_if(table.constraints.begin(), table.constraints.end(),
                         [&](constraint const& each) { return each.name == what.name; });
        if (found == table.constraints.end())
            co_return sql_error("42704", "constraint \"" + what.name + "\" of relation \"" +
                                             table.name + "\" does not exist");
        if (found->what != constraint::kind::foreign_key && found->what != constraint::kind::check)
            co_return sql_error("42809", "constraint \"" + what.name + "\" of relation \"" +
                                             table.name +
                                             "\" is not a foreign key or check constraint");
        if (found->validated) co_return sql_result<void>();
        if (found->what == constraint::kind::foreign_key) {
            auto const held = co_await check_references(found->oid);
            if (held.has_error()) co_return held;
        } else {
            auto condition = compile_expression(
                found->check_text, current().get(), expression_place::check_constraint,
                {type_oid{16}, -1}, {}, *context_.catalog(), context_.analysis());
            if (condition.has_error()) co_return std::move(condition).error();
            auto const held = co_await check_rows(std::move(*condition), found->name);
            if (held.has_error()) co_return held;
        }
        found->validated = true;
        put(std::move(table));
        co_return sql_result<void>();
    }

    // Rows that are there get the default's value, once evaluated; a volatile default would need
    // them rewritten.
    task<sql_result<void>> fill_column(std::string const& name, bool indexed) {
        auto const before = current();
        auto const* column = before->find_column(name);
        auto const any = co_await has_rows(core_, before);
        if (any.has_error()) co_return any.error();
        if (!*any) co_return sql_result<void>();
        if (column->generated || column->sequence != object_oid{} || indexed)
            co_return not_served("adding a generated, serial or unique column to a table with rows");
        if (!column->default_text) {
            if (column->not_null)
                co_return sql_error("23502", "column \"" + name + "\" of relation \"" +
                                                 before->name + "\" contains null values");
            co_return sql_result<void>();
        }
        auto const value = compile_expression(*column->default_text, nullptr,
                                              expression_place::column_default, column->type, name,
                                              *context_.catalog(), context_.analysis());
        if (value.has_error()) co_return value.error();
        bool volatile_default = false;
        walk(**value, [&](expression const& node) {
            if (auto const* call = std::get_if<function_call>(&node.node)) {
                auto const* row = context_.catalog()->find_function(call->function);
                volatile_default = volatile_default || row == nullptr || row->volatility == 'v';
            }
        });
        if (volatile_default)
            co_return not_served("adding a column with a volatile default to a table with rows");
        auto& evaluation = context_.base_context();
        frame const nothing;
        evaluation.columns = &nothing;
        auto const missing = evaluate(**value, evaluation);
        evaluation.columns = nullptr;
        if (missing.has_error()) co_return missing.error();
        if (is_null(*missing)) {
            if (column->not_null)
                co_return sql_error("23502", "column \"" + name + "\" of relation \"" +
                                                 before->name + "\" contains null values");
            co_return sql_result<void>();
        }
        auto table = now();
        mine(table, *column).missing_value =
            encode_missing(column->type, *missing, evaluation.io);
        put(std::move(table));
        co_return sql_result<void>();
    }

    task<sql_result<void>> check_rows(expression_ptr condition, std::string name = {}) {
        auto const held = co_await all_rows_fulfil(core_, current(), std::move(condition));
        if (held.has_error()) co_return held.error();
        if (*held) co_return sql_result<void>();
        auto const table = current();
        if (name.empty()) name = table->constraints.back().name;
        co_return sql_error("23514", "check constraint \"" + name + "\" of relation \"" + table->name +
                                         "\" is violated by some row");
    }

    task<sql_result<void>> add_constraint(action const& what) {
        using kind = utility::constraint_definition::kind;
        auto const before = current();
        bool moves = what.constraint->what == kind::primary_key;
        if (moves) {
            auto const any = co_await has_rows(core_, before);
            if (any.has_error()) co_return any.error();
            moves = *any;
        }
        table_definition made(core_, builder_, now());
        auto const added = made.add_constraint(*what.constraint);
        if (added.has_error()) co_return added;
        auto const finished = co_await made.finish();
        if (finished.has_error()) co_return finished.error();
        context_.catalog_changed();
        for (auto const& each : made.new_checks()) {
            auto const held = co_await check_rows(each);
            if (held.has_error()) co_return held;
        }
        for (auto const index : made.new_indexes()) {
            auto const filled = co_await fill_index(core_, current(), index);
            if (filled.has_error()) co_return filled;
        }
        for (auto const rule : made.new_references()) {
            auto const held = co_await check_references(rule);
            if (held.has_error()) co_return held;
        }
        if (!moves) co_return sql_result<void>();
        auto const moved = co_await move_to_new_datasets(before);
        co_return moved;
    }

    // Rows lie by their primary key: with the first one they move.
    task<sql_result<void>> move_to_new_datasets(relation_ptr before) {
        auto fresh = co_await context_.store_transaction().new_dataset_id();
        if (fresh.has_error()) co_return context_.error_of(fresh.error());
        auto table = now();
        table.dataset = *fresh;
        std::vector<dataset_id> old_indexes;
        for (auto const oid : table.indexes) {
            auto index = copy_of(builder_, oid);
            if (index.index->primary) {
                index.dataset = *fresh;
            } else {
                old_indexes.push_back(index.dataset);
                auto const next = co_await context_.store_transaction().new_dataset_id();
                if (next.has_error()) co_return context_.error_of(next.error());
                index.dataset = *next;
            }
            builder_.put_relation(std::move(index));
        }
        put(std::move(table));
        auto const moved =
            co_await move_rows(core_, std::move(before), current(), std::move(old_indexes));
        co_return moved;
    }

    task<sql_result<void>> drop_constraint(action const& what) {
        auto table = now();
        auto found =
            std::find_if(table.constraints.begin(), table.constraints.end(),
                         [&](constraint const& each) { return each.name == what.name; });
        if (found == table.constraints.end()) {
            sql_error missing("42704", "constraint \"" + what.name + "\" of relation \"" +
                                           table.name + "\" does not exist");
            if (!what.if_exists) co_return missing;
            missing.message += ", skipping";
            context_.notice("NOTICE", std::move(missing));
            co_return sql_result<void>();
        }
        if (found->index != object_oid{}) {
            auto const key = found->index;
            auto const index_name = described(context_, *context_.catalog()->find_relation(key));
            auto const free = co_await drop_references(
                core_, builder_, what.cascade,
                "constraint " + found->name + " on " + described(context_, table),
                [key](constraint const& rule) { return rule.referenced_index == key; },
                index_name);
            if (free.has_error()) co_return free;
            table = now();  // it may have referred to itself
            found = std::find_if(table.constraints.begin(), table.constraints.end(),
                                 [&](constraint const& each) { return each.name == what.name; });
        }
        if (found->what == constraint::kind::primary_key)
            co_return not_served("dropping a primary key");
        if (found->index != object_oid{}) {
            auto const index = context_.catalog()->find_relation(found->index);
            auto const erased = co_await erase_index_entries(core_, table, index->dataset);
            if (erased.has_error()) co_return erased;
            std::erase(table.indexes, found->index);
            builder_.erase_relation(found->index);
        }
        table.constraints.erase(found);
        put(std::move(table));
        co_return sql_result<void>();
    }

    task<sql_result<void>> set_not_null(action const& what) {
        auto table = now();
        auto const column = live_column(table, what.name);
        if (column.has_error()) co_return column.error();
        if ((*column)->not_null) co_return sql_result<void>();
        auto test = std::make_shared<expression>();
        auto operand = std::make_shared<expression>();
        operand->node =
            column_reference{0, 0, static_cast<std::uint32_t>((*column)->number - 1)};
        operand->type = (*column)->type;
        test->node = null_test{operand, false};
        test->type.oid = type_oid{16};
        auto const held = co_await all_rows_fulfil(core_, current(), test);
        if (held.has_error()) co_return held.error();
        if (!*held)
            co_return sql_error("23502", "column \"" + what.name + "\" of relation \"" +
                                             table.name + "\" contains null values");
        mine(table, **column).not_null = true;
        put(std::move(table));
        co_return sql_result<void>();
    }

    sql_result<void> drop_not_null(action const& what) {
        auto table = now();
        auto const column = live_column(table, what.name);
        if (column.has_error()) return column.error();
        auto const* key = table.primary_key();
        if (key != nullptr && std::find(key->columns.begin(), key->columns.end(),
                                        (*column)->number) != key->columns.end())
            return sql_error("42P16", "column \"" + what.name + "\" is in a primary key");
        if ((*column)->identity != 0)
            return sql_error("42601", "column \"" + what.name + "\" of relation \"" + table.name +
                                          "\" is an identity column");
        mine(table, **column).not_null = false;
        put(std::move(table));
        return {};
    }

    sql_result<void> set_default(action const& what) {
        auto table = now();
        auto const column = live_column(table, what.name);
        if (column.has_error()) return column.error();
        if ((*column)->identity != 0 || (*column)->generated)
            return sql_error("42601", "column \"" + what.name + "\" of relation \"" + table.name +
                                          "\" is an identity or generated column");
        auto const value = analyze_expression(
            what.value, nullptr, expression_place::column_default, (*column)->type, what.name,
            *context_.catalog(), context_.analysis());
        if (value.has_error()) return value.error();
        auto const served = check_served(**value);
        if (served.has_error()) return served;
        auto text = text_of_default(*what.value, (*column)->type, *context_.catalog());
        if (text.has_error()) return std::move(text).error();
        auto& changed = mine(table, **column);
        changed.default_text = std::move(*text);
        changed.sequence = {};
        if (changed.default_oid == object_oid{}) changed.default_oid = builder_.allocate_oid();
        put(std::move(table));
        return {};
    }

    sql_result<void> drop_default(action const& what) {
        auto table = now();
        auto const column = live_column(table, what.name);
        if (column.has_error()) return column.error();
        auto& changed = mine(table, **column);
        changed.default_text.reset();
        changed.sequence = {};
        put(std::move(table));
        return {};
    }

    // Constraints and indexes that use a column go with it; foreign keys of other tables that refer to
    // it only with CASCADE.
    task<sql_result<void>> drop_column(action const& what) {
        auto table = now();
        auto const* found = table.find_column(what.name);
        if (found == nullptr || found->dropped) {
            sql_error missing("42703", "column \"" + what.name + "\" of relation \"" + table.name +
                                           "\" does not exist");
            if (!what.if_exists) co_return missing;
            missing.message += ", skipping";
            context_.notice("NOTICE", std::move(missing));
            co_return sql_result<void>();
        }
        auto const number = found->number;
        auto uses = [&](std::vector<std::int16_t> const& columns) {
            return std::find(columns.begin(), columns.end(), number) != columns.end();
        };
        auto const place = "column " + what.name + " of " + described(context_, table);
        auto const free = co_await drop_references(
            core_, builder_, what.cascade, place,
            [&](constraint const& rule) {
                return rule.referenced == table_ && uses(rule.referenced_columns);
            },
            place);
        if (free.has_error()) co_return free;
        table = now();
        auto const indexes = co_await drop_indexes_of(table, number);
        if (indexes.has_error()) co_return indexes;
        std::erase_if(table.constraints,
                      [&](constraint const& each) { return uses(each.columns); });
        auto& gone = mine(table, *table.find_column(number));
        if (gone.sequence != object_oid{}) builder_.erase_relation(gone.sequence);
        gone.name = "........pg.dropped." + std::to_string(number) + "........";
        gone.dropped = true;
        gone.not_null = false;
        gone.default_text.reset();
        gone.missing_value.reset();
        gone.sequence = {};
        gone.identity = 0;
        gone.generated = false;
        put(std::move(table));
        co_return sql_result<void>();
    }

    task<sql_result<void>> drop_indexes_of(relation& table, std::int16_t number) {
        for (auto const& each : table.constraints)
            if (each.what == constraint::kind::primary_key &&
                std::find(each.columns.begin(), each.columns.end(), number) != each.columns.end())
                co_return not_served("dropping a column of a primary key");
        for (auto const& each : table.columns)
            if (each.generated && !each.dropped && each.number != number)
                co_return not_served("dropping a column beside a generated column");
        auto const indexes = table.indexes;
        for (auto const oid : indexes) {
            auto const index = context_.catalog()->find_relation(oid);
            bool used = false, expressions = !index->index->where.empty();
            for (auto const& key : index->index->keys) {
                used = used || key.number == number;
                expressions = expressions || key.number == 0;
            }
            auto const& more = index->index->included;
            used = used || std::find(more.begin(), more.end(), number) != more.end();
            if (expressions)
                co_return not_served("dropping a column beside an index over expressions");
            if (!used) continue;
            auto const erased = co_await erase_index_entries(core_, table, index->dataset);
            if (erased.has_error()) co_return erased;
            std::erase(table.indexes, oid);
            builder_.erase_relation(oid);
        }
        co_return sql_result<void>();
    }

    session_core& core_;
    session_context& context_;
    catalog_builder& builder_;
    object_oid table_;
};

}  // namespace

namespace {

// ALTER VIEW or SEQUENCE, of which only OWNER TO is served.
utility_task run_keep_owner(session_core& core, utility::alter_table const& what) {
    using k = utility::alter_table::object;
    std::string const tag = what.what == k::view ? "ALTER VIEW" : "ALTER SEQUENCE";
    auto target = co_await open_definition(core, what.table,
                                           relation_lock_mode::share_update_exclusive,
                                           what.if_exists);
    if (target.has_error()) co_return std::move(target).error();
    if (!target->table) co_return tagged(tag);
    auto const permitted =
        co_await permit_definition(core.context, auth::action::alter, *target->table);
    if (permitted.has_error()) co_return permitted.error();
    for (auto const& each : what.actions) {
        auto const kept = keep_owner(core.context, *target->table, each.name);
        if (kept.has_error()) co_return kept.error();
    }
    co_return tagged(tag);
}

}  // namespace

utility_task run_alter_table(session_core& core, utility::alter_table const& what) {
    using k = utility::alter_table::object;
    bool const only_owner =
        std::all_of(what.actions.begin(), what.actions.end(), [](action const& each) {
            return each.what == action::kind::owner_to;
        });
    if (only_owner && (what.what == k::view || what.what == k::sequence)) {
        auto out = co_await run_keep_owner(core, what);
        co_return out;
    }
    if (what.what != k::table)
        co_return not_served("ALTER of this kind of object");
    auto target = co_await open_definition(core, what.table, relation_lock_mode::access_exclusive,
                                           what.if_exists);
    if (target.has_error()) co_return std::move(target).error();
    if (!target->table) co_return tagged("ALTER TABLE");
    auto const table = target->table;
    if (table->kind != relation_kind::table ||
        !target->builder->contents().relations.contains(table->oid))
        co_return sql_error("42809", "\"" + table->name + "\" is not a table");
    auto const permitted = co_await permit_definition(core.context, auth::action::alter, *table);
    if (permitted.has_error()) co_return permitted.error();
    auto const idle = refuse_waiting_rows(core.context, *table, "ALTER TABLE");
    if (idle.has_error()) co_return idle.error();
    table_alteration steps(core, *target->builder, table->oid);
    for (auto const& each : what.actions) {
        auto const done = co_await steps.run(each);
        if (done.has_error()) co_return done.error();
    }
    co_return tagged("ALTER TABLE");
}

}  // namespace sluice::sql
