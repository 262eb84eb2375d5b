#include "backend/store/table_state.hpp"

#include "backend/store/engine.hpp"

namespace sluice::store {

table_state::table_state(engine& store)
    : bytes_most_(store.limits().all_transactions_bytes),
      snapshots_(store.journal()),
      sequences_(std::make_shared<table_sequences>(store)),
      eraser_(store, snapshots_) {}

bool table_state::take_bytes(std::size_t more) noexcept {
    auto const before = bytes_.fetch_add(more, std::memory_order_relaxed);
    if (before + more <= bytes_most_) return true;
    bytes_.fetch_sub(more, std::memory_order_relaxed);
    return false;
}

}  // namespace sluice::store
