// What all transactions of one engine share: the snapshots they hold, the number blocks of
// counters, the bytes they wrote, and the background work that erases dropped tables. Internal to
// backend/store. Thread rule: any thread.
#pragma once

#include <atomic>
#include <cstddef>

#include "backend/store/table_eraser.hpp"
#include "backend/store/table_sequences.hpp"
#include "backend/store/table_snapshots.hpp"

namespace sluice::store {

class table_state {
public:
    explicit table_state(engine&);

    table_snapshots& snapshots() noexcept { return snapshots_; }
    table_sequences& sequences() noexcept { return *sequences_; }
    table_eraser& eraser() noexcept { return eraser_; }

    // False: limits.all_transactions_bytes.
    [[nodiscard]] bool take_bytes(std::size_t more) noexcept;
    void release_bytes(std::size_t fewer) noexcept {
        bytes_.fetch_sub(fewer, std::memory_order_relaxed);
    }
    std::size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

private:
    std::size_t const bytes_most_;
    std::atomic<std::size_t> bytes_{0};
    table_snapshots snapshots_;
    std::shared_ptr<table_sequences> sequences_;   // shared with its commits under way
    table_eraser eraser_;
};

}  // namespace sluice::store
