// The published snapshots that statements read. A statement may stay open for long (a cursor of an
// idle client), and a snapshot keeps segments from being recycled: one that is older than the
// journal's maximum_snapshot_age is taken away from its holder, whose next read answers conflict.
//
// Thread rule: any thread. Lifetime: the journal and the table_snapshots outlive the holders.
#pragma once

#include <list>
#include <memory>
#include <mutex>

#include "backend/journal/journal.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

class table_snapshots;

// Shared by a transaction and its cursors.
class held_snapshot {
public:
    held_snapshot(table_snapshots&, std::shared_ptr<journal::published_snapshot const>);
    ~held_snapshot();
    held_snapshot(held_snapshot const&) = delete;

    // conflict: it became too old. Hold what it gives for the length of one read.
    result<std::shared_ptr<journal::published_snapshot const>> get() const;
    lsn at() const noexcept { return at_; }

private:
    friend class table_snapshots;
    table_snapshots& all_;
    lsn const at_;
    mutable std::mutex mutex_;
    std::shared_ptr<journal::published_snapshot const> snapshot_;
    std::list<held_snapshot*>::iterator place_;
};

class table_snapshots {
public:
    explicit table_snapshots(journal::journal& journal) : journal_(journal) {}

    // The newest published state. `before`, if it still is that, is given again.
    std::shared_ptr<held_snapshot> take(std::shared_ptr<held_snapshot> const& before);
    // Takes snapshots that are over age away; how many.
    std::size_t expire();

private:
    friend class held_snapshot;
    journal::journal& journal_;
    std::mutex mutex_;                 // before a held_snapshot's
    std::list<held_snapshot*> held_;   // about in the order of their ages
};

}  // namespace sluice::store
