// COPY FROM STDIN and TO STDOUT of one session: text and csv (PostgreSQL 15 manual, "COPY", file
// formats); binary is refused 0A000.
// Thread rule: the session's executor. Lifetime: the session and the portal outlive the transfer.
#pragma once

#include <memory>

#include "protocols/sql/execute/session_core.hpp"

namespace sluice::sql {

task<sql_result<std::unique_ptr<copy_transfer>>> make_copy_transfer(session_core& core,
                                                                    planned_ptr plan);

}  // namespace sluice::sql
