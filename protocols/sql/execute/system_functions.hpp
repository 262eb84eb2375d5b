// Functions of pg_catalog whose answer is in the catalog or the server: names and definitions of
// objects, visibility, privileges, comments, sizes. PostgreSQL 15 manual 9.26.
// One per session. Thread rule: the session's, or a pool thread that runs for it.
#pragma once

#include <memory>

#include "protocols/sql/functions/evaluate.hpp"

namespace sluice::sql {

class session_context;

std::unique_ptr<catalog_functions> make_system_functions(session_context& session);

}  // namespace sluice::sql
