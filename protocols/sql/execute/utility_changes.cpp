#include "protocols/sql/execute/utility_steps.hpp"

#include <algorithm>

#include "protocols/sql/execute/definition_names.hpp"
#include "protocols/sql/plan/expression_walk.hpp"
#include "protocols/sql/execute/table_definition.hpp"
#include "protocols/sql/execute/with_names.hpp"
#include "protocols/sql/parse/parser.hpp"

namespace sluice::sql {
namespace {

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
