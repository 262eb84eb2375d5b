#include "gateway/core/clock.hpp"

namespace sluice {
namespace {

class machine_clock final : public wall_clock {
public:
    unix_millis now() const override {
        return unix_millis{std::chrono::duration_cast<std::chrono::milliseconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count()};
    }
    monotonic_time monotonic() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace

wall_clock const& system_wall_clock() noexcept {
    static machine_clock const clock;
    return clock;
}

}  // namespace sluice
