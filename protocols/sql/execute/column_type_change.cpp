#include "protocols/sql/execute/column_type_change.hpp"

#include <algorithm>

#include "protocols/sql/catalog/identifiers.hpp"
#include "protocols/sql/execute/definition_names.hpp"
#include "protocols/sql/execute/expression_text.hpp"
#include "protocols/sql/execute/referential_checks.hpp"
#include "protocols/sql/execute/table_definition.hpp"
#include "protocols/sql/parse/parser.hpp"
#include "protocols/sql/types/row_values.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

bool is_text(type_oid type) { return type == oid::text || type == oid::varchar; }

// Every value of `from` is one of `to`, stored alike.
bool stored_alike(sql_type from, sql_type to) {
    if (is_text(from.oid) && is_text(to.oid)) {
        if (to.oid == oid::text || to.modifier == -1) return true;
        return from.oid == oid::varchar && from.modifier != -1 && from.modifier <= to.modifier;
    }
    return from == to;
}

class type_change {
public:
    type_change(session_core& core, catalog_builder& builder, object_oid table)
        : core_(core), context_(core.context), builder_(builder), table_(table) {}

    task<sql_result<void>> run(utility::alter_table::action const& what) {
        auto const before = context_.catalog()->find_relation(table_);
        auto const found = live_column(*before, what.name);
        if (found.has_error())
            co_return sql_error("42703", "column \"" + what.name + "\" of relation \"" +
                                             before->name + "\" does not exist");
        number_ = (*found)->number;
        from_ = (*found)->type;
        auto const type = resolve_type(*what.column->type, *context_.catalog(), context_.analysis());
        if (type.has_error()) co_return type.error();
        to_ = *type;
        auto const allowed = co_await check(*before, **found);
        if (allowed.has_error()) co_return allowed;
        auto const conversion = conversion_of(*before, **found, what);
        if (conversion.has_error()) co_return conversion.error();
        auto changed = copy_of(builder_, table_);
        auto& column = changed.columns[static_cast<std::size_t>(number_) - 1];
        auto const with_default = convert_default(column);
        if (with_default.has_error()) co_return with_default;
        column.type = to_;
        column.dimensions = static_cast<std::int32_t>(what.column->type->array_bounds.size());
        bool const plain = using_of(what) == nullptr && stored_alike(from_, to_);
        if (!plain) column.missing_value.reset();
        change_sequence(column);
        auto const indexes = change_indexes(changed);
        if (indexes.has_error()) co_return indexes;
        if (plain) {
            builder_.put_relation(std::move(changed));
            context_.catalog_changed();
            co_return sql_result<void>();
        }
        auto const written = co_await rewrite(before, std::move(changed), *conversion);
        if (written.has_error()) co_return written;
        auto const keys = co_await check_keys();
        co_return keys;
    }

private:
    static syntax::expr_ptr using_of(utility::alter_table::action const& what) {
        for (auto const& each : what.column->constraints)
            if (each.what == utility::constraint_definition::kind::default_value) return each.value;
        return nullptr;
    }

    task<sql_result<void>> check(relation const& table, column const& changed) {
        auto const* row = context_.catalog()->find_type(to_.oid);
        if (row != nullptr && row->kind == 'p')
            co_return sql_error("42P16", "column \"" + changed.name + "\" has pseudo-type " +
                                             context_.catalog()->format_type(to_));
        if (!is_column_type(*context_.catalog(), to_.oid) || (row != nullptr && row->kind == 'd'))
            co_return sql_error("0A000", "columns of type " + context_.catalog()->format_type(to_) +
                                             " are not served");
        if (changed.generated) co_return not_served("changing the type of a generated column");
        for (auto const& each : table.columns)
            if (each.generated && !each.dropped)
                co_return sql_error("0A000", "cannot alter type of a column used by a generated "
                                             "column");
        if (changed.identity != 0 && to_.oid != oid::int2 && to_.oid != oid::int4 &&
            to_.oid != oid::int8)
            co_return sql_error("22023", "identity column type must be smallint, integer, or bigint");
        auto const views = co_await views_reading(context_, table);
        if (views.has_error()) co_return views.error();
        if (!views->empty())
            co_return sql_error("0A000", "cannot alter type of a column used by a view or rule")
                .with_detail("rule _RETURN on view " + views->front()->name +
                             " depends on column \"" + changed.name + "\"");
        co_return sql_result<void>();
    }

