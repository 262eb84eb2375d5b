#include "protocols/sql/execute/definition_names.hpp"

#include <algorithm>

#include "protocols/sql/catalog/identifiers.hpp"
#include "protocols/sql/execute/access_path.hpp"
#include "protocols/sql/execute/foreign_relations.hpp"
#include "protocols/sql/execute/with_names.hpp"
#include "protocols/sql/types/type_io.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

constexpr std::size_t name_bytes = 63;

}  // namespace

std::string described(session_context& context, relation const& what) {
    using k = relation_kind;
    auto const* kind = what.kind == k::view       ? "view "
                       : what.kind == k::sequence ? "sequence "
                       : what.kind == k::index    ? "index "
                                                  : "table ";
    auto const catalog = context.catalog();
    auto const path = catalog->path_of(context.settings.text("search_path"), context.user);
    auto const seen = catalog->find_relation(path, what.name);
    auto name = quote_identifier(what.name);
    auto const* schema = catalog->find_schema(what.schema);
    if ((!seen || seen->oid != what.oid) && schema != nullptr)
        name = quote_identifier(schema->name) + "." + name;
    return kind + name;
}

std::string word_of(utility::object_kind kind) {
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

std::string upper(std::string text) {
    for (auto& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return text;
}

syntax::table_ref as_table(utility::qualified_name const& names, std::int32_t position) {
    syntax::table_ref out;
    out.position = position;
    out.name = names.back();
    if (names.size() > 1) out.schema = names[names.size() - 2];
    return out;
}

bool is_column_type(catalog_snapshot const& catalog, type_oid type) {
    auto const* row = catalog.find_type(type);
    if (is_served_type(type) || (row != nullptr && (row->kind == 'e' || row->kind == 'd')))
        return true;
    if (row == nullptr || row->element == 0 || row->length != -1) return false;
    auto const* element = catalog.find_type(type_oid{row->element});
    return element != nullptr && element->kind == 'e';
}

sql_result<object_oid> creation_schema(session_context& context, syntax::table_ref const& name) {
    auto const catalog = context.catalog();
    object_oid out{};
    if (name.schema.empty()) {
        out = catalog->path_of(context.settings.text("search_path"), context.user).creation;
        if (out == object_oid{})
            return sql_error("3F000", "no schema has been selected to create in");
    } else {
        auto const* found = catalog->find_schema(name.schema);
        if (found == nullptr)
            return sql_error("3F000", "schema \"" + name.schema + "\" does not exist")
                .at(name.position);
        out = found->oid;
    }
    auto const number = static_cast<std::uint32_t>(out);
    if (out == schema_oids::topics || out == schema_oids::objects || out == schema_oids::audit)
        return sql_error("0A000", "tables cannot be created in this schema")
            .with_hint("Topics and buckets are made by their own protocols.");
    if (number < static_cast<std::uint32_t>(first_user_oid) && out != schema_oids::public_)
        return sql_error("42501", "permission denied to create \"" + name.name + "\"")
            .with_detail("System catalog modifications are currently disallowed.");
    return out;
}

std::string shortened_name(std::string_view table, std::string_view part, std::string_view label) {
    std::string first(table), second(part);
    auto const extra = label.size() + 1 + (second.empty() ? 0 : 1);
    while (first.size() + second.size() + extra > name_bytes) {
        if (first.size() >= second.size()) first.pop_back();
        else second.pop_back();
    }
    auto out = first;
    if (!second.empty()) out += "_" + second;
    return out + "_" + std::string(label);
}

std::string free_relation_name(catalog_contents const& contents, object_oid schema,
                               std::string_view table, std::string_view part,
                               std::string_view label, std::vector<std::string> const& taken) {
    for (int number = 0;; ++number) {
        auto const tail = std::string(label) + (number == 0 ? "" : std::to_string(number));
        auto out = shortened_name(table, part, tail);
        if (!contents.relation_names.contains({schema, out}) &&
            std::find(taken.begin(), taken.end(), out) == taken.end())
            return out;
    }
}

task<sql_result<void>> permit_definition(session_context& context, auth::action verb,
                                         relation const& of) {
    auto name = policy_name(of, *context.catalog());
    auto const owner = maker_of(of, *context.catalog());
    auto const permitted = co_await permit_definition(context, verb, std::move(name), owner);
    co_return permitted;
}

task<sql_result<void>> permit_definition(session_context& context, auth::action verb,
                                         std::string name, principal_id owner) {
    auto shown = name;
    auto const permitted = co_await context.store_transaction().permit_definition(
        context.who, verb, std::move(name), owner);
    if (!permitted.has_error()) co_return sql_result<void>();
    if (permitted.error().code == error::permission_denied)
        co_return sql_error("42501", "permission denied for " + shown);
    co_return context.error_of(permitted.error());
}

task<sql_result<definition_target>> open_definition(session_core& core,
                                                    syntax::table_ref const& name,
                                                    relation_lock_mode mode, bool if_exists) {
    auto& context = core.context;
    auto const builder = co_await context.change_catalog();
    if (builder.has_error()) co_return builder.error();
    definition_target out;
    out.builder = *builder;
    auto found = co_await resolve_named(context, name);
    if (found.has_error()) {
        bool const missing = std::string_view(found.error().sqlstate) == "42P01" ||
                             std::string_view(found.error().sqlstate) == "3F000";
        if (!if_exists || !missing) co_return std::move(found).error();
        context.notice("NOTICE",
                       sql_error("00000", "relation \"" + name.name +
                                              "\" does not exist, skipping"));
        co_return out;
    }
    if (is_foreign(**found))
        co_return sql_error("42809", "\"" + (*found)->name + "\" is not a table")
            .with_hint("Topics and buckets are changed by their own protocols.");
    auto const locked = co_await context.lock_relation(**found, mode);
    if (locked.has_error()) co_return locked.error();
    // Nobody else changes the catalog while this transaction holds its lock.
    out.table = std::move(*found);
    co_return out;
}

sql_result<column const*> live_column(relation const& table, std::string_view name) {
    auto const* found = table.find_column(name);
    if (found == nullptr || found->dropped)
        return sql_error("42703", "column \"" + std::string(name) + "\" of relation \"" +
                                      table.name + "\" does not exist");
    return found;
}

namespace {

// Every row of a table through the transaction, in pages on the pool, each given to `visit` on the
// session's executor.
class row_walk {
public:
    row_walk(session_core& core, relation_ptr table)
        : core_(core), table_(std::move(table)), reader_(core.context) {}

    task<sql_result<void>> start() {
        auto shape = core_.context.shape_of(table_);
        if (shape.has_error()) co_return std::move(shape).error();
        shape_ = std::move(*shape);
        run_.emplace(core_.context.base_context(), reader_, core_.context.services.limits.run);
        auto const permitted = co_await reader_.permit(table_);
        if (permitted.has_error()) co_return permitted;
        auto cursor = core_.context.store_transaction().scan(*reader_.grant_of(table_->oid), {});
        if (cursor.has_error()) co_return core_.context.error_of(cursor.error());
        cursor_ = std::move(*cursor);
        co_return sql_result<void>();
    }

    // Empty: the end.
    task<sql_result<row_boxes>> next(std::size_t most) {
        auto read = [this, most](blocking_token token) { return cursor_->next(most, token); };
        auto rows = co_await core_.context.services.pool.run(std::move(read));
        if (rows.has_error()) co_return core_.context.error_of(rows.error());
        row_boxes out;
        for (auto& row : *rows) {
            auto box = shape_->decode(std::move(row.key), row.row, {}, run_->context.io);
            if (box.has_error()) co_return std::move(box).error();
            out.push_back(std::move(*box));
        }
        co_return out;
    }

    table_shape_ptr const& shape() const { return shape_; }
    statement_run& run() { return *run_; }

private:
    session_core& core_;
    relation_ptr table_;
    transaction_reader reader_;
    table_shape_ptr shape_;
    std::optional<statement_run> run_;
    std::unique_ptr<auth::row_cursor> cursor_;
};

constexpr std::size_t rows_at_once = 1'000;

}  // namespace

task<sql_result<bool>> has_rows(session_core& core, relation_ptr table) {
    row_walk rows(core, std::move(table));
    auto const started = co_await rows.start();
    if (started.has_error()) co_return started.error();
    auto const some = co_await rows.next(1);
    if (some.has_error()) co_return some.error();
    co_return !some->empty();
}

task<sql_result<bool>> all_rows_fulfil(session_core& core, relation_ptr table,
                                       expression_ptr condition) {
    row_walk rows(core, std::move(table));
    auto const started = co_await rows.start();
    if (started.has_error()) co_return started.error();
    while (true) {
        auto const some = co_await rows.next(rows_at_once);
        if (some.has_error()) co_return some.error();
        if (some->empty()) co_return true;
        for (auto const& row : *some) {
            frame seen;
            seen.rows.push_back(row);
            auto const held = rows.run().value(*condition, seen);
            if (held.has_error()) co_return held.error();
            if (!is_null(*held) && !std::get<bool>(*held)) co_return false;
        }
    }
}

namespace {

sql_error duplicated(row_writer& writer, shape_index const& index, row_box_ptr const& row) {
    auto out = writer.duplicate_error(index, row);
    out.message = "could not create unique index \"" + index.relation->name + "\"";
    auto const cut = out.detail.find(" already exists.");
    if (cut != std::string::npos) out.detail.replace(cut, std::string::npos, " is duplicated.");
    return out;
}

task<sql_result<auth::table_grant>> alter_grant(session_context& context, relation_ptr table) {
    auto name = policy_name(*table, *context.catalog());
    auto granted = co_await context.store_transaction().use(context.who, std::move(name),
                                                            table->dataset, auth::action::alter,
                                                            table->maker);
    if (granted.has_error()) co_return context.error_of(granted.error());
    co_return std::move(*granted);
}

sql_result<void> check_key_columns(table_shape const& shape, row_box const& row) {
    for (auto const& key : shape.primary()->keys) {
        if (!is_null(row.values[static_cast<std::size_t>(key.number) - 1])) continue;
        sql_error out("23502", "column \"" + shape.table().find_column(key.number)->name +
                                   "\" of relation \"" + shape.table().name +
                                   "\" contains null values");
        out.table_name = shape.table().name;
        out.column_name = shape.table().find_column(key.number)->name;
        return out;
    }
    return {};
}

}  // namespace

namespace {

// Rows of one table on their way into the same table with other datasets.
class row_mover {
public:
    row_mover(session_core& core, relation_ptr from, relation_ptr to)
        : core_(core), context_(core.context), from_(from), to_(to), rows_(core, from) {}

    task<sql_result<void>> run(std::vector<dataset_id> old_indexes, std::int16_t number,
                               expression_ptr value) {
        auto const started = co_await rows_.start();
        if (started.has_error()) co_return started;
        auto shape = context_.shape_of(to_);
        if (shape.has_error()) co_return std::move(shape).error();
        shape_ = std::move(*shape);
        auto into = co_await alter_grant(context_, to_);
        if (into.has_error()) co_return std::move(into).error();
        into_ = std::move(*into);
        auto const out_of = co_await alter_grant(context_, from_);
        if (out_of.has_error()) co_return out_of.error();
        while (true) {
            auto some = co_await rows_.next(rows_at_once);
            if (some.has_error()) co_return std::move(some).error();
            if (some->empty()) break;
            for (auto& row : *some) {
                auto const moved = co_await one(std::move(row), number, value);
                if (moved.has_error()) co_return moved;
            }
        }
        auto const erased =
            co_await context_.store_transaction().erase_all(*out_of, std::move(old_indexes));
        if (erased.has_error()) co_return context_.error_of(erased.error());
        co_return sql_result<void>();
    }

private:
    task<sql_result<void>> one(row_box_ptr row, std::int16_t number, expression_ptr const& value) {
        if (value) {
            auto box = std::make_shared<row_box>(*row);
            frame seen;
            seen.rows.push_back(std::move(row));
            auto made = rows_.run().value(*value, seen);
            if (made.has_error()) co_return std::move(made).error();
            box->values[static_cast<std::size_t>(number) - 1] = std::move(*made);
            auto const& column = *to_->find_column(number);
            if (column.not_null && is_null(box->values[static_cast<std::size_t>(number) - 1]))
                co_return sql_error("23502", "column \"" + column.name + "\" of relation \"" +
                                                 to_->name + "\" contains null values");
            row = std::move(box);
        }
        auto key = co_await key_of(row);
        if (key.has_error()) co_return std::move(key).error();
        auto entries = shape_->entries(row, *key, rows_.run());
        if (entries.has_error()) co_return std::move(entries).error();
        auto stored = shape_->encode(row->values, rows_.run().context.io);
        auto const taken = co_await context_.store_transaction().insert(
            into_, std::move(*key), std::move(stored), std::move(*entries));
        if (taken.has_error()) co_return context_.error_of(taken.error());
        if (!*taken) co_return sql_result<void>();
        row_writer writer(context_, core_.sequences, shape_, rows_.run());
        auto const* index = (*taken)->index == dataset_id{} ? shape_->primary()
                                                            : shape_->find_index((*taken)->index);
        co_return duplicated(writer, *index, row);
    }

    task<sql_result<std::string>> key_of(row_box_ptr const& row) {
        if (auto const* primary = shape_->primary()) {
            auto const whole = check_key_columns(*shape_, *row);
            if (whole.has_error()) co_return whole.error();
            auto key = shape_->key_of(*primary, row, rows_.run());
            co_return key;
        }
        if (hidden_next_ == hidden_end_) {
            constexpr std::int64_t at_once = 4'096;
            auto const first = co_await context_.store_transaction().advance_counter(
                "rows/" + std::to_string(to_underlying(to_->dataset)), at_once);
            if (first.has_error()) co_return context_.error_of(first.error());
            hidden_next_ = *first;
            hidden_end_ = *first + at_once;
        }
        co_return table_shape::hidden_key(hidden_next_++);
    }

    session_core& core_;
    session_context& context_;
    relation_ptr from_, to_;
    row_walk rows_;
    table_shape_ptr shape_;
    auth::table_grant into_;
    std::int64_t hidden_next_ = 0, hidden_end_ = 0;
};

}  // namespace

task<sql_result<void>> move_rows(session_core& core, relation_ptr from, relation_ptr to,
                                 std::vector<dataset_id> old_indexes) {
    row_mover mover(core, std::move(from), std::move(to));
    auto const moved = co_await mover.run(std::move(old_indexes), 0, nullptr);
    co_return moved;
}

task<sql_result<void>> rewrite_rows(session_core& core, relation_ptr from, relation_ptr to,
                                    std::vector<dataset_id> old_indexes, std::int16_t number,
                                    expression_ptr value) {
    row_mover mover(core, std::move(from), std::move(to));
    auto const moved = co_await mover.run(std::move(old_indexes), number, std::move(value));
    co_return moved;
}

task<sql_result<void>> fill_index(session_core& core, relation_ptr table, object_oid index) {
    row_walk rows(core, table);
    auto const started = co_await rows.start();
    if (started.has_error()) co_return started;
    auto const* wanted = rows.shape()->find_index(index);
    row_writer writer(core.context, core.sequences, rows.shape(), rows.run());
    auto name = policy_name(*table, *core.context.catalog());
    auto const granted = co_await core.context.store_transaction().use(
        core.context.who, std::move(name), table->dataset, auth::action::alter, table->maker);
    if (granted.has_error()) co_return core.context.error_of(granted.error());
    while (true) {
        auto const some = co_await rows.next(rows_at_once);
        if (some.has_error()) co_return some.error();
        if (some->empty()) co_return sql_result<void>();
        for (auto const& row : *some) {
            auto entries = rows.shape()->entries(row, row->key, rows.run());
            if (entries.has_error()) co_return std::move(entries).error();
            std::erase_if(*entries, [&](store::index_entry const& each) {
                return each.index != wanted->dataset;
            });
            if (entries->empty()) continue;
            auto const taken = co_await core.context.store_transaction().add_entries(
                *granted, row->key, std::move(*entries));
            if (taken.has_error()) co_return core.context.error_of(taken.error());
            if (!*taken) continue;
            co_return duplicated(writer, *wanted, row);
        }
    }
}

task<sql_result<void>> erase_index_entries(session_core& core, relation const& table,
                                           dataset_id index) {
    auto& context = core.context;
    auto name = policy_name(table, *context.catalog());
    auto const granted = co_await context.store_transaction().use(
        context.who, std::move(name), table.dataset, auth::action::alter, table.maker);
    if (granted.has_error()) co_return context.error_of(granted.error());
    auto const erased = co_await context.store_transaction().erase_index(*granted, index);
    if (erased.has_error()) co_return context.error_of(erased.error());
    co_return sql_result<void>();
}

object_oid default_opclass(type_oid type) {
    auto wanted = static_cast<std::uint32_t>(type);
    if (type == oid::varchar) wanted = static_cast<std::uint32_t>(oid::text);
    constexpr std::uint32_t btree = 403;
    for (auto const& row : builtin::opclasses())
        if (row.method == btree && row.is_default && row.input_type == wanted)
            return object_oid{row.oid};
    return {};
}

}  // namespace sluice::sql
