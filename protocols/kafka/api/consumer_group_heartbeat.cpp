#include "protocols/kafka/schema/consumer_group_heartbeat.hpp"

#include "protocols/kafka/api/groups.hpp"
#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/topics.hpp"
#include "protocols/kafka/coordinator/group_coordinator.hpp"

namespace sluice::kafka {
namespace {

constexpr int first_with_own_ids = 1;

error_code take_owned(consumer_group_heartbeat_request const& request, member_beat& beat) {
    if (!request.topic_partitions) return error_code::none;
    auto& owned = beat.owned.emplace();
    for (auto const& topic : *request.topic_partitions)
        for (auto const partition : topic.partitions) {
            if (partition < 0) return error_code::invalid_request;
            owned[to_store(topic.topic_id)].insert(partition);
        }
    return error_code::none;
}

member_beat beat_of(api_call const& call, consumer_group_heartbeat_request const& request) {
    member_beat out;
    out.member_id = request.member_id;
    out.epoch = request.member_epoch;
    out.instance_id = request.instance_id;
    out.rack_id = request.rack_id;
    if (request.rebalance_timeout_ms != -1)
        out.rebalance_timeout = std::chrono::milliseconds{std::max(request.rebalance_timeout_ms, 0)};
    if (request.subscribed_topic_names)
        out.topic_names.emplace(request.subscribed_topic_names->begin(),
                                request.subscribed_topic_names->end());
    out.topic_regex = request.subscribed_topic_regex;
    out.assignor = request.server_assignor;
    out.client_id = member_prefix(call.header.client_id);
    out.client_host = "/" + call.facts.client_address;
    out.makes_its_id = call.version() >= first_with_own_ids;
    return out;
}

// Members read the group and know of the topics that they name.
task<error_code> permit(api_call& call, consumer_group_heartbeat_request const& request) {
    auto const member = co_await permit_member(call, request.group_id);
    if (member != error_code::none || !request.subscribed_topic_names) co_return member;
    for (auto const& name : *request.subscribed_topic_names) {
        auto const allowed =
            co_await call.logs().permit_topic(call.who(), auth::action::describe, name);
        if (allowed.has_error()) co_return topic_error(call, allowed.error());
    }
    co_return error_code::none;
}

}  // namespace

task<consumer_group_heartbeat_response> api::consumer_group_heartbeat(
    api_call& call, consumer_group_heartbeat_request const& request) {
    consumer_group_heartbeat_response out;
    auto beat = beat_of(call, request);
    auto refused = co_await permit(call, request);
    if (refused == error_code::none) refused = take_owned(request, beat);
    if (refused != error_code::none) {
        out.error_code = call.code(refused);
        out.error_message = std::string(message_of(refused));
        co_return out;
    }
    auto& groups = call.services.groups;
    topic_filter may_see = [&call](std::string const& name) {
        return call.logs().may_topic(call.who(), auth::action::describe, name);
    };
    auto answer = co_await groups.consumer_heartbeat(request.group_id, std::move(beat),
                                                     std::move(may_see));
    out.error_code = call.code(answer.error);
    if (answer.error != error_code::none) {
        out.error_message =
            bounded(answer.text.empty() ? std::string(message_of(answer.error)) : answer.text);
        co_return out;
    }
    out.member_id = std::move(answer.member_id);
    out.member_epoch = answer.epoch;
    if (answer.epoch >= joins_epoch)
        out.heartbeat_interval_ms =
            static_cast<std::int32_t>(groups.consumer_limits().heartbeat_interval.count());
    if (!answer.assignment) co_return out;
    auto& shown = out.assignment.emplace();
    for (auto const& [topic, partitions] : *answer.assignment)
        shown.topic_partitions.push_back({to_wire(topic), {partitions.begin(), partitions.end()}});
    co_return out;
}

}  // namespace sluice::kafka