    // What the new value is, over the row as it was.
    sql_result<expression_ptr> conversion_of(relation const& table, column const& changed,
                                             utility::alter_table::action const& what) {
        auto const catalog = context_.catalog();
        if (auto const given = using_of(what)) {
            // A constant without a type takes the column's, as what it is assigned to.
            auto const* constant = std::get_if<syntax::literal>(&given->node);
            bool const untyped = constant != nullptr &&
                                 (constant->what == syntax::literal::kind::string ||
                                  constant->what == syntax::literal::kind::null);
            auto value = analyze_expression(given, &table, expression_place::alter_using,
                                            untyped ? to_ : sql_type{}, {}, *catalog,
                                            context_.analysis());
            if (value.has_error()) {
                auto failed = std::move(value).error();
                if (untyped) failed.position = 0;
                return failed;
            }
            auto const served = check_served(**value);
            if (served.has_error()) return served.error();
            auto made = coerce(*value, to_, coercion_context::assignment, *catalog,
                               context_.analysis());
            if (made.has_error()) return std::move(made).error();
            if (*made) return made;
            return sql_error("42804", "result of USING clause for column \"" + changed.name +
                                          "\" cannot be cast automatically to type " +
                                          catalog->format_type({to_.oid, -1}))
                .with_hint("You might need to add an explicit cast.");
        }
        auto operand = std::make_shared<expression>();
        operand->node = column_reference{0, 0, static_cast<std::uint32_t>(number_ - 1)};
        operand->type = from_;
        auto made = coerce(operand, to_, coercion_context::assignment, *catalog,
                           context_.analysis());
        if (made.has_error()) return std::move(made).error();
        if (*made) return made;
        return sql_error("42804", "column \"" + changed.name +
                                      "\" cannot be cast automatically to type " +
                                      catalog->format_type({to_.oid, -1}))
            .with_hint("You might need to specify \"USING " + quote_identifier(changed.name) +
                       "::" + catalog->format_type(to_) + "\".");
    }

    // A default stays where the new type takes it.
    sql_result<void> convert_default(column& changed) {
        if (!changed.default_text || changed.sequence != object_oid{}) return {};
        auto const catalog = context_.catalog();
        auto const parsed = parse_expression(*changed.default_text);
        if (parsed.has_error()) return parsed.error();
        auto const value = analyze_expression(*parsed, nullptr, expression_place::column_default,
                                              to_, changed.name, *catalog, context_.analysis());
        if (value.has_error())
            return sql_error("42804", "default for column \"" + changed.name +
                                          "\" cannot be cast automatically to type " +
                                          catalog->format_type({to_.oid, -1}));
        return {};
    }

    // The sequence of an identity column has its type.
    void change_sequence(column const& changed) {
        if (changed.identity == 0 || changed.sequence == object_oid{} || from_.oid == to_.oid) return;
        auto most = [](type_oid type) -> std::int64_t {
            return type == oid::int2 ? INT16_MAX : type == oid::int4 ? INT32_MAX : INT64_MAX;
        };
        auto sequence = copy_of(builder_, changed.sequence);
        auto& info = *sequence.sequence;
        if (info.increment > 0 && info.maximum == most(from_.oid)) info.maximum = most(to_.oid);
        if (info.increment < 0 && info.minimum == -most(from_.oid) - 1)
            info.minimum = -most(to_.oid) - 1;
        info.type = to_.oid;
        builder_.put_relation(std::move(sequence));
    }

    sql_result<void> change_indexes(relation const& table) {
        for (auto const oid : table.indexes) {
            auto index = copy_of(builder_, oid);
            bool used = false;
            for (std::size_t i = 0; i < index.index->keys.size(); ++i) {
                auto& key = index.index->keys[i];
                if (key.number != number_) continue;
                if (!can_be_key(to_.oid))
                    return sql_error("0A000", "an index over type " +
                                                  context_.catalog()->format_type(to_) +
                                                  " is not served");
                key.opclass = default_opclass(to_.oid);
                if (i < index.columns.size()) index.columns[i].type = to_;
                used = true;
            }
            if (used) builder_.put_relation(std::move(index));
        }
        return {};
    }

