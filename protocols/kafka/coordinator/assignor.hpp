// The server's assignors of KIP-848: who reads which partitions. Complete (each partition of a
// topic that somebody subscribed to has one reader), balanced, and sticky (a member keeps what it
// had unless balance forbids). Racks do not matter: there is one node. Pure.
//
//     uniform   no member has two more than another that could read one of them
//     range     the same for each topic by itself; topics with the same readers and as many
//               partitions are split alike, so that joins find both sides at one member
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "protocols/kafka/coordinator/topic_directory.hpp"

namespace sluice::kafka {

struct assignor_member {
    std::optional<std::string> instance_id;
    std::set<store::topic_uuid> topics;  // of those in assignor_input::partitions
    partition_map held;                  // its target until now
};
struct assignor_input {
    std::map<std::string, assignor_member> members;
    std::map<store::topic_uuid, std::int32_t> partitions;
};
// By member id; a member without any partition has an empty map.
using group_assignment = std::map<std::string, partition_map>;

group_assignment assign_uniform(assignor_input const& input);
group_assignment assign_range(assignor_input const& input);

struct assignor {
    std::string_view name;
    group_assignment (*assign)(assignor_input const&);
};
// The first is what members get that name none (group.consumer.assignors).
inline constexpr std::array assignors{assignor{"uniform", assign_uniform},
                                      assignor{"range", assign_range}};
// nullptr: there is none of that name.
assignor const* find_assignor(std::string_view name) noexcept;

}  // namespace sluice::kafka
