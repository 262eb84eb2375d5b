// DROP of tables, views, sequences, indexes and schemas: what depends on them is in the way, or goes
// along with CASCADE.
#include <algorithm>
#include <set>

#include "protocols/sql/execute/definition_names.hpp"
#include "protocols/sql/execute/referential_drops.hpp"
#include "protocols/sql/execute/table_definition.hpp"
#include "protocols/sql/execute/utility_steps.hpp"
#include "protocols/sql/execute/with_names.hpp"

namespace sluice::sql {
namespace {

bool is_of(relation const& found, utility::object_kind kind) {
    using k = utility::object_kind;
    switch (kind) {
        case k::table: return found.kind == relation_kind::table;
        case k::view: return found.kind == relation_kind::view;
        case k::sequence: return found.kind == relation_kind::sequence;
        case k::index: return found.kind == relation_kind::index;
        default: return false;
    }
}

class dropper {
public:
    dropper(session_core& core, catalog_builder& builder, bool cascade)
        : core_(core), context_(core.context), builder_(builder), cascade_(cascade) {}
    ~dropper() { tell_cascaded(context_, cascaded_); }

    // It is dropped by the same statement: nothing that depends on it is in the way.
    void leave(object_oid what) { leaving_.insert(what); }
    // Named among what CASCADE takes along.
    void take_along(std::string what) { cascaded_.push_back(std::move(what)); }

    // After the last: 2BP01 where something was in the way. `only`: what was dropped, if one.
    sql_result<void> finish(std::string const& only) const {
        if (in_the_way_.empty()) return {};
        sql_error refusal("2BP01", only.empty() ? "cannot drop desired object(s) because other "
                                                  "objects depend on them"
                                                : "cannot drop " + only +
                                                      " because other objects depend on it");
        for (auto const& each : in_the_way_)
            refusal.detail += (refusal.detail.empty() ? "" : "\n") + each;
        refusal.hint = "Use DROP ... CASCADE to drop the dependent objects too.";
        return refusal;
    }

    task<sql_result<void>> drop(relation_ptr what) {
        if (!gone_.insert(what->oid).second) co_return sql_result<void>();
        auto const locked =
            co_await context_.lock_relation(*what, relation_lock_mode::access_exclusive);
        if (locked.has_error()) co_return locked;
        auto const permitted = co_await permit_definition(context_, auth::action::drop, *what);
        if (permitted.has_error()) co_return permitted;
        if (what->kind == relation_kind::table || what->kind == relation_kind::view) {
            auto const free = co_await drop_views(*what);
            if (free.has_error()) co_return free;
            auto const keys = co_await drop_keys_to(*what);
            if (keys.has_error()) co_return keys;
        }
        if (!in_the_way_.empty()) co_return sql_result<void>();  // nothing will be dropped
        switch (what->kind) {
            case relation_kind::table: {
                auto const idle = refuse_waiting_rows(context_, *what, "DROP TABLE");
                if (idle.has_error()) co_return idle;
                auto const done = co_await drop_table(*what);
                co_return done;
            }
            case relation_kind::index: {
                auto const done = co_await drop_index(*what);
                co_return done;
            }
            case relation_kind::sequence: co_return drop_sequence(*what);
            default: builder_.erase_relation(what->oid); co_return sql_result<void>();
        }
    }

private:
    task<sql_result<void>> drop_views(relation const& what) {
        auto views = co_await views_reading(context_, what);
        if (views.has_error()) co_return views.error();
        std::erase_if(*views, [&](relation_ptr const& each) {
            return gone_.contains(each->oid) || leaving_.contains(each->oid);
        });
        if (views->empty()) co_return sql_result<void>();
        if (!cascade_) {
            auto const on = described(context_, what);
            for (auto const& each : *views) {
                in_the_way_.push_back(described(context_, *each) + " depends on " + on);
                leaving_.insert(each->oid);
                auto deeper = drop_views(*each);
                auto const noted = co_await std::move(deeper);
                if (noted.has_error()) co_return noted;
            }
            co_return sql_result<void>();
        }
        for (auto const& each : *views) {
            cascaded_.push_back(described(context_, *each));
            auto again = drop(each);
            auto const done = co_await std::move(again);
            if (done.has_error()) co_return done;
        }
        co_return sql_result<void>();
    }

    task<sql_result<void>> drop_keys_to(relation const& what) {
        auto leaving = leaving_;
        leaving.insert(what.oid);
        leaving.insert(gone_.begin(), gone_.end());
        auto const name = described(context_, what);
        auto const oid = what.oid;
        auto const done = co_await drop_references(
            core_, builder_, cascade_, name,
            [oid](constraint const& rule) { return rule.referenced == oid; }, name,
            {&leaving, &cascaded_, &in_the_way_});
        co_return done;
    }

