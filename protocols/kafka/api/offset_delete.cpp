#include "protocols/kafka/schema/offset_delete.hpp"

#include <algorithm>
#include <set>

#include "gateway/core/cursor.hpp"
#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/topics.hpp"
#include "protocols/kafka/coordinator/group_coordinator.hpp"

namespace sluice::kafka {
namespace {

constexpr std::string_view consumer_type = "consumer";

// What the group's members read, as consumers tell it (ConsumerProtocolSubscription: i16 version,
// then the topics). nullopt: not known, so it may be anything.
std::optional<std::set<std::string>> subscriptions(group_coordinator::description const& group) {
    std::set<std::string> out;
    if (group.state != group_state::stable && group.state != group_state::empty)
        return std::nullopt;
    for (auto const& member : group.members) {
        byte_reader in(member.metadata);
        in.big<std::int16_t>();
        auto const count = in.big<std::int32_t>();
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
            auto const length = in.big<std::int16_t>();
            out.emplace(in.raw(static_cast<std::size_t>(std::max<std::int16_t>(length, 0))));
        }
        if (!in.ok() || count < 0) return std::nullopt;
    }
    return out;
}

// none, or the one answer for the whole request.
task<error_code> check_group(api_call& call, std::string const& group,
                             std::optional<group_coordinator::description>& found) {
    if (group.empty()) co_return error_code::invalid_group_id;
    auto const allowed = co_await call.logs().permit_group(call.who(), auth::action::drop, group);
    if (allowed.has_error()) co_return group_error(call, allowed.error());
    found = call.services.groups.describe(group);
    if (!found || found->state == group_state::dead) co_return error_code::group_id_not_found;
    if (!found->members.empty() && found->protocol_type != consumer_type)
        co_return error_code::non_empty_group;
    co_return error_code::none;
}

}  // namespace

// KIP-496. Members that read a topic would commit its offsets again.
task<offset_delete_response> api::offset_delete(api_call& call,
                                                offset_delete_request const& request) {
    offset_delete_response out;
    std::optional<group_coordinator::description> group;
    auto const refused = co_await check_group(call, request.group_id, group);
    out.error_code = call.code(refused);
    if (refused != error_code::none) co_return out;
    bool const is_classic = group->type == group_type::classic;
    auto const read = subscriptions(*group);
    std::vector<auth::guarded_logs::group_partition> wanted;
    std::vector<std::pair<std::size_t, std::size_t>> places;
    for (auto const& topic : request.topics) {
        auto& shown = out.topics.emplace_back();
        shown.name = topic.name;
        bool const is_read = is_classic ? !read || read->contains(topic.name)
                                        : call.services.groups.reads(request.group_id, topic.name);
        for (auto const& one : topic.partitions) {
            auto& answer = shown.partitions.emplace_back();
            answer.partition_index = one.partition_index;
            if (is_read) {
                answer.error_code = call.code(error_code::group_subscribed_to_topic);
                continue;
            }
            wanted.push_back({topic.name, partition_index{one.partition_index}});
            places.emplace_back(out.topics.size() - 1, shown.partitions.size() - 1);
        }
    }
    if (wanted.empty()) co_return out;
    auto const done =
        co_await call.logs().forget_offsets(call.who(), request.group_id, std::move(wanted));
    for (std::size_t i = 0; i < done.size(); ++i) {
        if (done[i].has_value()) continue;
        auto const [topic, partition] = places[i];
        out.topics[topic].partitions[partition].error_code =
            call.code(topic_error(call, done[i].error()));
    }
    co_return out;
}

}  // namespace sluice::kafka
