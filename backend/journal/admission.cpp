#include "backend/journal/admission.hpp"

#include <algorithm>
#include <chrono>

namespace sluice::journal {
namespace {

constexpr std::chrono::nanoseconds pressure_interval = std::chrono::milliseconds(5);

// What waits in the queue was admitted and must find room in the reserve, however small the
// segments are.
std::uint64_t limit_of_queue(store_context const& context) {
    auto const reserve =
        std::uint64_t{context.segment_bytes} * std::max(context.options.reserved_segments, 2u);
    return std::min(context.options.queued_bytes, reserve / 2);
}

}  // namespace

admission::admission(store_context const& context, segment_registry const& segments) noexcept
    : context_(context),
      segments_(segments),
      queue_limit_(limit_of_queue(context)) {}

bool admission::has_space(admission_class work) const noexcept {
    auto const spare = segments_.can_be_made_ready();
    if (work == admission_class::freeing) return spare >= 1;  // one is left for the next start
    return spare >= std::max(context_.options.reserved_segments, 1u);
}

bool admission::fits(std::uint64_t queued, std::uint64_t more) const noexcept {
    auto const open = 1.0 - pressure();
    if (open <= 0.0) return false;
    return queued == 0 ||
           queued + more <= static_cast<std::uint64_t>(static_cast<double>(queue_limit_) * open);
}

void admission::refresh_pressure() {
    auto const now = context_.clock.monotonic().time_since_epoch().count();
    auto asked = asked_at_.load(std::memory_order_relaxed);
    if (now - asked < pressure_interval.count()) return;
    if (!asked_at_.compare_exchange_strong(asked, now, std::memory_order_relaxed)) return;
    auto const seen = context_.index.statistics();
    pressure_.store(seen.write_stopped ? 1.0 : std::clamp(seen.write_pressure, 0.0, 1.0),
                    std::memory_order_relaxed);
}

}  // namespace sluice::journal
