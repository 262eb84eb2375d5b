// Written names of types and tables to what they name, with PostgreSQL's errors.
#pragma once

#include <string_view>

#include "protocols/sql/analyze/context.hpp"

namespace sluice::sql {

outcome<sql_type> find_named_type(analysis_context&, syntax::type_name const&);
outcome<sql_type> type_from_text(analysis_context&, std::string_view text);
// nullptr: no type of that name (no error).
type_row const* lookup_type(analysis_context const&, syntax::qualified_name const&);

outcome<relation_ptr> find_table(analysis_context const&, syntax::table_ref const&);
// null: none; only the errors of a wrong database name.
outcome<relation_ptr> lookup_table(analysis_context const&, syntax::table_ref const&);

outcome<void> check_collation(analysis_context const&, syntax::qualified_name const&, type_oid of,
                              std::int32_t position);

}  // namespace sluice::sql
