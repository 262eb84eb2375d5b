// How much may be under way: queued bytes, shrunk while the index asks for fewer writes, and
// classes of work on a full device. Only numbers; the ordering keeps the queues. Thread rule: any
// thread.
#pragma once

#include <atomic>
#include <cstdint>

#include "backend/journal/segment_registry.hpp"
#include "backend/journal/store_context.hpp"

namespace sluice::journal {

class admission {
public:
    admission(store_context const&, segment_registry const&) noexcept;

    // False: the device is too full for this class of work.
    bool has_space(admission_class) const noexcept;
    // Whether `more` bytes fit beside `queued`; one piece of work always fits into an empty queue,
    // unless the index has stopped writes altogether.
    bool fits(std::uint64_t queued, std::uint64_t more) const noexcept;
    // Asks the index for its write pressure, at most every few milliseconds.
    void refresh_pressure();
    double pressure() const noexcept { return pressure_.load(std::memory_order_relaxed); }

private:
    store_context const& context_;
    segment_registry const& segments_;
    std::uint64_t const queue_limit_;
    std::atomic<double> pressure_{0.0};
    std::atomic<std::int64_t> asked_at_{0};
};

}  // namespace sluice::journal
