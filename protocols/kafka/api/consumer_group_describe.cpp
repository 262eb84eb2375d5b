#include "protocols/kafka/schema/consumer_group_describe.hpp"

#include <set>

#include "protocols/kafka/api/groups.hpp"
#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/topics.hpp"
#include "protocols/kafka/coordinator/group_coordinator.hpp"

namespace sluice::kafka {
namespace {

using shown_group = consumer_group_describe_response::described_group;
using shown_member = shown_group::member;

constexpr std::int8_t classic_member = 0;
constexpr std::int8_t consumer_member_type = 1;

// Partitions of topics that are gone are not shown.
template <class Assignment>
void show(partition_map const& from, topic_directory const& topics, std::set<std::string>& named,
          Assignment& out) {
    for (auto const& [uuid, partitions] : from) {
        auto const* topic = topics.find(uuid);
        if (topic == nullptr) continue;
        named.insert(topic->name);
        out.topic_partitions.push_back(
            {to_wire(uuid), topic->name, {partitions.begin(), partitions.end()}});
    }
}

shown_member show_member(std::string const& id, consumer_member const& one,
                         topic_directory const& topics, std::set<std::string>& named) {
    shown_member out;
    out.member_id = id;
    out.instance_id = one.instance_id;
    out.rack_id = one.rack_id;
    out.member_epoch = one.epoch;
    out.client_id = one.client_id;
    out.client_host = one.client_host;
    out.subscribed_topic_names.assign(one.topic_names.begin(), one.topic_names.end());
    named.insert(one.topic_names.begin(), one.topic_names.end());
    if (!one.topic_regex.empty()) out.subscribed_topic_regex = one.topic_regex;
    show(one.assigned, topics, named, out.assignment);
    show(one.target, topics, named, out.target_assignment);
    out.member_type = one.classic ? classic_member : consumer_member_type;
    return out;
}

void describe(api_call& call, std::string const& group, shown_group& out) {
    auto const found = call.services.groups.describe_consumers(group);
    if (found.error != error_code::none) {
        out.error_code = call.code(found.error);
        out.error_message = bounded(found.text);
        return;
    }
    auto const topics = call.services.groups.topics();
    out.group_state = found.state;
    out.group_epoch = found.epoch;
    out.assignment_epoch = found.assignment_epoch;
    out.assignor_name = found.assignor;
    std::set<std::string> named;
    for (auto const& [id, one] : found.members)
        out.members.push_back(show_member(id, one, *topics, named));
    for (auto const& name : named) {
        if (call.logs().may_topic(call.who(), auth::action::describe, name)) continue;
        out.error_code = call.code(error_code::topic_authorization_failed);
        out.error_message =
            "The group has described topic(s) that the client is not authorized to describe.";
        out.members.clear();
        return;
    }
}

}  // namespace

task<consumer_group_describe_response> api::consumer_group_describe(
    api_call& call, consumer_group_describe_request const& request) {
    consumer_group_describe_response out;
    for (auto const& group : request.group_ids) {
        auto& one = out.groups.emplace_back();
        one.group_id = group;
        auto refused = co_await permit_onlooker(call, group);
        if (refused == error_code::none && group.empty()) refused = error_code::invalid_group_id;
        if (refused != error_code::none) {
            one.error_code = call.code(refused);
            continue;
        }
        describe(call, group, one);
        if (request.include_authorized_operations)
            one.authorized_operations = group_operations(call, group);
    }
    co_return out;
}

}  // namespace sluice::kafka
