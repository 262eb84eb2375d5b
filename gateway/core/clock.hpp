// Time as a dependency: nothing outside clock.cpp reads the system's clocks, so tests turn the hands.
// Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>

namespace sluice {

// Milliseconds since 1970-01-01 UTC: what records store.
enum class unix_millis : std::int64_t {};
using monotonic_time = std::chrono::steady_clock::time_point;

class wall_clock {
public:
    virtual ~wall_clock() = default;
    virtual unix_millis now() const = 0;
    virtual monotonic_time monotonic() const = 0;
};

// The machine's clocks; lives for the whole process.
wall_clock const& system_wall_clock() noexcept;

}  // namespace sluice
