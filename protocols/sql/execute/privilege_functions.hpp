// has_table_privilege and its relatives: what the policy would say, put into PostgreSQL's words.
// Thread rule: the session's.
#pragma once

#include <span>
#include <string_view>

#include "protocols/sql/execute/session_context.hpp"

namespace sluice::sql {

bool is_privilege_function(std::string_view name) noexcept;

// `function`: has_{table,sequence,column,any_column,schema,database}_privilege or pg_has_role, in
// all their forms: [user,] object, [column,] privileges.
sql_result<datum> privilege_answer(session_context& session, std::string_view function,
                                   std::span<datum const> given);

}  // namespace sluice::sql
