// Rows of a query with FOR UPDATE or FOR SHARE that stands inside another statement (a job queue's
// UPDATE ... WHERE id = (SELECT ... FOR UPDATE SKIP LOCKED LIMIT 1)): locked as they are asked for.
// Only SKIP LOCKED and NOWAIT: it runs on a pool thread, which must not wait for other
// transactions; 0A000 otherwise. Thread rule and lifetime: as open_query.
#pragma once

#include "protocols/sql/execute/query_rows.hpp"

namespace sluice::sql {

sql_result<result_rows_ptr> open_locked_rows(query const& body, frame const* outer,
                                             statement_run& run);

}  // namespace sluice::sql
