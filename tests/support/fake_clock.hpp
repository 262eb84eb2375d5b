// A clock whose hands the test turns. Both clocks advance together; the wall clock can also be set on its
// own, as an operator or NTP would, in either direction. Thread-safe.
#pragma once

#include <chrono>
#include <mutex>

#include "gateway/core/clock.hpp"

namespace sluice::test {

class fake_clock final : public wall_clock {
public:
    // 2026-01-01T00:00:00Z; monotonic time starts one hour after its epoch.
    static constexpr unix_millis start{1767225600000};

    explicit fake_clock(unix_millis now = start) noexcept;

    unix_millis now() const override;
    monotonic_time monotonic() const override;

    void advance(std::chrono::nanoseconds by);  // by >= 0
    void set_wall(unix_millis now);             // monotonic time stays

private:
    mutable std::mutex mutex_;
    std::chrono::nanoseconds wall_;
    monotonic_time monotonic_{std::chrono::hours{1}};
};

}  // namespace sluice::test
