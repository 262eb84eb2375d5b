#include "protocols/kafka/schema/describe_topic_partitions.hpp"

#include <algorithm>
#include <set>

#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/topics.hpp"

namespace sluice::kafka {
namespace {

using shown_topic = describe_topic_partitions_response::describe_topic_partitions_response_topic;
using shown_partition = shown_topic::describe_topic_partitions_response_partition;

// max.request.partition.size.limit
constexpr std::int32_t most_partitions = 2000;

// Names in order, from the cursor's on.
std::vector<std::string> names_from(std::set<std::string> const& names,
                                    describe_topic_partitions_request const& request) {
    auto const from = request.cursor ? names.lower_bound(request.cursor->topic_name)
                                     : names.begin();
    return {from, names.end()};
}

task<error_code> add_all(api_call& call, std::set<std::string>& into) {
    auto const page = call.options().topics_per_page;
    for (std::string after;;) {
        auto const listed = co_await call.logs().list(call.who(), after, page);
        if (listed.has_error()) co_return topic_error(call, listed.error());
        for (auto const& topic : *listed) into.insert(topic.name);
        if (listed->size() < page) co_return error_code::none;
        after = listed->back().name;
    }
}

shown_partition show(std::int32_t index) {
    shown_partition out;
    out.partition_index = index;
    out.leader_id = this_node;
    out.leader_epoch = only_leader_epoch;
    out.replica_nodes = {this_node};
    out.isr_nodes = {this_node};
    out.eligible_leader_replicas.emplace();
    out.last_known_elr.emplace();
    return out;
}

task<shown_topic> begin_topic(api_call& call, std::string name, std::uint32_t& partitions) {
    shown_topic out;
    out.name = name;
    if (!why_no_topic_name(name).empty()) {
        out.error_code = call.code(error_code::invalid_topic_exception);
        co_return out;
    }
    auto const found = co_await find_named_topic(call, name);
    out.error_code = call.code(found.error);
    if (found.error != error_code::none) co_return out;
    partitions = found.topic.partitions;
    out.topic_id = to_wire(found.topic.uuid);
    out.is_internal = name.starts_with("__");
    out.topic_authorized_operations = topic_operations(call, name);
    co_return out;
}

}  // namespace

// KIP-966: topics by name, in pages of partitions.
task<describe_topic_partitions_response> api::describe_topic_partitions(
    api_call& call, describe_topic_partitions_request const& request) {
    describe_topic_partitions_response out;
    std::set<std::string> wanted;
    for (auto const& one : request.topics) wanted.insert(one.name);
    if (wanted.empty()) {
        // Without a place for an error: nothing is shown of what cannot be listed.
        auto const listed = co_await add_all(call, wanted);
        if (listed != error_code::none) wanted.clear();
    }
    auto left = std::clamp(request.response_partition_limit, 1, most_partitions);
    for (auto const& name : names_from(wanted, request)) {
        auto const& cursor = request.cursor;
        std::int32_t index = cursor && cursor->topic_name == name ? cursor->partition_index : 0;
        if (left == 0) {
            out.next_cursor.emplace();
            out.next_cursor->topic_name = name;
            out.next_cursor->partition_index = std::max(index, 0);
            break;
        }
        std::uint32_t partitions = 0;
        auto shown = co_await begin_topic(call, name, partitions);
        auto const end = static_cast<std::int32_t>(partitions);
        for (index = std::max(index, 0); index < end && left > 0; ++index, --left)
            shown.partitions.push_back(show(index));
        out.topics.push_back(std::move(shown));
        if (index >= end) continue;
        out.next_cursor.emplace();
        out.next_cursor->topic_name = name;
        out.next_cursor->partition_index = index;
        break;
    }
    co_return out;
}

}  // namespace sluice::kafka
