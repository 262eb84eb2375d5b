#include "backend/query/admission.hpp"

#include <chrono>

namespace sluice::query {
namespace {

// A deadline by a clock that a test turns is looked at this often.
constexpr std::chrono::milliseconds look_again{20};

}  // namespace

bool admission::has_room(std::uint64_t bytes) const {
    return running_ < options_.running_max && memory_used_ + bytes <= options_.memory_bytes;
}

result<std::unique_ptr<engine_instance>> admission::enter(execution const& query,
                                                          std::uint64_t bytes, blocking_token) {
    {
        std::unique_lock lock{mutex_};
        if (!has_room(bytes)) {
            if (waiting_ >= options_.waiting_max)
                return failure{error::overloaded, "too many queries wait for their turn"};
            ++waiting_;
            std::optional<failure> ended;
            while (!has_room(bytes) && !(ended = query.interruption()))
                changed_.wait_for(lock, look_again);
            --waiting_;
            if (ended) return std::move(*ended);
        }
        ++running_;
        memory_used_ += bytes;
    }
    auto instance = take();
    if (instance.has_error()) leave(nullptr, bytes);
    return instance;
}

result<std::unique_ptr<engine_instance>> admission::take() {
    {
        std::lock_guard const lock{mutex_};
        if (!idle_.empty()) {
            auto instance = std::move(idle_.back());
            idle_.pop_back();
            return instance;
        }
    }
    instance_options how;
    how.memory_bytes = options_.query_memory_bytes;
    how.spill_bytes_max = options_.spill_bytes_max;
    if (options_.spill_bytes_max != 0) how.spill_folder = spill_folder_;
    return engine_instance::make(how);
}

void admission::leave(std::unique_ptr<engine_instance> instance, std::uint64_t bytes) {
    {
        std::lock_guard const lock{mutex_};
        --running_;
        memory_used_ -= bytes;
        if (instance && !instance->is_broken()) idle_.push_back(std::move(instance));
    }
    changed_.notify_all();
}

void admission::wake() {
    { std::lock_guard const lock{mutex_}; }
    changed_.notify_all();
}

}  // namespace sluice::query
