#include "protocols/kafka/schema/describe_groups.hpp"

#include "protocols/kafka/api/groups.hpp"
#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/topics.hpp"
#include "protocols/kafka/coordinator/group_coordinator.hpp"

namespace sluice::kafka {
namespace {

using shown_group = describe_groups_response::described_group;

void show(api_call& call, group_coordinator::description found, shown_group& out) {
    out.group_state = name_of(found.state);
    out.protocol_type = std::move(found.protocol_type);
    if (found.state == group_state::stable) out.protocol_data = std::move(found.protocol_name);
    for (auto& member : found.members) {
        shown_group::described_group_member one;
        one.member_id = std::move(member.member_id);
        one.group_instance_id = std::move(member.instance_id);
        one.client_id = std::move(member.client_id);
        one.client_host = std::move(member.client_host);
        one.member_metadata = call.keep(std::move(member.metadata));
        one.member_assignment = call.keep(std::move(member.assignment));
        out.members.push_back(std::move(one));
    }
}

}  // namespace

task<describe_groups_response> api::describe_groups(api_call& call,
                                                    describe_groups_request const& request) {
    describe_groups_response out;
    for (auto const& group : request.groups) {
        shown_group one;
        one.group_id = group;
        auto const permitted = co_await permit_onlooker(call, group);
        auto found = call.services.groups.describe(group);
        if (permitted != error_code::none) {
            one.error_code = call.code(permitted);
        } else if (found && found->type == group_type::classic) {
            show(call, std::move(*found), one);
        } else {
            one.group_state = name_of(group_state::dead);
            // An error of its own since version 6 (KIP-1043).
            if (call.version() >= 6) {
                one.error_code = call.code(error_code::group_id_not_found);
                one.error_message =
                    bounded("Group " + group + (found ? " is not a classic group." : " not found."));
            }
        }
        if (request.include_authorized_operations && permitted == error_code::none)
            one.authorized_operations = group_operations(call, group);
        out.groups.push_back(std::move(one));
    }
    co_return out;
}

}  // namespace sluice::kafka
