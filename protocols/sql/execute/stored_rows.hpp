// Stored rows of a table's key ranges page by page, and as cells for the read engine: straight from
// the stored bytes, without a row in between. Thread rule and lifetime: transaction_reader's.
#pragma once

#include "protocols/sql/execute/session_context.hpp"

namespace sluice::sql {

class stored_pages {
public:
    stored_pages(session_context& session, auth::table_grant const& grant,
                 std::vector<store::row_range> ranges)
        : session_(session), grant_(grant), ranges_(std::move(ranges)) {}

    // Some hundred rows, at most `most`; empty at the end. Whoever calls is on a pool thread.
    sql_result<std::vector<store::stored_row>> next(std::size_t most = rows_per_read);

private:
    static constexpr std::size_t rows_per_read = 512;
    session_context& session_;
    auth::table_grant grant_;
    std::vector<store::row_range> ranges_;
    std::size_t range_ = 0;
    std::unique_ptr<auth::row_cursor> cursor_;
};

std::unique_ptr<cell_stream> make_cell_stream(stored_pages pages, table_shape_ptr shape,
                                              std::vector<std::uint32_t> columns,
                                              statement_run& run);

// What a row of the table takes up in the index, roughly.
std::uint64_t row_bytes_of(table_shape const& shape);

}  // namespace sluice::sql
