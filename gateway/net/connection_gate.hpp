// How many connections one port may have, in total and from one source, before anybody proved who he
// is. admit() answers with a ticket or says which limit is reached; the ticket gives the place back when it
// dies. A source is an IPv4 address or an IPv6 /64: that is what one customer usually gets.
//
// Thread rule: any thread. Lifetime: the gate outlives its tickets.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include "gateway/core/result.hpp"

namespace sluice::gateway {

struct connection_gate_options {
    std::size_t connections = 20000;             // limits.connections
    std::size_t connections_per_source = 12000;  // limits.connections_per_source
};

class connection_gate {
public:
    using source = std::array<unsigned char, 16>;

    class ticket {
    public:
        ticket() noexcept = default;
        ticket(connection_gate& from, source const& who) noexcept : gate_(&from), source_(who) {}
        ticket(ticket&& other) noexcept
            : gate_(std::exchange(other.gate_, nullptr)), source_(other.source_) {}
        ticket& operator=(ticket&& other) noexcept {
            std::swap(gate_, other.gate_);
            std::swap(source_, other.source_);
            return *this;
        }
        ~ticket() {
            if (gate_) gate_->release(source_);
        }

    private:
        connection_gate* gate_ = nullptr;
        source source_{};
    };

    explicit connection_gate(connection_gate_options const& options) : options_(options) {}

    // overloaded: the text says which limit.
    result<ticket> admit(boost::asio::ip::address const& peer);

    std::size_t open() const noexcept { return open_.load(std::memory_order_relaxed); }
    std::uint64_t admitted() const noexcept { return admitted_.load(std::memory_order_relaxed); }
    std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }

    // Called after each release, on the releasing thread, until replaced. Set before the first admit.
    void on_release(std::function<void()> wake) { on_release_ = std::move(wake); }

    static source source_of(boost::asio::ip::address const& peer) noexcept;

private:
    void release(source const& who) noexcept;

    connection_gate_options options_;
    std::mutex mutex_;
    std::map<source, std::size_t> per_source_;  // at most options_.connections entries
    std::atomic<std::size_t> open_ = 0;
    std::atomic<std::uint64_t> admitted_ = 0, refused_ = 0;
    std::function<void()> on_release_;
};

}  // namespace sluice::gateway
