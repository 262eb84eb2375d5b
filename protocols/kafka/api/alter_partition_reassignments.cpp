#include "protocols/kafka/schema/alter_partition_reassignments.hpp"

#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/topics.hpp"

namespace sluice::kafka {
namespace {

using wanted_topic = alter_partition_reassignments_request::reassignable_topic;

error_code decide(found_topic const& found, wanted_topic::reassignable_partition const& wanted) {
    if (found.error != error_code::none) return found.error;
    auto const index = wanted.partition_index;
    if (index < 0 || static_cast<std::uint32_t>(index) >= found.topic.partitions)
        return error_code::unknown_topic_or_partition;
    // Without replicas: the one under way is to be given up.
    if (!wanted.replicas) return error_code::no_reassignment_in_progress;
    // Where it lies already.
    if (*wanted.replicas == std::vector<std::int32_t>{this_node}) return error_code::none;
    return error_code::invalid_replica_assignment;
}

}  // namespace

// KIP-455, as a Kafka of one node answers: every partition lies where it can lie.
task<alter_partition_reassignments_response> api::alter_partition_reassignments(
    api_call& call, alter_partition_reassignments_request const& request) {
    alter_partition_reassignments_response out;
    out.allow_replication_factor_change = request.allow_replication_factor_change;
    out.error_message.reset();
    auto refused = co_await permit_on_cluster(call, auth::action::alter);
    out.error_code = call.code(refused.error);
    if (refused.error != error_code::none) {
        out.error_message = std::move(refused.text);
        co_return out;
    }
    for (auto const& topic : request.topics) {
        auto& shown = out.responses.emplace_back();
        shown.name = topic.name;
        auto const found = co_await find_named_topic(call, topic.name);
        for (auto const& wanted : topic.partitions) {
            auto const error = decide(found, wanted);
            auto& one = shown.partitions.emplace_back();
            one.partition_index = wanted.partition_index;
            one.error_code = call.code(error);
            one.error_message.reset();
            if (error != error_code::none) one.error_message = std::string(message_of(error));
        }
    }
    co_return out;
}

}  // namespace sluice::kafka
