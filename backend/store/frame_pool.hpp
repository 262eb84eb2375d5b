// The bulk frames of all writers: at most `frames_max` exist, reused, so that streams of any size
// and number use bounded memory. Who finds none waits, first come, first served, and may give up.
// Beside them, the memory that whole frames are read into.
//
// Thread rule: any thread. Lifetime: outlives the frames; the journal gives back what is in flight
// before it stops.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "backend/journal/journal.hpp"
#include "backend/store/read_buffers.hpp"
#include "backend/store/store_metrics.hpp"

namespace sluice::store {

class frame_pool {
public:
    using frame = std::unique_ptr<journal::bulk_frame>;

    // `read_bytes_max`: of the buffers for reading that are out, before they become scarce.
    frame_pool(std::size_t frames_max, std::size_t frames_kept, std::size_t read_bytes_max,
               store_metrics&);
    ~frame_pool();

    // Null when none is free.
    frame try_take();
    // `done` runs inside the call, or on the thread that gives a frame back. The number names the
    // wait; 0: there is none.
    std::uint64_t take(std::function<void(frame)> done);
    // Ends a wait that goes on: its `done` gets null, inside the call.
    void give_up(std::uint64_t wait);
    void give_back(frame);
    bool has_waiters() const;

    read_buffers& for_reading() noexcept { return for_reading_; }

private:
    frame take_locked();
    void count_use(std::size_t in_use) noexcept;

    std::size_t const frames_max_;
    std::size_t const frames_kept_;        // idle ones that keep their memory
    store_metrics& metrics_;
    struct waiter {
        std::uint64_t number;
        std::function<void(frame)> done;
    };
    mutable std::mutex mutex_;
    std::vector<frame> idle_;
    std::size_t in_use_ = 0;
    std::uint64_t last_wait_ = 0;
    std::deque<waiter> waiting_;           // oldest first
    read_buffers for_reading_;
};

}  // namespace sluice::store
