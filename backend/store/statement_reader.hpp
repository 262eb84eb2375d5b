// Topics and objects as one statement of a table_transaction sees them: its snapshot, shared, so
// that it stays the same when the transaction goes on to the next statement. Writes of the
// transaction itself are not in it: records get their offsets, and objects their place, by commits.
//
// Every verb: conflict when the snapshot became too old. Thread rule: any executor, one coroutine
// at a time. Lifetime: the engine outlives it; it counts as a use.
#pragma once

#include <memory>
#include <vector>

#include "backend/store/log_table.hpp"
#include "backend/store/model/log_types.hpp"
#include "backend/store/object_verbs.hpp"
#include "backend/store/table_snapshots.hpp"

namespace sluice::store {

class statement_reader {
public:
    statement_reader(engine& store, std::shared_ptr<void> use,
                     std::shared_ptr<held_snapshot> snapshot)
        : store_(store), use_(std::move(use)), snapshot_(std::move(snapshot)) {}

    // Of each partition: where it starts now, and the end that the snapshot has (never before the
    // start: what retention erased meanwhile is gone). not_found: dropped.
    task<result<std::vector<log_bounds>>> log_ends(topic_handle topic) const;
    // See object_verbs.hpp. open: conflict also when the object was replaced since and its bytes
    // are given up already.
    task<result<list_page>> list_objects(list_objects_request request) const;
    task<result<opened_object>> open_object(open_object_request request) const;

private:
    engine& store_;
    std::shared_ptr<void> use_;
    std::shared_ptr<held_snapshot> snapshot_;   // shared with the transaction and its cursors
};

}  // namespace sluice::store
