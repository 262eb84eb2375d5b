#include "protocols/kafka/schema/sync_group.hpp"

#include "protocols/kafka/api/groups.hpp"
#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/coordinator/group_coordinator.hpp"

namespace sluice::kafka {

// Waits until the leader brought everybody's assignment.
task<sync_group_response> api::sync_group(api_call& call, sync_group_request const& request) {
    sync_group_response out;
    auto const permitted = co_await permit_member(call, request.group_id);
    if (permitted != error_code::none) {
        out.error_code = call.code(permitted);
        co_return out;
    }
    sync_request wanted;
    wanted.member_id = request.member_id;
    wanted.instance_id = request.group_instance_id;
    wanted.generation = request.generation_id;
    wanted.protocol_type = request.protocol_type;
    wanted.protocol_name = request.protocol_name;
    for (auto const& one : request.assignments)
        wanted.assignments[one.member_id] = std::string(one.assignment);
    auto answer = co_await call.services.groups.sync(request.group_id, std::move(wanted));
    out.error_code = call.code(answer.error);
    out.protocol_type = std::move(answer.protocol_type);
    out.protocol_name = std::move(answer.protocol_name);
    out.assignment = call.keep(std::move(answer.assignment));
    co_return out;
}

}  // namespace sluice::kafka
