// What the coordinator knows of one transactional id. Of transaction_coordinator*.cpp only.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "protocols/kafka/coordinator/transaction_coordinator.hpp"

namespace sluice::kafka {

inline constexpr std::size_t offset_overhead = 128;  // of an offset in the commit that ends its transaction

inline std::size_t bytes_of(store::transaction_offset const& one) {
    return offset_overhead + 2 * one.group.size() + one.offset.metadata.size();
}

struct transaction_coordinator::entry {
    explicit entry(std::string id) : name(std::move(id)) {}

    std::string const name;
    mutable std::mutex mutex;  // of everything below
    transaction_facts facts;
    // One commit of the id's own record at a time. `ending`: it is the end of the transaction, so that
    // nothing joins it any more.
    bool busy = false;
    bool ending = false;
    std::size_t saving = 0;    // offsets on their way into the transaction
    bool is_gone = false;      // forgotten
    std::uint64_t number = 0;  // of the open transaction, or the last one
    std::shared_ptr<store::transaction_gate> gate =  // shared with appends under way
        std::make_shared<store::transaction_gate>();
    std::vector<store::transaction_offset> offsets;
    std::size_t offset_bytes = 0;

    bool is_ongoing() const noexcept { return facts.state == transaction_state::ongoing; }
    bool must_wait() const noexcept { return busy || saving > 0 || is_gone; }
    void release() noexcept { busy = ending = false; }
};

}  // namespace sluice::kafka
