// Names and places of new objects: which schema a CREATE goes to, what PostgreSQL calls the things
// it makes by itself (t_pkey, t_a_key, t_a_seq), and the look-ups that DDL begins with.
// Thread rule and lifetime: as session_core.
#pragma once

#include <string>
#include <vector>

#include "protocols/sql/execute/utility_steps.hpp"

namespace sluice::sql {

// The schema that `name` would be created in. 3F000; 0A000 for schemas that are not tables' place.
sql_result<object_oid> creation_schema(session_context& context, syntax::table_ref const& name);
// table_part_label, shortened to 63 bytes, made different from every relation of the schema and
// from `taken`.
std::string free_relation_name(catalog_contents const& contents, object_oid schema,
                               std::string_view table, std::string_view part,
                               std::string_view label, std::vector<std::string> const& taken = {});
std::string shortened_name(std::string_view table, std::string_view part, std::string_view label);

// 42501 where the policy does not allow it; the audit line otherwise.
task<sql_result<void>> permit_definition(session_context& context, auth::action verb,
                                         std::string name, principal_id owner = {});
// On a relation that is there, for who made it too.
task<sql_result<void>> permit_definition(session_context& context, auth::action verb,
                                         relation const& of);

// A table that a statement changes: found, locked in `mode` and looked at again, its builder at
// hand. 42P01, 42809. `if_exists`: null with a notice where there is none.
struct definition_target {
    catalog_builder* builder = nullptr;
    relation_ptr table;
};
task<sql_result<definition_target>> open_definition(session_core& core,
                                                    syntax::table_ref const& name,
                                                    relation_lock_mode mode, bool if_exists);

// An empty column's rank among a relation's live ones; 42703.
sql_result<column const*> live_column(relation const& table, std::string_view name);

// Builds the entries of a new index over the rows that are there. 23505.
task<sql_result<void>> fill_index(session_core& core, relation_ptr table, object_oid index);
// Every row of `from` under the primary key of `to`, the same table as it is defined now with new
// datasets; those of `from` and its indexes are dead afterwards. 23502, 23505.
task<sql_result<void>> move_rows(session_core& core, relation_ptr from, relation_ptr to,
                                 std::vector<dataset_id> old_indexes);
// The same under the keys that `to` has, where column `number` becomes what `value` makes of the old
// row. `to` may have no primary key.
task<sql_result<void>> rewrite_rows(session_core& core, relation_ptr from, relation_ptr to,
                                    std::vector<dataset_id> old_indexes, std::int16_t number,
                                    expression_ptr value);
// Views that read a relation.
task<sql_result<std::vector<relation_ptr>>> views_reading(session_context& context,
                                                          relation const& read);
// The entries of an index go, its table stays.
task<sql_result<void>> erase_index_entries(session_core& core, relation const& table,
                                           dataset_id index);
// Is there a row at all?
task<sql_result<bool>> has_rows(session_core& core, relation_ptr table);
// Tries conditions (NOT NULL of a column, a CHECK) over the rows that are there.
task<sql_result<bool>> all_rows_fulfil(session_core& core, relation_ptr table,
                                       expression_ptr condition);

// "table a", "view s.v", "index i": as messages name it, the schema where the search path does not
// lead there.
std::string described(session_context& context, relation const& what);
std::string word_of(utility::object_kind kind);  // "table"; "object": of no kind that is known here
std::string upper(std::string text);
syntax::table_ref as_table(utility::qualified_name const& names, std::int32_t position);
// Tables may have columns of it.
bool is_column_type(catalog_snapshot const& catalog, type_oid type);

// The default operator class of a type for btree; 0: none.
object_oid default_opclass(type_oid type);

}  // namespace sluice::sql
