// An sql_error as the fields of ErrorResponse and NoticeResponse, in PostgreSQL's order (manual,
// "Error and Notice Message Fields"). Empty fields are left out. File, line and routine are not
// sent: there is nothing true to put there. Pure.
#pragma once

#include <string>
#include <string_view>

#include "protocols/sql/sql_error.hpp"

namespace sluice::postgres {

// `severity`: "ERROR", "FATAL", "NOTICE", "WARNING", ...; sent both as S and as V, since nothing is
// translated. `offset`: characters of the query string before the statement that positions count
// in.
void append_error(std::string& out, std::string_view severity, sql::sql_error const& what,
                  std::int32_t offset = 0);
void append_notice(std::string& out, std::string_view severity, sql::sql_error const& what,
                   std::int32_t offset = 0);

}  // namespace sluice::postgres
