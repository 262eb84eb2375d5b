// Memory that many share. An allowance is what all of them may hold together; a share is one holder's
// part of it; an account counts small amounts against a bound of its own and takes its share in steps.
// Shares and accounts give back what they took when they die.
//
// Thread rule: the allowance any thread; a share and an account one. The allowance outlives both.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <utility>

#include "gateway/core/bytes.hpp"

namespace sluice {

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
    std::size_t left() const noexcept { return left_.load(std::memory_order_relaxed); }

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

class memory_account {
public:
    // Less than a step costs the allowance nothing.
    static constexpr std::size_t step = 256 * kibibyte;

    // `shared` null: only the bound of its own.
    memory_account(std::size_t most, memory_allowance* shared) noexcept
        : most_(most), shared_(shared) {}
    memory_account(memory_account const&) = delete;
    memory_account& operator=(memory_account const&) = delete;
    ~memory_account() {
        if (taken_ > 0) shared_->give(taken_);
    }

    // Counted in any case; false: more than there may be.
    [[nodiscard]] bool add(std::size_t bytes) noexcept {
        held_ += bytes;
        if (held_ > most_) return false;
        if (shared_ == nullptr || held_ < taken_ + step) return true;
        auto const wanted = held_ - held_ % step;
        if (!shared_->take(wanted - taken_)) return false;
        taken_ = wanted;
        return true;
    }
    void drop(std::size_t bytes) noexcept {
        held_ -= std::min(bytes, held_);
        auto const wanted = held_ - held_ % step;
        if (taken_ < wanted + 2 * step) return;
        shared_->give(taken_ - wanted);
        taken_ = wanted;
    }
    bool has_room(std::size_t bytes) const noexcept {
        return held_ <= most_ && bytes <= most_ - held_;
    }
    std::size_t most() const noexcept { return most_; }

private:
    std::size_t const most_;
    memory_allowance* const shared_;
    std::size_t held_ = 0;
    std::size_t taken_ = 0;  // of the allowance
};

}  // namespace sluice
