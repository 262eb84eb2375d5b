// One query under execution, as the engine's callbacks see it: the sources and functions its text
// names, whether it shall end, and the failures that its callbacks ended it with. A callback throws
// a token; the token in the engine's error message leads back to the exact failure.
//
// Thread rule: cancel() and interruption() from any thread, the rest on the thread that runs the
// query. Lives until the engine has given up everything of the query.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/query/plan_printer.hpp"
#include "gateway/core/clock.hpp"

namespace sluice::query {

class execution {
public:
    execution(printed_plan plan, std::vector<value_type> columns,
              std::optional<monotonic_time> deadline, wall_clock const& clock)
        : plan_(std::move(plan)), columns_(std::move(columns)), deadline_(deadline),
          clock_(clock) {}

    printed_plan const& plan() const { return plan_; }
    std::vector<value_type> const& columns() const { return columns_; }
    std::optional<monotonic_time> deadline() const { return deadline_; }

    void cancel() { cancelled_ = true; }
    // cancelled or deadline_exceeded, if it shall end.
    std::optional<failure> interruption() const;

    // Ends the query with this failure. Throws.
    [[noreturn]] void fail(failure what);
    // The failure that a message of the engine stands for.
    std::optional<failure> failed_with(std::string_view message) const;

private:
    printed_plan const plan_;
    std::vector<value_type> const columns_;
    std::optional<monotonic_time> const deadline_;
    wall_clock const& clock_;
    std::atomic<bool> cancelled_ = false;
    mutable std::mutex mutex_;
    std::vector<failure> failures_;
};

// Where the callbacks registered with an instance find the query that it runs now.
struct execution_slot {
    execution* current = nullptr;
};

}  // namespace sluice::query
