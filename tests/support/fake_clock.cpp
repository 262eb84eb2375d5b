#include "tests/support/fake_clock.hpp"

#include "gateway/core/assert.hpp"
#include "gateway/core/ids.hpp"

namespace sluice::test {

fake_clock::fake_clock(unix_millis now) noexcept : wall_(std::chrono::milliseconds{to_underlying(now)}) {}

unix_millis fake_clock::now() const {
    std::scoped_lock const lock{mutex_};
    return unix_millis{std::chrono::floor<std::chrono::milliseconds>(wall_).count()};
}

monotonic_time fake_clock::monotonic() const {
    std::scoped_lock const lock{mutex_};
    return monotonic_;
}

void fake_clock::advance(std::chrono::nanoseconds by) {
    SLUICE_ASSERT(by.count() >= 0);
    std::scoped_lock const lock{mutex_};
    wall_ += by;
    monotonic_ += std::chrono::duration_cast<monotonic_time::duration>(by);
}

void fake_clock::set_wall(unix_millis now) {
    std::scoped_lock const lock{mutex_};
    wall_ = std::chrono::milliseconds{to_underlying(now)};
}

}  // namespace sluice::test
