#include "protocols/sql/execute/utility_steps.hpp"

#include <algorithm>
#include <set>

#include "protocols/sql/execute/definition_names.hpp"
#include "protocols/sql/plan/expression_walk.hpp"
#include "protocols/sql/execute/referential_drops.hpp"
#include "protocols/sql/execute/table_definition.hpp"
#include "protocols/sql/execute/with_names.hpp"
#include "protocols/sql/parse/parser.hpp"

namespace sluice::sql {
namespace {

char const* word_of(utility::object_kind kind) {
    using k = utility::object_kind;
    switch (kind) {
        case k::table: return "table";
        case k::view: return "view";
        case k::sequence: return "sequence";
        case k::index: return "index";
        case k::schema: return "schema";
        default: return "object";
    }
}

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

syntax::table_ref as_table(utility::qualified_name const& names, std::int32_t position) {
    syntax::table_ref out;
    out.position = position;
    out.name = names.back();
    if (names.size() > 1) out.schema = names[names.size() - 2];
    return out;
}

// Views that read a relation: found by analysing them again without it would be the exact rule;
// a view's text that names it is what is looked for.
sql_result<std::vector<relation_ptr>> known_views_reading(session_context& context,
                                                          relation const& gone) {
    std::vector<relation_ptr> out;
    auto const catalog = context.catalog();
    for (auto const& [oid, each] : catalog->contents().relations) {
        if (each->kind != relation_kind::view) continue;
        auto const parsed = parse_statement(statement_text{each->view_text, 0});
        if (parsed.has_error() || !*parsed) continue;
        auto const analysed = analyze(*parsed, *catalog, context.analysis());
        if (analysed.has_error()) continue;
        auto const* select = std::get_if<select_statement>(&(*analysed)->body);
        bool reads = false;
        if (select != nullptr)
            each_query(*select->body, [&](query const& body) {
                for (auto const& entry : body.range_table)
                    if (auto const* table = std::get_if<range_entry::table>(&entry.source))
                        reads = reads || table->relation == gone.oid;
            });
        if (reads) out.push_back(each);
    }
    return out;
}

}  // namespace

// The same with views that read topics and buckets too.
task<sql_result<std::vector<relation_ptr>>> views_reading(session_context& context,
                                                          relation const& read) {
    auto work = [&context, &read] { return known_views_reading(context, read); };
    auto out = co_await with_names(context, std::move(work));
    co_return out;
}

namespace {

class dropper {
public:
    dropper(session_core& core, catalog_builder& builder, bool cascade)
        : core_(core), context_(core.context), builder_(builder), cascade_(cascade) {}
    ~dropper() { tell_cascaded(context_, cascaded_); }

