// What the handlers of consumer groups share: who may do what to a group.
#pragma once

#include <string>

#include "gateway/core/task.hpp"
#include "protocols/kafka/api/api_call.hpp"

namespace sluice::kafka {

// none, or why not: members of a group need commit_offset on it, onlookers describe.
task<error_code> permit_member(api_call& call, std::string group);
task<error_code> permit_onlooker(api_call& call, std::string group);

// Part of a member's id, of bounded length.
std::string member_prefix(std::string const& client_id);
// KIP-345: like a topic's name.
bool is_instance_id(std::optional<std::string> const& instance_id);

}  // namespace sluice::kafka
