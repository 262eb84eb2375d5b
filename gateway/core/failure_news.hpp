// What of the failures that a server meets an operator must hear of, and how often: the server's
// own troubles, each at once and then now and then while it lasts. Plain values; one thread, or the
// owner's lock.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "gateway/core/clock.hpp"
#include "gateway/core/error.hpp"

namespace sluice {

// Damage and devices that failed: a client is told little of it, the log must name what and where.
constexpr bool is_inner_failure(error code) noexcept {
    return code == error::io_failed || code == error::corrupt || code == error::outcome_unknown;
}

// Whether a failure is worth telling again. Keyed by who met it: a closed set of names.
class failure_news {
public:
    static constexpr std::chrono::minutes repeated_after{10};

    bool is_news(std::string_view where, failure const& what, monotonic_time now) {
        auto const [place, is_new] = last_.try_emplace(std::string(where));
        auto& last = place->second;
        auto text = what.describe();
        if (!is_new && last.text == text && now - last.told < repeated_after) return false;
        last = {std::move(text), now};
        return true;
    }

private:
    struct told_failure {
        std::string text;
        monotonic_time told{};
    };
    std::map<std::string, told_failure, std::less<>> last_;
};

}  // namespace sluice
