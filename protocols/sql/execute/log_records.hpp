// The records of a topic between given offsets, partition by partition in order, decoded one batch
// at a time: holds one answer of the log and one batch's records, however long the topic is.
// Records that retention erases before they are read are left out, and those of transactions that
// were aborted.
//
// Thread rule: a pool thread while the session's coroutine waits (block_on). Lifetime: the session
// outlives it.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "auth/guard/guarded_tables.hpp"
#include "backend/store/model/log_batch.hpp"
#include "protocols/sql/execute/session_context.hpp"

namespace sluice::sql {

using log_at_statement = auth::table_transaction::log_at_statement;

struct record_range {
    partition_index partition{};
    log_offset first{}, end{};
};

class log_records {
public:
    struct options {
        // False: offsets are all that is asked for, batches stay packed.
        bool content = true;
        // Batches whose records are all older are passed over.
        std::int64_t oldest = std::numeric_limits<std::int64_t>::min();
    };
    // `log`: shared with the statement.
    log_records(session_context& session, std::shared_ptr<log_at_statement> log,
                std::vector<record_range> ranges, options how)
        : session_(session), log_(std::move(log)), ranges_(std::move(ranges)), how_(how) {}

    // Moves to the next record. False: the end. 57014, 42P01 when the topic is dropped meanwhile,
    // XX001.
    sql_result<bool> next();

    partition_index partition() const noexcept { return ranges_[range_].partition; }
    store::log_record const& record() const noexcept { return record_; }
    bool has_append_time() const noexcept { return append_time_; }

private:
    sql_result<bool> next_of_batch();
    sql_result<bool> next_batch();
    // Follows the transactions: whether the batch's was aborted.
    bool is_aborted(store::log_batch_header const& header);
    // False: this range is at its end.
    sql_result<bool> read_more(record_range& range);

    session_context& session_;
    std::shared_ptr<log_at_statement> log_;
    std::vector<record_range> ranges_;
    options const how_;
    std::size_t range_ = 0;
    std::string batches_;
    std::size_t batch_at_ = 0;
    std::vector<store::aborted_transaction> aborted_;  // that begin behind the batch at hand
    std::set<std::int64_t> aborting_;  // producers whose records here were aborted
    std::optional<store::log_batch_reader> unpacked_;
    std::int64_t first_ = 0, last_ = -1;  // offsets that are wanted of the batch
    store::log_record record_;
    bool append_time_ = false, packed_ = true;
};

// The error of a verb on a topic or bucket, as the statement that reads it answers.
sql_error foreign_error(session_context& session, failure const& what, std::string const& name);

}  // namespace sluice::sql
