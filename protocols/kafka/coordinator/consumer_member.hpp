// One member of a consumer group: what it told of itself, where it is on its way to what it should
// read, and the deadlines that its silence would meet. Plain value.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gateway/core/clock.hpp"
#include "protocols/kafka/coordinator/classic_group.hpp"
#include "protocols/kafka/coordinator/topic_directory.hpp"

namespace sluice::kafka {

// KIP-848: nothing to wait for; partitions of its own that it has yet to give back; partitions of
// its target that others have yet to give back.
enum class member_state : std::uint8_t { stable = 0, unrevoked = 1, unreleased = 2 };

// A member that speaks the classic protocol in a consumer group.
struct classic_facts {
    std::chrono::milliseconds session_timeout{};
    std::vector<member_protocol> protocols;  // its subscription is in the first one's metadata
    bool operator==(classic_facts const&) const = default;
};

// What survives a restart.
struct member_facts {
    std::optional<std::string> instance_id, rack_id;
    std::string client_id, client_host;
    std::chrono::milliseconds rebalance_timeout{};
    std::set<std::string> topic_names;
    std::string topic_regex;  // empty: none
    std::string assignor;     // empty: whichever
    std::int32_t epoch = 0;
    std::int32_t previous_epoch = -1;
    member_state state = member_state::stable;
    partition_map assigned;          // what it may read
    partition_map pending_revocation;  // what it owns until it says otherwise
    partition_map target;
    std::optional<classic_facts> classic;
    bool operator==(member_facts const&) const = default;
};

struct consumer_member : member_facts {
    monotonic_time session_end{};
    std::optional<monotonic_time> revoke_end;  // its partitions must be given back by then
    std::optional<monotonic_time> join_end;    // classic: it must have joined again by then
    std::optional<monotonic_time> sync_end;    // classic: it must have asked for its part by then
};

}  // namespace sluice::kafka