    task<sql_result<void>> drop_table(relation const& what) {
        std::vector<dataset_id> indexes;
        for (auto const oid : what.indexes) {
            auto const index = context_.catalog()->find_relation(oid);
            if (index && index->index && !index->index->primary)
                indexes.push_back(index->dataset);
            builder_.erase_relation(oid);
        }
        for (auto const& column : what.columns)
            if (column.sequence != object_oid{} &&
                builder_.contents().relations.contains(column.sequence))
                builder_.erase_relation(column.sequence);
        auto const erased = co_await erase_rows(what, std::move(indexes), auth::action::drop);
        if (erased.has_error()) co_return erased;
        builder_.erase_relation(what.oid);
        co_return sql_result<void>();
    }

    task<sql_result<void>> erase_rows(relation const& what, std::vector<dataset_id> indexes,
                                      auth::action verb) {
        auto name = policy_name(what, *context_.catalog());
        auto const granted = co_await context_.store_transaction().use(
            context_.who, std::move(name), what.dataset, verb, what.maker);
        if (granted.has_error()) {
            if (granted.error().code == error::permission_denied) co_return permission_error(what);
            co_return context_.error_of(granted.error());
        }
        auto const erased =
            co_await context_.store_transaction().erase_all(*granted, std::move(indexes));
        if (erased.has_error()) co_return context_.error_of(erased.error());
        co_return sql_result<void>();
    }

    task<sql_result<void>> drop_index(relation const& what) {
        auto const owner = context_.catalog()->find_relation(what.index->table);
        for (auto const& each : owner->constraints)
            if (each.index == what.oid)
                co_return sql_error("2BP01", "cannot drop index " + what.name +
                                                 " because constraint " + each.name +
                                                 " on table " + owner->name + " requires it")
                    .with_hint("You can drop constraint " + each.name + " on table " +
                               owner->name + " instead.");
        auto const oid = what.oid;
        auto const name = described(context_, what);
        auto const free = co_await drop_references(
            core_, builder_, cascade_, name,
            [oid](constraint const& rule) { return rule.referenced_index == oid; }, name,
            {nullptr, &cascaded_, &in_the_way_});
        if (free.has_error() || !in_the_way_.empty()) co_return free;
        auto table = copy_of(builder_, owner->oid);
        std::erase(table.indexes, what.oid);
        builder_.put_relation(std::move(table));
        builder_.erase_relation(what.oid);
        auto const erased = co_await erase_index_entries(core_, *owner, what.dataset);
        co_return erased;
    }

    sql_result<void> drop_sequence(relation const& what) {
        auto const owner = what.sequence->owner_table;
        auto const table =
            owner == object_oid{} ? relation_ptr() : context_.catalog()->find_relation(owner);
        auto const* column =
            table ? table->find_column(what.sequence->owner_column) : nullptr;
        if (column != nullptr && column->sequence == what.oid && !gone_.contains(owner)) {
            auto const on = described(context_, what);
            auto const default_value = "default value for column " + column->name + " of " +
                                       described(context_, *table);
            if (!cascade_) {
                in_the_way_.push_back(default_value + " depends on " + on);
                return {};
            }
            cascaded_.push_back(default_value);
            auto changed = copy_of(builder_, owner);
            auto& mine = changed.columns[static_cast<std::size_t>(column->number) - 1];
            mine.default_text.reset();
            mine.sequence = {};
            mine.identity = 0;
            builder_.put_relation(std::move(changed));
        }
        builder_.erase_relation(what.oid);
        return {};
    }

