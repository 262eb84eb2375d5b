#include "protocols/kafka/schema/leave_group.hpp"

#include "protocols/kafka/api/groups.hpp"
#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/coordinator/group_coordinator.hpp"

namespace sluice::kafka {

// From version 3 on several members, each by its id or its instance id (KIP-345).
task<leave_group_response> api::leave_group(api_call& call, leave_group_request const& request) {
    leave_group_response out;
    auto const permitted = co_await permit_member(call, request.group_id);
    if (permitted != error_code::none) {
        out.error_code = call.code(permitted);
        co_return out;
    }
    auto& groups = call.services.groups;
    if (call.version() < 3) {
        auto const left =
            co_await groups.leave(request.group_id, request.member_id, std::nullopt);
        out.error_code = call.code(left);
        co_return out;
    }
    if (request.group_id.empty()) {
        out.error_code = call.code(error_code::invalid_group_id);
        co_return out;
    }
    for (auto const& member : request.members) {
        auto const left =
            co_await groups.leave(request.group_id, member.member_id, member.group_instance_id);
        out.members.push_back({member.member_id, member.group_instance_id, call.code(left)});
    }
    co_return out;
}

}  // namespace sluice::kafka
