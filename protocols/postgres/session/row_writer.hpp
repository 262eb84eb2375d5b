// Rows and their description as messages: the session's output functions write straight into the
// output buffer. Thread rule: the session's.
#pragma once

#include <string>
#include <vector>

#include "protocols/postgres/wire/messages.hpp"
#include "protocols/sql/sql_session.hpp"

namespace sluice::postgres {

// `formats`: one for each column, or empty: text.
void append_row_description(std::string& out, std::vector<sql::result_column> const& columns,
                            std::vector<std::int16_t> const& formats, sql::sql_session& session);
// 54000 for a row that is longer than `most` bytes: nothing of it is left in `out`.
sql::sql_result<void> append_row(std::string& out, std::vector<sql::result_column> const& columns,
                                 std::vector<std::int16_t> const& formats,
                                 std::vector<sql::datum> const& row, sql::sql_session& session,
                                 std::size_t most = message_bytes_max);

}  // namespace sluice::postgres