    session_core& core_;
    session_context& context_;
    catalog_builder& builder_;
    bool cascade_;
    std::set<object_oid> gone_, leaving_;
    std::vector<std::string> cascaded_, in_the_way_;
};

std::string described_type(session_context& context, user_type const& what) {
    auto const catalog = context.catalog();
    auto const path = catalog->path_of(context.settings.text("search_path"), context.user);
    return "type " + catalog->format_type({type_oid{what.row.oid}, -1}, path);
}

bool is_used(catalog_contents const& contents, type_row const& type) {
    for (auto const& [oid, each] : contents.relations)
        for (auto const& column : each->columns) {
            auto const number = static_cast<std::uint32_t>(column.type.oid);
            if (!column.dropped && (number == type.oid || number == type.array)) return true;
        }
    return false;
}

task<sql_result<void>> drop_schema(session_core& core, catalog_builder& builder,
                                   std::string const& name, utility::drop const& what) {
    auto& context = core.context;
    auto const* found = context.catalog()->find_schema(name);
    if (found == nullptr) {
        sql_error missing("3F000", "schema \"" + name + "\" does not exist");
        if (!what.if_exists) co_return missing;
        missing.message += ", skipping";
        context.notice("NOTICE", std::move(missing));
        co_return sql_result<void>();
    }
    auto const oid = found->oid;
    auto const maker = found->maker;
    if (static_cast<std::uint32_t>(oid) < static_cast<std::uint32_t>(first_user_oid) &&
        oid != schema_oids::public_)
        co_return sql_error("2BP01", "cannot drop schema " + name +
                                         " because it is required by the database system");
    std::vector<relation_ptr> inside;
    for (auto const& [number, each] : builder.contents().relations)
        if (each->schema == oid) inside.push_back(each);
    if (!inside.empty() && !what.cascade) {
        sql_error refusal("2BP01",
                          "cannot drop schema " + name + " because other objects depend on it");
        refusal.hint = "Use DROP ... CASCADE to drop the dependent objects too.";
        for (auto const& each : inside) {
            bool const owned = each->sequence && each->sequence->owner_table != object_oid{};
            if (each->kind == relation_kind::index || owned) continue;
            refusal.detail += (refusal.detail.empty() ? "" : "\n") +
                              described(context, *each) + " depends on schema " + name;
        }
        co_return refusal;
    }
    std::vector<user_type_ptr> types;
    for (auto const& [number, each] : builder.contents().types)
        if (each->schema == oid && each->row.kind == 'e') types.push_back(each);
    if (!types.empty() && !what.cascade)
        co_return sql_error("2BP01",
                            "cannot drop schema " + name + " because other objects depend on it")
            .with_detail(described_type(context, *types.front()) +
                         " depends on schema " + name)
            .with_hint("Use DROP ... CASCADE to drop the dependent objects too.");
    auto const permitted = co_await permit_definition(context, auth::action::drop,
                                                      policy_name_of_schema(name), maker);
    if (permitted.has_error()) co_return permitted;
    dropper steps(core, builder, true);
    for (auto const& each : inside) steps.leave(each->oid);
    for (auto const& each : inside) {
        if (!builder.contents().relations.contains(each->oid)) continue;
        if (each->kind == relation_kind::index) continue;
        bool const owned = each->sequence && each->sequence->owner_table != object_oid{};
        if (!owned) steps.take_along(described(context, *each));
        auto const done = co_await steps.drop(each);
        if (done.has_error()) co_return done;
    }
    for (auto const& each : types) {
        steps.take_along(described_type(context, *each));
        if (is_used(builder.contents(), each->row))
            co_return not_served("dropping a type that columns of other schemas have");
        builder.erase_type(type_oid{each->row.oid});
    }
    builder.erase_schema(oid);
    co_return sql_result<void>();
}

}  // namespace

utility_task run_drop(session_core& core, utility::drop const& what) {
    using k = utility::object_kind;
    if (what.what == k::type) {
        auto out = co_await run_drop_types(core, what);
        co_return out;
    }
    if (what.what != k::table && what.what != k::view && what.what != k::sequence &&
        what.what != k::index && what.what != k::schema)
        co_return not_served("DROP of this kind of object");
    auto& context = core.context;
    auto const builder = co_await context.change_catalog();
    if (builder.has_error()) co_return builder.error();
    auto const word = word_of(what.what);
    std::string only;
    dropper steps(core, **builder, what.cascade);
    for (auto const& each : what.objects) {
        if (what.what == k::schema) break;
        auto const name = as_table(each.names, each.position);
        auto const found = co_await resolve_named(context, name);
        if (found.has_value()) steps.leave((*found)->oid);
    }
    for (auto const& each : what.objects) {
        if (what.what == k::schema) {
            auto const done = co_await drop_schema(core, **builder, each.names.back(), what);
            if (done.has_error()) co_return done.error();
            context.catalog_changed();
            continue;
        }
        auto const name = as_table(each.names, each.position);
        auto const found = co_await resolve_named(context, name);
        if (found.has_error()) {
            sql_error missing("42P01", word + " \"" + each.names.back() + "\" does not exist");
            if (what.what == k::index) missing = sql_error("42704", missing.message);
            if (!what.if_exists) co_return missing;
            missing = sql_error("00000", missing.message + ", skipping");
            context.notice("NOTICE", std::move(missing));
            continue;
        }
        if (!is_of(**found, what.what))
            co_return sql_error("42809", "\"" + (*found)->name + "\" is not " +
                                             (what.what == k::index ? "an " : "a ") + word);
        if (what.objects.size() == 1) only = described(context, **found);
        auto const done = co_await steps.drop(*found);
        if (done.has_error()) co_return done.error();
        context.catalog_changed();
    }
    auto const free = steps.finish(only);
    if (free.has_error()) co_return free.error();
    co_return tagged("DROP " + upper(word));
}


}  // namespace sluice::sql
