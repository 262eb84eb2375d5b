// COPY FROM STDIN and TO STDOUT of one session: text, csv and binary (PostgreSQL 15 manual, "COPY",
// file formats).
// Thread rule: the session's executor. Lifetime: the session and the portal outlive the transfer.
#pragma once

#include <memory>

#include "protocols/sql/execute/copy_options.hpp"
#include "protocols/sql/execute/session_core.hpp"

namespace sluice::sql {

task<sql_result<std::unique_ptr<copy_transfer>>> make_copy_transfer(session_core& core,
                                                                    planned_ptr plan);

// Its two directions.
task<sql_result<std::unique_ptr<copy_transfer>>> open_copy_in(session_core& core, planned_ptr plan,
                                                              copy_options options);
task<sql_result<std::unique_ptr<copy_transfer>>> open_copy_out(session_core& core,
                                                               planned_statement const& plan,
                                                               copy_options options);

utility::copy const& copy_statement_of(planned_statement const& plan);
copy_format::kind copy_kind_of(copy_options const& options);
// Numbers of the columns that COPY names, or of all that it takes. 42703, 42701, 42P10.
sql_result<std::vector<std::int16_t>> copied_columns(relation const& table,
                                                     std::vector<std::string> const& names,
                                                     bool writing);
// Which of `columns` an option names. 42703, 42P10.
sql_result<std::vector<bool>> copied_flags(relation const& table,
                                           std::vector<std::int16_t> const& columns,
                                           std::vector<std::string> const& names,
                                           char const* option);

}  // namespace sluice::sql
