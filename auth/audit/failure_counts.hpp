// Refused strangers, counted: failed authentications and denied anonymous requests per (protocol,
// source, reason) in a table of fixed size, so that nobody can fill the disk from outside. IPv6
// sources count by /64. When the table is full, further sources are counted together as "other";
// the sum is always exact. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/clock.hpp"

namespace sluice::auth {

struct failure_count {
    std::string protocol;
    std::string source;
    std::string reason;  // a fixed word, never text from the client
    unix_millis first{};
    std::uint64_t count = 0;
};

class failure_counts {
public:
    explicit failure_counts(std::size_t sources) : sources_(sources) {}

    void count(std::string_view protocol, std::string_view address, std::string_view reason,
               unix_millis now, std::uint64_t times = 1);
    std::vector<failure_count> take();
    void give_back(std::vector<failure_count> unwritten);

    std::uint64_t total() const;  // since start

private:
    struct key {
        std::string protocol, source, reason;
        auto operator<=>(key const&) const = default;
    };
    failure_count& place_for(std::string_view protocol, std::string source, std::string_view reason,
                             unix_millis now);

    std::size_t const sources_;
    mutable std::mutex mutex_;
    std::map<key, failure_count> counts_;
    std::uint64_t total_ = 0;
};

// The source that an address counts as: itself, or its /64.
std::string failure_source(std::string_view address);

}  // namespace sluice::auth