    // It is dropped by the same statement: nothing that depends on it is in the way.
    void leave(object_oid what) { leaving_.insert(what); }
    // Named among what CASCADE takes along.
    void take_along(std::string what) { cascaded_.push_back(std::move(what)); }

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
            auto const kind =
                std::string(what.kind == relation_kind::view ? "view " : "table ") + what.name;
            sql_error refusal("2BP01", "cannot drop " + kind +
                                           " because other objects depend on it");
            for (auto const& each : *views)
                refusal.detail += (refusal.detail.empty() ? "" : "\n") + ("view " + each->name) +
                                  " depends on " + kind;
            refusal.hint = "Use DROP ... CASCADE to drop the dependent objects too.";
            co_return refusal;
        }
        for (auto const& each : *views) {
            cascaded_.push_back("view " + each->name);
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
        auto const name = "table " + what.name;
        auto const oid = what.oid;
        auto const done = co_await drop_references(
            core_, builder_, cascade_, name,
            [oid](constraint const& rule) { return rule.referenced == oid; }, name, &leaving,
            &cascaded_);
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
        auto const free = co_await drop_references(
            core_, builder_, cascade_, "index " + what.name,
            [oid](constraint const& rule) { return rule.referenced_index == oid; },
            "index " + what.name, nullptr, &cascaded_);
        if (free.has_error()) co_return free;
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
            if (!cascade_)
                return sql_error("2BP01", "cannot drop sequence " + what.name +
                                              " because other objects depend on it")
                    .with_detail("default value for column " + column->name + " of table " +
                                 table->name + " depends on sequence " + what.name)
                    .with_hint("Use DROP ... CASCADE to drop the dependent objects too.");
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
    std::vector<std::string> cascaded_;
};

std::string upper(std::string text) {
    for (auto& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return text;
}

std::string kind_of(relation const& of) {
    return of.kind == relation_kind::view       ? "view "
           : of.kind == relation_kind::sequence ? "sequence "
                                                : "table ";
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
                              (kind_of(*each) + policy_name(*each, *context.catalog())) +
                              " depends on schema " + name;
        }
        co_return refusal;
    }
    std::vector<user_type_ptr> types;
    for (auto const& [number, each] : builder.contents().types)
        if (each->schema == oid && each->row.kind == 'e') types.push_back(each);
    if (!types.empty() && !what.cascade)
        co_return sql_error("2BP01",
                            "cannot drop schema " + name + " because other objects depend on it")
            .with_detail("type " + policy_name(name, types.front()->name) +
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
        if (!owned) steps.take_along(kind_of(*each) + policy_name(*each, *context.catalog()));
        auto const done = co_await steps.drop(each);
        if (done.has_error()) co_return done;
    }
    for (auto const& each : types) {
        steps.take_along("type " + policy_name(name, each->name));
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
    auto const word = std::string(word_of(what.what));
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
        auto const done = co_await steps.drop(*found);
        if (done.has_error()) co_return done.error();
        context.catalog_changed();
    }
    co_return tagged("DROP " + upper(word));
}

utility_task run_rename(session_core& core, utility::rename const& what) {
    using k = utility::object_kind;
    auto const kind = what.what == k::column || what.what == k::constraint ? what.of : what.what;
    bool const of_column = what.what == k::column;
    if (what.what == k::schema || what.what == k::constraint ||
        (!of_column && what.what != k::table && what.what != k::view && what.what != k::index &&
         what.what != k::sequence))
        co_return not_served("RENAME of this kind of object");
    auto target = co_await open_definition(core, as_table(what.object.names, what.object.position),
                                           relation_lock_mode::access_exclusive, what.if_exists);
    if (target.has_error()) co_return std::move(target).error();
    auto tag = "ALTER " + upper(word_of(kind == k::column ? k::table : kind));
    if (!target->table) co_return tagged(tag);
    auto const table = target->table;
    auto& builder = *target->builder;
    if (static_cast<std::uint32_t>(table->oid) < static_cast<std::uint32_t>(first_user_oid) ||
        !builder.contents().relations.contains(table->oid))
        co_return sql_error("42501", "permission denied: \"" + table->name +
                                         "\" is a system catalog");
    auto const permitted = co_await permit_definition(core.context, auth::action::alter, *table);
    if (permitted.has_error()) co_return permitted.error();
    auto const readers = co_await views_reading(core.context, *table);
    if (readers.has_error()) co_return readers.error();
    if (!readers->empty())
        co_return not_served("renaming what a view reads");
    auto changed = copy_of(builder, table->oid);
    if (of_column) {
        auto const column = live_column(changed, what.part);
        if (column.has_error()) co_return column.error();
        if (auto const* there = changed.find_column(what.new_name); there && !there->dropped)
            co_return sql_error("42701", "column \"" + what.new_name + "\" of relation \"" +
                                             changed.name + "\" already exists");
        // Expressions are kept as text that names the column.
        auto const number = (*column)->number;
        for (auto const& each : changed.constraints)
            if (each.what == constraint::kind::check &&
                std::find(each.columns.begin(), each.columns.end(), number) != each.columns.end())
                co_return not_served("renaming a column that a CHECK constraint uses");
        for (auto const& each : changed.columns)
            if (each.generated) co_return not_served("renaming beside a generated column");
        for (auto const oid : changed.indexes) {
            auto const index = core.context.catalog()->find_relation(oid);
            bool expressions = !index->index->where.empty();
            for (auto const& key : index->index->keys) expressions = expressions || key.number == 0;
            if (expressions) co_return not_served("renaming beside an index over expressions");
        }
        changed.columns[static_cast<std::size_t>((*column)->number) - 1].name = what.new_name;
    } else {
        if (builder.contents().relation_names.contains({changed.schema, what.new_name}))
            co_return sql_error("42P07", "relation \"" + what.new_name + "\" already exists");
        if (changed.kind == relation_kind::sequence &&
            changed.sequence->owner_table != object_oid{})
            co_return not_served("renaming a sequence that a column owns");
        changed.name = what.new_name;
    }
    builder.put_relation(std::move(changed));
    core.context.catalog_changed();
    co_return tagged(tag);
}

utility_task run_comment(session_core& core, utility::comment const& what) {
    using k = utility::object_kind;
    bool const of_column = what.what == k::column;
    if (!of_column && what.what != k::table && what.what != k::view && what.what != k::index &&
        what.what != k::sequence)
        co_return not_served("COMMENT ON this kind of object");
    auto names = what.object.names;
    std::string column_name;
    if (of_column) {
        column_name = names.back();
        names.pop_back();
    }
    auto target = co_await open_definition(core, as_table(names, what.object.position),
                                           relation_lock_mode::share_update_exclusive, false);
    if (target.has_error()) co_return std::move(target).error();
    auto& builder = *target->builder;
    if (!builder.contents().relations.contains(target->table->oid))
        co_return sql_error("42501", "permission denied: \"" + target->table->name +
                                         "\" is a system catalog");
    auto changed = copy_of(builder, target->table->oid);
    if (of_column) {
        auto const column = live_column(changed, column_name);
        if (column.has_error()) co_return column.error();
        changed.columns[static_cast<std::size_t>((*column)->number) - 1].comment =
            what.text.value_or("");
    } else {
        changed.comment = what.text.value_or("");
    }
    builder.put_relation(std::move(changed));
    core.context.catalog_changed();
    co_return tagged("COMMENT");
}

utility_task run_lock(session_core& core, utility::lock_table const& what) {
    auto& context = core.context;
    if (context.block != block_state::block)
        co_return sql_error("25P01", "LOCK TABLE can only be used in transaction blocks");
    for (auto const& each : what.tables) {
        auto found = co_await resolve_named(context, each);
        if (found.has_error()) co_return std::move(found).error();
        auto const mode = static_cast<relation_lock_mode>(what.mode);
        auto const locked = co_await context.lock_relation(**found, mode, what.nowait);
        if (locked.has_error()) co_return locked.error();
    }
    co_return tagged("LOCK TABLE");
}

}  // namespace sluice::sql
