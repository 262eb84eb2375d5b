// A row by its primary key without waiting: the statement that applications send most. Decision,
// count for the audit log, snapshot and isolation are the same as on the general way; only what
// would have to wait (the device, a full audit log, a denial to record) is left to it.
// Thread rule: the session's executor.
#pragma once

#include <optional>

#include "protocols/sql/execute/planned_statement.hpp"

namespace sluice::sql {

std::optional<point_plan> point_plan_of(query const& body, table_shape const& shape,
                                        std::uint32_t self,
                                        std::vector<expression_ptr> const& conditions,
                                        catalog_snapshot const& catalog);

// No row or one. nullopt: the general way has to be taken.
std::optional<sql_result<std::vector<sql_row>>> select_point(session_context& session,
                                                             planned_statement const& plan,
                                                             std::vector<datum> const& parameters);

}  // namespace sluice::sql
