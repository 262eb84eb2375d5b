// The groups of utility statements, one file each; run_utility (run_utility.cpp) picks. Each answers
// its rows and tag, or PostgreSQL's error. Thread rule and lifetime: as session_core.
#pragma once

#include "protocols/sql/execute/session_core.hpp"

namespace sluice::sql {

using utility_task = task<sql_result<utility_result>>;

inline utility_result tagged(std::string tag) {
    utility_result out;
    out.tag = std::move(tag);
    return out;
}
sql_error not_served(std::string what);  // 0A000 "... is not served"
// 55006 where rows of the table wait for deferred checks.
sql_result<void> refuse_waiting_rows(session_context& context, relation const& table,
                                     std::string_view command);

// utility_transactions.cpp
utility_task run_transaction(session_core& core, utility::transaction const& what);
// utility_settings.cpp
sql_result<utility_result> run_set(session_core& core, utility::set_setting const& what);
sql_result<utility_result> run_show(session_core& core, utility::show const& what);
utility_task run_discard(session_core& core, utility::discard const& what);
// utility_cursors.cpp
utility_task run_prepare(session_core& core, planned_statement const& plan,
                         utility::prepare const& what);
utility_task run_execute(session_core& core, utility::execute const& what);
sql_result<utility_result> run_deallocate(session_core& core, utility::deallocate const& what);
utility_task run_declare(session_core& core, planned_statement const& plan,
                         utility_statement const& whole, std::vector<datum> parameters);
utility_task run_fetch(session_core& core, utility::fetch const& what);
sql_result<utility_result> run_close(session_core& core, utility::close_cursor const& what);
// utility_tables.cpp
utility_task run_create_table(session_core& core, utility::create_table const& what);
utility_task run_create_index(session_core& core, utility::create_index const& what);
utility_task run_create_sequence(session_core& core, utility::create_sequence const& what);
utility_task run_create_schema(session_core& core, utility::create_schema const& what);
utility_task run_create_view(session_core& core, utility::create_view const& what,
                             statement_ptr analysed);
// utility_table_as.cpp
utility_task run_create_table_as(session_core& core, planned_statement const& plan,
                                 utility::create_table_as const& what, statement_ptr analysed,
                                 std::vector<datum> parameters);
// utility_changes.cpp
utility_task run_drop(session_core& core, utility::drop const& what);
utility_task run_truncate(session_core& core, utility::truncate const& what);
utility_task run_alter_table(session_core& core, utility::alter_table const& what);
utility_task run_rename(session_core& core, utility::rename const& what);
utility_task run_comment(session_core& core, utility::comment const& what);
utility_task run_lock(session_core& core, utility::lock_table const& what);
// utility_types.cpp
utility_task run_create_enum(session_core& core, utility::create_enum const& what);
utility_task run_alter_enum(session_core& core, utility::alter_enum const& what);
utility_task run_drop_types(session_core& core, utility::drop const& what);
// utility_upkeep.cpp
utility_task run_vacuum(session_core& core, utility::vacuum const& what);
// utility_constraints.cpp
utility_task run_set_constraints(session_core& core, utility::set_constraints const& what);

}  // namespace sluice::sql
