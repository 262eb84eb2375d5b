// What all parts of one open journal share, and whether it still accepts writes.
// Thread rule: any thread. Lifetime: made by the engine before its parts, destroyed after them.
#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include "backend/journal/frame.hpp"
#include "backend/journal/journal.hpp"
#include "backend/journal/segment_header.hpp"

namespace sluice::journal {

struct store_context {
    store_context(flash::device& device, kv::index& index, journal_options const& options,
                  wall_clock const& clock, random_source& random, store_identity const& store,
                  std::uint32_t segment_bytes)
        : device(device),
          index(index),
          options(options),
          clock(clock),
          random(random),
          store(store),
          segment_bytes(segment_bytes),
          seeds(store, !options.bugs.drop_incarnation) {}

    flash::device& device;
    kv::index& index;
    journal_options options;
    wall_clock const& clock;
    random_source& random;
    store_identity const store;
    std::uint32_t const segment_bytes;
    frame_seeds const seeds;

    // After the first failed write or apply: nothing more is written, restart recovers.
    std::atomic<bool> read_only{false};
    // Every frame of the commit lane up to it is on flash.
    std::atomic<lsn> durable{lsn{}};

    // What of it a frame on flash states itself, and how many durable marks are there.
    std::atomic<lsn> marked{lsn{}};
    std::atomic<std::uint64_t> marks{0};

    // The first failure is kept for the answers, and told.
    void become_read_only(failure const& why) {
        {
            std::lock_guard lock(mutex_);
            if (read_only.exchange(true)) return;
            why_ = why.describe();
        }
        if (options.on_read_only) options.on_read_only(why);
    }
    std::string why_read_only() const {
        std::lock_guard lock(mutex_);
        return why_;
    }
    failure read_only_failure() const {
        std::lock_guard lock(mutex_);
        return {error::read_only, "the store is read-only since: " + why_};
    }
    failure unknown_outcome() const {
        std::lock_guard lock(mutex_);
        return {error::outcome_unknown, why_};
    }
    std::size_t frames_capacity() const noexcept { return segment_bytes - first_frame_offset; }

private:
    mutable std::mutex mutex_;
    std::string why_;
};

}  // namespace sluice::journal