    task<sql_result<void>> rewrite(relation_ptr before, relation changed,
                                   expression_ptr conversion) {
        auto& transaction = context_.store_transaction();
        auto fresh = co_await transaction.new_dataset_id();
        if (fresh.has_error()) co_return context_.error_of(fresh.error());
        changed.dataset = *fresh;
        std::vector<dataset_id> old_indexes;
        for (auto const oid : changed.indexes) {
            auto index = copy_of(builder_, oid);
            if (index.index->primary) {
                index.dataset = *fresh;
            } else {
                old_indexes.push_back(index.dataset);
                auto const next = co_await transaction.new_dataset_id();
                if (next.has_error()) co_return context_.error_of(next.error());
                index.dataset = *next;
            }
            builder_.put_relation(std::move(index));
        }
        builder_.put_relation(std::move(changed));
        context_.catalog_changed();
        auto to = context_.catalog()->find_relation(table_);
        auto const moved = co_await rewrite_rows(core_, std::move(before), to,
                                                 std::move(old_indexes), number_,
                                                 std::move(conversion));
        if (moved.has_error()) co_return moved;
        transaction.begin_statement();
        auto const checked = co_await check_conditions(*to);
        co_return checked;
    }

    // CHECK conditions hold for the new values too.
    task<sql_result<void>> check_conditions(relation const& table) {
        for (auto const& rule : table.constraints) {
            bool const about = std::find(rule.columns.begin(), rule.columns.end(), number_) !=
                               rule.columns.end();
            if (rule.what != constraint::kind::check || !about || !rule.validated) continue;
            auto condition = compile_expression(
                rule.check_text, &table, expression_place::check_constraint, {oid::boolean, -1}, {},
                *context_.catalog(), context_.analysis());
            if (condition.has_error()) co_return std::move(condition).error();
            auto current = context_.catalog()->find_relation(table_);
            auto const held =
                co_await all_rows_fulfil(core_, std::move(current), std::move(*condition));
            if (held.has_error()) co_return held.error();
            if (!*held)
                co_return sql_error("23514", "check constraint \"" + rule.name +
                                                 "\" of relation \"" + table.name +
                                                 "\" is violated by some row");
        }
        co_return sql_result<void>();
    }

    sql_error incompatible(foreign_key const& key, std::size_t place) const {
        auto const catalog = context_.catalog();
        return sql_error("42804",
                         "foreign key constraint \"" + key.rule.name + "\" cannot be implemented")
            .with_detail("Key columns \"" + key.child->find_column(key.rule.columns[place])->name +
                         "\" and \"" +
                         key.parent->find_column(key.rule.referenced_columns[place])->name +
                         "\" are of incompatible types: " +
                         catalog->format_type({key.child_types[place].oid, -1}) + " and " +
                         catalog->format_type({key.parent_types[place].oid, -1}) + ".");
    }

    // Foreign keys on either side of the column.
    task<sql_result<void>> check_keys() {
        auto const catalog = context_.catalog();
        auto const table = catalog->find_relation(table_);
        auto keys = foreign_keys_of(table, *catalog);
        auto const others = foreign_keys_to(*table, *catalog);
        keys.insert(keys.end(), others.begin(), others.end());
        for (auto const& key : keys) {
            for (std::size_t i = 0; i < key.child_types.size(); ++i) {
                auto const fits =
                    compare_key_types(key.parent_types[i].oid, key.child_types[i].oid);
                if (fits == key_types::not_served)
                    co_return not_served("a foreign key between the new types");
                if (fits == key_types::incompatible)
                    co_return incompatible(key, i);
            }
            if (!key.rule.validated) continue;
            referential_checks checks(context_, core_.sequences);
            auto const held = co_await checks.check_all_rows(key.child->oid, key.rule.oid);
            if (held.has_error()) co_return held;
        }
        co_return sql_result<void>();
    }

    session_core& core_;
    session_context& context_;
    catalog_builder& builder_;
    object_oid table_;
    std::int16_t number_ = 0;
    sql_type from_, to_;
};

}  // namespace

task<sql_result<void>> change_column_type(session_core& core, catalog_builder& builder,
                                          object_oid table,
                                          utility::alter_table::action const& what) {
    type_change change(core, builder, table);
    auto const done = co_await change.run(what);
    co_return done;
}

}  // namespace sluice::sql
