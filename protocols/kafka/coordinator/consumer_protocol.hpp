// What consumers of the classic protocol put into their groups' opaque bytes
// (ConsumerProtocolSubscription and ConsumerProtocolAssignment, versions 0 to 3): read and written
// here when such a consumer is in a group of the newer protocol. Integers big-endian.
//     subscription: i16 version, [string] topics, bytes user data, v1: [string topic, [i32]] owned,
//                   v2: i32 generation, v3: string rack
//     assignment:   i16 version, [string topic, [i32]] partitions, bytes user data
// Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "gateway/core/result.hpp"

namespace sluice::kafka {

inline constexpr std::string_view consumer_protocol_type = "consumer";

using named_partitions = std::map<std::string, std::set<std::int32_t>>;

struct consumer_subscription {
    std::int16_t version = 0;
    std::set<std::string> topics;
    named_partitions owned;
    std::optional<std::string> rack_id;
};

// malformed. Later versions are read as version 3, as consumers do.
result<consumer_subscription> decode_subscription(std::string_view bytes);
result<named_partitions> decode_assignment(std::string_view bytes);
std::string encode_assignment(named_partitions const& partitions, std::int16_t version);

}  // namespace sluice::kafka
