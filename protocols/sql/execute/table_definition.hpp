// A table being defined by CREATE TABLE or ALTER TABLE: columns with their types, defaults and
// sequences, constraints with the names PostgreSQL gives them, indexes behind keys. Everything goes
// into the transaction's catalog builder with finish().
// Thread rule and lifetime: as session_core.
#pragma once

#include "protocols/sql/execute/utility_steps.hpp"

namespace sluice::sql {

// What CREATE TABLE says that is not served (0A000 by name).
sql_result<void> check_table_options(utility::create_table const& what);

class table_definition {
public:
    table_definition(session_core& core, catalog_builder& builder, object_oid schema,
                     std::string name);
    // Of a table that exists: what is added goes to it.
    table_definition(session_core& core, catalog_builder& builder, relation existing);

    sql_result<void> add_column(utility::column_definition const& what);
    sql_result<void> add_constraint(utility::constraint_definition const& what);
    // Puts the table, its sequences and indexes. The new indexes are left to be filled.
    task<sql_result<object_oid>> finish();

    relation& table() noexcept { return table_; }
    std::vector<object_oid> const& new_indexes() const noexcept { return new_indexes_; }
    // Foreign keys that were added and that the rows have to fulfil.
    std::vector<object_oid> const& new_references() const noexcept { return new_references_; }
    // CHECK conditions that were added, analysed.
    std::vector<expression_ptr> const& new_checks() const noexcept { return new_checks_; }

private:
    using constraint_kind = utility::constraint_definition::kind;
    sql_result<void> set_type(column& made, utility::column_definition const& what,
                              bool& serial);
    sql_result<void> add_column_constraint(column& made,
                                           utility::constraint_definition const& what);
    sql_result<void> set_default(column& made, utility::constraint_definition const& what);
    sql_result<void> make_sequence(column& made, utility::sequence_options const& options);
    sql_result<void> finish_check(utility::constraint_definition const& what,
                                  std::string_view only_column);
    task<sql_result<void>> finish_key(utility::constraint_definition const& what);
    // foreign_key_definition.cpp
    task<sql_result<void>> finish_foreign_key(utility::constraint_definition const& what);
    sql_result<void> find_columns(utility::constraint_definition const& what, constraint& made);
    sql_result<void> find_referenced(utility::constraint_definition const& what,
                                     relation const& parent, constraint& made);
    sql_result<void> check_key_columns(constraint const& made, relation const& parent) const;
    sql_result<void> check_actions(utility::constraint_definition const& what, constraint& made);
    std::string foreign_key_name(constraint const& made) const;
    bool constraint_name_taken(std::string_view name) const;

    session_core& core_;
    session_context& context_;
    catalog_builder& builder_;
    relation table_;
    struct pending {
        utility::constraint_definition what;
        std::string column;  // of a column constraint
    };
    std::vector<pending> pending_;
    std::vector<std::pair<std::string, utility::sequence_options>> sequences_;  // by column
    std::vector<object_oid> new_indexes_;
    std::vector<expression_ptr> new_checks_;
    std::vector<object_oid> new_references_;
    bool is_new_ = false;
};

sql_result<sequence_info> sequence_of(session_core& core, utility::sequence_options const& options,
                                      type_oid type);
object_oid add_sequence(catalog_builder& builder, object_oid schema, std::string name,
                        sequence_info info);
// Puts an index relation and its name into the table's list. A primary key's rows are the table's
// own; every other index gets a dataset.
task<sql_result<object_oid>> add_index(session_core& core, catalog_builder& builder,
                                       object_oid table, std::string name, index_info info);
// CREATE OR REPLACE VIEW: columns may only be added at the end. 42P16.
sql_result<void> view_may_become(relation const& old, relation const& made);

// The mutable copy of a relation in the builder.
relation copy_of(catalog_builder const& builder, object_oid oid);

}  // namespace sluice::sql
