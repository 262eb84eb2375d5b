// Turns of one class of work: how many queries run, how much memory they may use together, and the
// idle instances that the next ones take over.
//
// Thread rule: any thread. Lifetime: outlives every turn it gave.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "backend/query/engine.hpp"
#include "backend/query/engine_instance.hpp"
#include "backend/query/execution.hpp"

namespace sluice::query {

class admission {
public:
    admission(class_options options, std::string spill_folder, wall_clock const& clock)
        : options_(options), spill_folder_(std::move(spill_folder)), clock_(clock) {}

    class_options const& options() const { return options_; }

    // An instance for a query of that much memory. Waits; ends with the query's interruption,
    // overloaded when too many wait.
    result<std::unique_ptr<engine_instance>> enter(execution const& query, std::uint64_t bytes,
                                                   blocking_token);
    void leave(std::unique_ptr<engine_instance> instance, std::uint64_t bytes);
    // Makes those who wait look at their interruption again.
    void wake();

private:
    bool has_room(std::uint64_t bytes) const;
    result<std::unique_ptr<engine_instance>> take();

    class_options const options_;
    std::string const spill_folder_;
    wall_clock const& clock_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::unique_ptr<engine_instance>> idle_;
    std::size_t running_ = 0, waiting_ = 0;
    std::uint64_t memory_used_ = 0;
};

}  // namespace sluice::query
