// Rows of relations that are no tables: the catalog, topics, buckets, the audit log.
//
// foreign_sources is one statement's view of topics and buckets: opened once each, decided and
// counted by the guard, so that a statement that names one twice sees the same of it.
#pragma once

#include <map>
#include <memory>

#include "protocols/sql/execute/column_ranges.hpp"
#include "protocols/sql/execute/log_records.hpp"

namespace sluice::sql {

class foreign_sources {
public:
    explicit foreign_sources(session_context& session) : session_(session) {}

    // For topics, buckets and the audit log, on the session's executor. 42501, 42P01; 0A000 for a
    // topic that the transaction has records for, which are nowhere before it commits.
    task<sql_result<void>> permit(relation_ptr relation);

    // permit() was called. On a pool thread while the session waits.
    sql_result<std::unique_ptr<box_stream>> open(relation_ptr const& relation,
                                                 range_entry const& entry,
                                                 entry_conditions const& of);

private:
    task<sql_result<void>> permit_log(relation_ptr relation);

    session_context& session_;
    std::map<object_oid, std::shared_ptr<log_at_statement>> logs_;  // shared with their readers
    std::shared_ptr<auth::statement_objects> objects_;
};

// Relations of pg_catalog.
sql_result<std::unique_ptr<box_stream>> open_catalog_rows(session_context& session,
                                                          relation_ptr const& relation);

}  // namespace sluice::sql
