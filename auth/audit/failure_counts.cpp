#include "auth/audit/failure_counts.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace sluice::auth {

std::string failure_source(std::string_view address) {
    char buffer[INET6_ADDRSTRLEN + 1] = {};
    if (address.empty()) return "local";
    if (address.size() > INET6_ADDRSTRLEN) return "unknown";
    std::memcpy(buffer, address.data(), address.size());
    unsigned char bytes[16];
    if (inet_pton(AF_INET, buffer, bytes) == 1) return std::string(address);
    if (inet_pton(AF_INET6, buffer, bytes) != 1) return "unknown";
    std::fill(bytes + 8, bytes + 16, 0);
    inet_ntop(AF_INET6, bytes, buffer, sizeof buffer);
    return std::string(buffer) + "/64";
}

failure_count& failure_counts::place_for(std::string_view protocol, std::string source,
                                         std::string_view reason, unix_millis now) {
    key wanted{std::string(protocol), std::move(source), std::string(reason)};
    auto found = counts_.find(wanted);
    if (found == counts_.end() && counts_.size() >= sources_) {
        // Protocols and reasons are fixed words, so the "other" rows are few.
        wanted.source = "other";
        found = counts_.find(wanted);
    }
    if (found == counts_.end()) {
        failure_count fresh{wanted.protocol, wanted.source, wanted.reason, now, 0};
        found = counts_.emplace(std::move(wanted), std::move(fresh)).first;
    }
    return found->second;
}

void failure_counts::count(std::string_view protocol, std::string_view address,
                           std::string_view reason, unix_millis now, std::uint64_t times) {
    auto source = failure_source(address);
    std::lock_guard lock(mutex_);
    place_for(protocol, std::move(source), reason, now).count += times;
    total_ += times;
}

std::vector<failure_count> failure_counts::take() {
    std::vector<failure_count> out;
    std::lock_guard lock(mutex_);
    out.reserve(counts_.size());
    for (auto& [key, value] : counts_) out.push_back(std::move(value));
    counts_.clear();
    return out;
}

void failure_counts::give_back(std::vector<failure_count> unwritten) {
    std::lock_guard lock(mutex_);
    for (auto& value : unwritten) {
        auto& place = place_for(value.protocol, value.source, value.reason, value.first);
        place.count += value.count;
        place.first = std::min(place.first, value.first);
    }
}

std::uint64_t failure_counts::total() const {
    std::lock_guard lock(mutex_);
    return total_;
}

}  // namespace sluice::auth
