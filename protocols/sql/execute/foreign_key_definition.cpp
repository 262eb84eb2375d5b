// REFERENCES and FOREIGN KEY of a table that is defined: what they name is found, and refused where
// PostgreSQL refuses it.
#include <algorithm>

#include "protocols/sql/execute/definition_names.hpp"
#include "protocols/sql/execute/foreign_key.hpp"
#include "protocols/sql/execute/table_definition.hpp"
#include "protocols/sql/execute/with_names.hpp"

namespace sluice::sql {
namespace {

constexpr std::size_t most_key_columns = 32;

bool has(std::vector<std::int16_t> const& list, std::int16_t number) {
    return std::find(list.begin(), list.end(), number) != list.end();
}

// Made of those columns, in any order, and of nothing else.
bool is_key_of(relation const& index, std::vector<std::int16_t> const& columns) {
    auto const& info = *index.index;
    if (!info.unique || !info.valid || !info.where.empty() || info.keys.size() != columns.size())
        return false;
    return std::all_of(info.keys.begin(), info.keys.end(), [&](index_column const& key) {
        return key.number != 0 && has(columns, key.number);
    });
}

}  // namespace

sql_result<void> table_definition::find_columns(utility::constraint_definition const& what,
                                                constraint& made) {
    for (auto const& name : what.columns) {
        auto const* found = table_.find_column(name);
        if (found == nullptr || found->dropped)
            return sql_error("42703", "column \"" + name +
                                          "\" referenced in foreign key constraint does not exist");
        made.columns.push_back(found->number);
    }
    if (made.columns.size() > most_key_columns)
        return sql_error("54011", "cannot have more than 32 keys in a foreign key");
    return {};
}

sql_result<void> table_definition::find_referenced(utility::constraint_definition const& what,
                                                   relation const& parent, constraint& made) {
    if (what.referenced_columns.empty()) {
        auto const* primary = parent.primary_key();
        if (primary == nullptr)
            return sql_error("42704", "there is no primary key for referenced table \"" +
                                          parent.name + "\"");
        made.referenced_columns = primary->columns;
        made.referenced_index = primary->index;
    }
    for (auto const& name : what.referenced_columns) {
        auto const* found = parent.find_column(name);
        if (found == nullptr || found->dropped)
            return sql_error("42703", "column \"" + name +
                                          "\" referenced in foreign key constraint does not exist");
        made.referenced_columns.push_back(found->number);
    }
    if (made.columns.size() != made.referenced_columns.size())
        return sql_error("42830", "number of referencing and referenced columns for foreign key "
                                  "disagree");
    if (made.referenced_index != object_oid{}) return {};
    auto sorted = made.referenced_columns;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
        return sql_error("42830", "foreign key referenced-columns list must not contain duplicates");
    for (auto const oid : parent.indexes) {
        auto const& index = builder_.contents().relations.at(oid);
        if (!is_key_of(*index, made.referenced_columns)) continue;
        made.referenced_index = oid;
        return {};
    }
    return sql_error("42830", "there is no unique constraint matching given keys for referenced "
                              "table \"" + parent.name + "\"");
}

sql_result<void> table_definition::check_key_columns(constraint const& made,
                                                     relation const& parent) const {
    auto const catalog = context_.catalog();
    for (std::size_t i = 0; i < made.columns.size(); ++i) {
        auto const& from = *table_.find_column(made.columns[i]);
        auto const& to = *parent.find_column(made.referenced_columns[i]);
        switch (compare_key_types(to.type.oid, from.type.oid)) {
            case key_types::served: break;
            case key_types::not_served:
                return sql_error("0A000", "a foreign key from type " +
                                              catalog->format_type(from.type) + " to type " +
                                              catalog->format_type(to.type) + " is not served");
            case key_types::incompatible:
                return sql_error("42804", "foreign key constraint \"" + made.name +
                                              "\" cannot be implemented")
                    .with_detail("Key columns \"" + from.name + "\" and \"" + to.name +
                                 "\" are of incompatible types: " +
                                 catalog->format_type({from.type.oid, -1}) + " and " +
                                 catalog->format_type({to.type.oid, -1}) + ".");
        }
    }
    return {};
}

sql_result<void> table_definition::check_actions(utility::constraint_definition const& what,
                                                 constraint& made) {
    using action = utility::reference_action;
    made.on_update = static_cast<char>(what.on_update);
    made.on_delete = static_cast<char>(what.on_delete);
    for (auto const number : made.columns) {
        if (!table_.find_column(number)->generated) continue;
        bool const sets = what.on_delete == action::set_null || what.on_delete == action::set_default;
        if (what.on_update == action::set_null || what.on_update == action::set_default ||
            what.on_update == action::cascade)
            return sql_error("42601", "invalid ON UPDATE action for foreign key constraint "
                                      "containing generated column");
        if (sets)
            return sql_error("42601", "invalid ON DELETE action for foreign key constraint "
                                      "containing generated column");
    }
    for (auto const& name : what.delete_set_columns) {
        auto const* found = table_.find_column(name);
        if (found == nullptr || found->dropped)
            return sql_error("42703", "column \"" + name +
                                          "\" referenced in foreign key constraint does not exist");
        if (!has(made.columns, found->number))
            return sql_error("42P10", "column \"" + name + "\" referenced in ON DELETE SET action "
                                                           "must be part of foreign key");
        if (!has(made.delete_set_columns, found->number))
            made.delete_set_columns.push_back(found->number);
    }
    return {};
}

// Different from all constraints of the schema, as PostgreSQL chooses it.
std::string table_definition::foreign_key_name(constraint const& made) const {
    std::string part;
    for (auto const number : made.columns)
        part += (part.empty() ? "" : "_") + table_.find_column(number)->name;
    auto taken = [this](std::string const& name) {
        if (constraint_name_taken(name)) return true;
        for (auto const& [oid, each] : builder_.contents().relations) {
            if (each->schema != table_.schema || oid == table_.oid) continue;
            for (auto const& rule : each->constraints)
                if (rule.name == name) return true;
        }
        return false;
    };
    for (int number = 0;; ++number) {
        auto out = shortened_name(table_.name, part,
                                  "fkey" + (number == 0 ? std::string() : std::to_string(number)));
        if (!taken(out)) return out;
    }
}

task<sql_result<void>> table_definition::finish_foreign_key(
    utility::constraint_definition const& what) {
    auto const& named = what.referenced;
    builder_.put_relation(table_);
    context_.catalog_changed();  // it may refer to itself
    auto parent = co_await resolve_named(context_, named);
    if (parent.has_error()) {
        auto missing = std::move(parent).error();
        missing.position = 0;
        co_return missing;
    }
    bool const itself = (*parent)->oid == table_.oid;
    if ((*parent)->kind != relation_kind::table)
        co_return sql_error((*parent)->kind == relation_kind::catalog ? "42501" : "42809",
                            (*parent)->kind == relation_kind::catalog
                                ? "permission denied: \"" + (*parent)->name +
                                      "\" is a system catalog"
                                : "referenced relation \"" + (*parent)->name + "\" is not a table");
    if (!itself) {
        auto const locked = co_await context_.lock_relation(**parent,
                                                            relation_lock_mode::share_row_exclusive);
        if (locked.has_error()) co_return locked;
        auto const permitted = co_await permit_definition(context_, auth::action::alter, **parent);
        if (permitted.has_error())
            co_return sql_error("42501", "permission denied for table " + (*parent)->name);
    }
    auto const& referenced = *builder_.contents().relations.at((*parent)->oid);
    constraint made;
    made.oid = builder_.allocate_oid();
    made.what = constraint::kind::foreign_key;
    made.referenced = referenced.oid;
    made.match = what.match;
    made.deferrable = what.deferrable || what.initially_deferred;
    made.initially_deferred = what.initially_deferred;
    made.validated = is_new_ || !what.not_valid;
    auto const columns = find_columns(what, made);
    if (columns.has_error()) co_return columns;
    auto const actions = check_actions(what, made);
    if (actions.has_error()) co_return actions;
    auto const found = find_referenced(what, referenced, made);
    if (found.has_error()) co_return found;
    made.name = what.name.empty() ? foreign_key_name(made) : what.name;
    if (constraint_name_taken(made.name))
        co_return sql_error("42710", "constraint \"" + made.name + "\" for relation \"" +
                                         table_.name + "\" already exists");
    auto const fits = check_key_columns(made, referenced);
    if (fits.has_error()) co_return fits;
    if (made.validated && !is_new_) new_references_.push_back(made.oid);
    table_.constraints.push_back(std::move(made));
    co_return sql_result<void>();
}

}  // namespace sluice::sql
