// Rows of relations that are no tables: the catalog, topics, buckets, the audit log.
// Called on a pool thread while the session waits.
#pragma once

#include <memory>

#include "protocols/sql/execute/session_context.hpp"

namespace sluice::sql {

sql_result<std::unique_ptr<box_stream>> open_foreign_rows(
    session_context& session, relation_ptr const& relation, range_entry const& entry,
    std::vector<expression_ptr> const& conditions, statement_run& run);

}  // namespace sluice::sql
