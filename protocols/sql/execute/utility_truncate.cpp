#include <algorithm>

#include "protocols/sql/execute/definition_names.hpp"
#include "protocols/sql/execute/table_definition.hpp"
#include "protocols/sql/execute/utility_steps.hpp"

namespace sluice::sql {

namespace {

// The rows' datasets are dead after it: the table goes on with new ones.
task<sql_result<void>> truncate_table(session_core& core, catalog_builder& builder,
                                      relation_ptr table) {
    auto& context = core.context;
    auto name = policy_name(*table, *context.catalog());
    auto const granted = co_await context.store_transaction().use(
        context.who, std::move(name), table->dataset, auth::action::delete_, table->maker);
    if (granted.has_error()) {
        if (granted.error().code == error::permission_denied) co_return permission_error(*table);
        co_return context.error_of(granted.error());
    }
    auto fresh = co_await context.store_transaction().new_dataset_id();
    if (fresh.has_error()) co_return context.error_of(fresh.error());
    std::vector<dataset_id> indexes;
    for (auto const oid : table->indexes) {
        auto index = copy_of(builder, oid);
        if (index.index->primary) {
            index.dataset = *fresh;
        } else {
            indexes.push_back(index.dataset);
            auto const next = co_await context.store_transaction().new_dataset_id();
            if (next.has_error()) co_return context.error_of(next.error());
            index.dataset = *next;
        }
        builder.put_relation(std::move(index));
    }
    auto changed = copy_of(builder, table->oid);
    changed.dataset = *fresh;
    builder.put_relation(std::move(changed));
    auto const erased =
        co_await context.store_transaction().erase_all(*granted, std::move(indexes));
    if (erased.has_error()) co_return context.error_of(erased.error());
    context.catalog_changed();
    context.note_rewritten(table->oid);
    co_return sql_result<void>();
}

std::vector<relation_ptr> tables_referring_to(catalog_builder const& builder, object_oid parent) {
    std::vector<relation_ptr> out;
    for (auto const& [oid, child] : builder.contents().relations) {
        bool const refers = std::any_of(
            child->constraints.begin(), child->constraints.end(), [&](constraint const& rule) {
                return rule.what == constraint::kind::foreign_key && rule.referenced == parent;
            });
        if (refers) out.push_back(child);
    }
    return out;
}

// Tables that refer to those that are truncated have to be among them (0A000), or join them.
task<sql_result<void>> add_referring(session_core& core, catalog_builder& builder,
                                     std::vector<relation_ptr>& tables, bool cascade) {
    auto& context = core.context;
    auto is_among = [&](object_oid oid) {
        return std::any_of(tables.begin(), tables.end(),
                           [&](relation_ptr const& each) { return each->oid == oid; });
    };
    for (std::size_t at = 0; at < tables.size(); ++at) {
        auto const parent = tables[at];
        auto const referring = tables_referring_to(builder, parent->oid);
        for (auto const& child : referring) {
            if (is_among(child->oid)) continue;
            if (!cascade)
                co_return sql_error("0A000", "cannot truncate a table referenced in a foreign key "
                                             "constraint")
                    .with_detail("Table \"" + child->name + "\" references \"" + parent->name +
                                 "\".")
                    .with_hint("Truncate table \"" + child->name +
                               "\" at the same time, or use TRUNCATE ... CASCADE.");
            context.notice("NOTICE", sql_error("00000", "truncate cascades to table \"" +
                                                            child->name + "\""));
            auto const locked =
                co_await context.lock_relation(*child, relation_lock_mode::access_exclusive);
            if (locked.has_error()) co_return locked;
            tables.push_back(child);
        }
    }
    co_return sql_result<void>();
}

}  // namespace

utility_task run_truncate(session_core& core, utility::truncate const& what) {
    auto& context = core.context;
    std::vector<relation_ptr> tables;
    catalog_builder* builder = nullptr;
    for (auto const& each : what.tables) {
        auto target =
            co_await open_definition(core, each, relation_lock_mode::access_exclusive, false);
        if (target.has_error()) co_return std::move(target).error();
        auto const table = target->table;
        builder = target->builder;
        if (table->kind != relation_kind::table ||
            !builder->contents().relations.contains(table->oid))
            co_return sql_error("42809", "\"" + table->name + "\" is not a table");
        bool const twice = std::any_of(tables.begin(), tables.end(), [&](auto const& other) {
            return other->oid == table->oid;
        });
        if (!twice) tables.push_back(table);
    }
    auto const all = co_await add_referring(core, *builder, tables, what.cascade);
    if (all.has_error()) co_return all.error();
    for (auto const& table : tables) {
        auto const idle = refuse_waiting_rows(context, *table, "TRUNCATE");
        if (idle.has_error()) co_return idle.error();
        auto const done = co_await truncate_table(core, *builder, table);
        if (done.has_error()) co_return done.error();
        if (!what.restart_sequences) continue;
        for (auto const& column : table->columns) {
            if (column.sequence == object_oid{}) continue;
            // A sequence of its own with a fresh counter: undone by a rollback.
            auto restarted = copy_of(*builder, column.sequence);
            auto const fresh = builder->allocate_oid();
            restarted.sequence->counter = std::to_string(static_cast<std::uint32_t>(fresh));
            builder->put_relation(std::move(restarted));
            context.catalog_changed();
        }
    }
    co_return tagged("TRUNCATE TABLE");
}

}  // namespace sluice::sql
