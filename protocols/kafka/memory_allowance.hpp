// What large requests and answers of all connections may hold together. A share is one connection's
// part of it and gives back what it took when it dies. Any thread; the allowance outlives its
// shares.
#pragma once

#include <atomic>
#include <cstddef>

namespace sluice::kafka {

class memory_allowance {
public:
    explicit memory_allowance(std::size_t bytes) noexcept : left_(bytes) {}
    memory_allowance(memory_allowance const&) = delete;
    memory_allowance& operator=(memory_allowance const&) = delete;

    bool take(std::size_t bytes) noexcept {
        auto left = left_.load(std::memory_order_relaxed);
        while (left >= bytes)
            if (left_.compare_exchange_weak(left, left - bytes, std::memory_order_relaxed))
                return true;
        return false;
    }
    void give(std::size_t bytes) noexcept { left_.fetch_add(bytes, std::memory_order_relaxed); }

private:
    std::atomic<std::size_t> left_;
};

class memory_share {
public:
    explicit memory_share(memory_allowance& of) noexcept : of_(of) {}
    memory_share(memory_share const&) = delete;
    memory_share& operator=(memory_share const&) = delete;
    ~memory_share() { of_.give(held_); }

    // Grows or shrinks to `bytes`; false: there is not that much left, nothing changed.
    [[nodiscard]] bool resize(std::size_t bytes) noexcept {
        if (bytes > held_ && !of_.take(bytes - held_)) return false;
        if (bytes < held_) of_.give(held_ - bytes);
        held_ = bytes;
        return true;
    }

private:
    memory_allowance& of_;
    std::size_t held_ = 0;
};

}  // namespace sluice::kafka
