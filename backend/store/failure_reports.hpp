// Where the store's parts leave damage and failures that no caller hears of: background work, the
// scrubber, the moment the store turns read-only. Told to engine_options.on_failure, the same again
// only now and then. Thread rule: any thread. Lifetime: the clock outlives it.
#pragma once

#include <functional>
#include <mutex>
#include <string_view>

#include "gateway/core/failure_news.hpp"

namespace sluice::store {

class failure_reports {
public:
    using hook = std::function<void(std::string_view where, failure const& what)>;

    failure_reports(hook told, wall_clock const& clock) : told_(std::move(told)), clock_(clock) {}

    // `where`: the part that met it, a literal. What a stop or a read-only store brings about is no
    // news.
    void tell(std::string_view where, failure const& what) {
        if (!told_ || what.code == error::cancelled || what.code == error::read_only) return;
        {
            std::scoped_lock guard(mutex_);
            if (!news_.is_news(where, what, clock_.monotonic())) return;
        }
        told_(where, what);
    }

private:
    hook const told_;
    wall_clock const& clock_;
    std::mutex mutex_;
    failure_news news_;
};

}  // namespace sluice::store
