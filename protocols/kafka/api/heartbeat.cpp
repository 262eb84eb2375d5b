#include "protocols/kafka/schema/heartbeat.hpp"

#include "protocols/kafka/api/groups.hpp"
#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/coordinator/group_coordinator.hpp"

namespace sluice::kafka {

task<heartbeat_response> api::heartbeat(api_call& call, heartbeat_request const& request) {
    heartbeat_response out;
    auto error = co_await permit_member(call, request.group_id);
    if (error == error_code::none)
        error = call.services.groups.heartbeat(request.group_id, request.member_id,
                                               request.group_instance_id, request.generation_id);
    out.error_code = call.code(error);
    co_return out;
}

}  // namespace sluice::kafka
