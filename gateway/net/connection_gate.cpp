#include "gateway/net/connection_gate.hpp"

#include <algorithm>

#include "gateway/core/assert.hpp"

namespace sluice::gateway {

connection_gate::source connection_gate::source_of(boost::asio::ip::address const& peer) noexcept {
    source out{};
    if (peer.is_v4()) {
        auto const bytes = boost::asio::ip::make_address_v6(boost::asio::ip::v4_mapped, peer.to_v4()).to_bytes();
        std::copy(bytes.begin(), bytes.end(), out.begin());
        return out;
    }
    auto const bytes = peer.to_v6().to_bytes();
    constexpr std::size_t prefix_bytes = 8;
    auto const taken = peer.to_v6().is_v4_mapped() ? bytes.size() : prefix_bytes;
    std::copy_n(bytes.begin(), taken, out.begin());
    return out;
}

result<connection_gate::ticket> connection_gate::admit(boost::asio::ip::address const& peer) {
    auto const who = source_of(peer);
    std::lock_guard const lock(mutex_);
    if (open_.load(std::memory_order_relaxed) >= options_.connections) {
        refused_.fetch_add(1, std::memory_order_relaxed);
        return failure{error::overloaded, "limits.connections reached"};
    }
    auto& held = per_source_[who];
    if (held >= options_.connections_per_source) {
        refused_.fetch_add(1, std::memory_order_relaxed);
        return failure{error::overloaded, "limits.connections_per_source reached"};
    }
    ++held;
    open_.fetch_add(1, std::memory_order_relaxed);
    admitted_.fetch_add(1, std::memory_order_relaxed);
    return ticket(*this, who);
}

void connection_gate::release(source const& who) noexcept {
    {
        std::lock_guard const lock(mutex_);
        auto const entry = per_source_.find(who);
        SLUICE_ASSERT(entry != per_source_.end() && entry->second > 0);
        if (--entry->second == 0) per_source_.erase(entry);
        open_.fetch_sub(1, std::memory_order_relaxed);
    }
    if (on_release_) on_release_();
}

}  // namespace sluice::gateway
