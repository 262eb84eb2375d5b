#include "protocols/kafka/schema/join_group.hpp"

#include "protocols/kafka/api/groups.hpp"
#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/coordinator/group_coordinator.hpp"

namespace sluice::kafka {
namespace {

join_request joining(api_call const& call, join_group_request const& request) {
    join_request out;
    out.member_id = request.member_id;
    out.instance_id = request.group_instance_id;
    out.client_id = member_prefix(call.header.client_id);
    out.client_host = "/" + call.facts.client_address;
    out.session_timeout = std::chrono::milliseconds{request.session_timeout_ms};
    // Version 0 has one timeout for both.
    auto const rebalance =
        call.version() >= 1 ? request.rebalance_timeout_ms : request.session_timeout_ms;
    out.rebalance_timeout = std::chrono::milliseconds{std::max(rebalance, 0)};
    out.protocol_type = request.protocol_type;
    for (auto const& one : request.protocols)
        out.protocols.push_back({one.name, std::string(one.metadata)});
    out.requires_known_member_id = call.version() >= 4;
    out.supports_skip_assignment = call.version() >= 9;
    return out;
}

}  // namespace

// Waits for the rebalance: the other members, or the time they have.
task<join_group_response> api::join_group(api_call& call, join_group_request const& request) {
    join_group_response out;
    out.member_id = request.member_id;
    auto error = co_await permit_member(call, request.group_id);
    if (error == error_code::none && !is_instance_id(request.group_instance_id))
        error = error_code::invalid_request;
    if (error != error_code::none) {
        out.error_code = call.code(error);
        co_return out;
    }
    auto wanted = joining(call, request);
    auto answer = co_await call.services.groups.join(request.group_id, std::move(wanted));
    out.error_code = call.code(answer.error);
    out.generation_id = answer.generation;
    out.protocol_type = std::move(answer.protocol_type);
    out.protocol_name = std::move(answer.protocol_name);
    out.leader = std::move(answer.leader);
    out.skip_assignment = answer.skip_assignment;
    out.member_id = std::move(answer.member_id);
    for (auto& one : answer.members)
        out.members.push_back({std::move(one.member_id), std::move(one.instance_id),
                               call.keep(std::move(one.metadata))});
    co_return out;
}

}  // namespace sluice::kafka
