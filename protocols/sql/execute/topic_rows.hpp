// topics."name" and audit.events as rows: records as the statement sees them, between the offsets
// and times that its conditions allow. Thread rule and lifetime: as log_records.
#pragma once

#include "protocols/sql/execute/column_ranges.hpp"
#include "protocols/sql/execute/log_records.hpp"

namespace sluice::sql {

sql_result<std::unique_ptr<box_stream>> open_topic_rows(session_context& session,
                                                        std::shared_ptr<log_at_statement> log,
                                                        relation_ptr const& topic,
                                                        std::vector<bool> const& read,
                                                        entry_conditions const& of);
sql_result<std::unique_ptr<box_stream>> open_audit_rows(session_context& session,
                                                        std::shared_ptr<log_at_statement> log,
                                                        std::vector<bool> const& read,
                                                        entry_conditions const& of);

}  // namespace sluice::sql
