// The one frozen state that everybody reads, replaced after each apply, and the ages of those still
// held: a segment is not recycled while a snapshot from before its last move lives. Thread rule:
// publish by the applier; everything else from any thread. A snapshot may outlive the publisher's
// journal only by a bug: the index must still be there when it dies.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "backend/journal/journal.hpp"

namespace sluice::journal {

// Which published snapshots are alive; shared by the publisher and the deleters of its snapshots.
class snapshot_ages {
public:
    struct view {
        std::uint64_t alive = 0;
        lsn oldest{};
        monotonic_time oldest_time{};
        std::uint64_t older_than_limit = 0;
    };
    std::uint64_t enter(lsn at, monotonic_time when);
    void leave(std::uint64_t number) noexcept;
    // The LSN of the oldest one alive; the newest entered when none is.
    lsn oldest() const;
    view look(monotonic_time limit) const;

private:
    struct entry {
        lsn at{};
        monotonic_time when{};
    };
    mutable std::mutex mutex_;
    std::map<std::uint64_t, entry> alive_;  // by number, which is their order
    std::uint64_t last_number_ = 0;
    lsn newest_{};
};

class publisher {
public:
    explicit publisher(wall_clock const& clock)
        : clock_(clock),
          ages_(std::make_shared<snapshot_ages>()) {}

    void publish(std::shared_ptr<kv::snapshot const> index, lsn at);
    std::shared_ptr<published_snapshot const> current() const;
    snapshot_ages const& ages() const noexcept { return *ages_; }

private:
    wall_clock const& clock_;
    std::shared_ptr<snapshot_ages> ages_;  // shared with snapshots that readers still hold
    mutable std::mutex mutex_;
    std::shared_ptr<published_snapshot const> current_;
};

}  // namespace sluice::journal
