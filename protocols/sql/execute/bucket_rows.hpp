// objects."bucket" as rows: the listing of the statement's snapshot, a page at a time, between the
// keys that the conditions allow. An object's content is read only for statements that use the
// column, whole, one object at a time, up to limits.sql_object; a larger one is an error (54000).
//
// Thread rule: a pool thread while the session's coroutine waits (block_on). Lifetime: the session
// outlives it.
#pragma once

#include "auth/guard/statement_objects.hpp"
#include "protocols/sql/execute/column_ranges.hpp"
#include "protocols/sql/execute/session_context.hpp"

namespace sluice::sql {

// `objects`: shared with the statement.
sql_result<std::unique_ptr<box_stream>> open_bucket_rows(
    session_context& session, std::shared_ptr<auth::statement_objects> objects,
    relation_ptr const& bucket, std::vector<bool> const& read, entry_conditions const& of);

}  // namespace sluice::sql
