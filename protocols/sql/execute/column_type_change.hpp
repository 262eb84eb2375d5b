// ALTER TABLE ... ALTER COLUMN ... TYPE: only the definition changes where stored values are the new
// type's already, otherwise every row is written again. Thread rule and lifetime: as session_core.
#pragma once

#include "protocols/sql/execute/session_core.hpp"

namespace sluice::sql {

task<sql_result<void>> change_column_type(session_core& core, catalog_builder& builder,
                                          object_oid table,
                                          utility::alter_table::action const& what);

}  // namespace sluice::sql
