#include "protocols/kafka/schema/elect_leaders.hpp"

#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/topics.hpp"

namespace sluice::kafka {

// The one node leads every partition, so no election is ever needed; of all partitions (null) those
// without need are left out, as Kafka does.
task<elect_leaders_response> api::elect_leaders(api_call& call,
                                                elect_leaders_request const& request) {
    constexpr std::int8_t unclean = 1;
    elect_leaders_response out;
    auto refused = co_await permit_on_cluster(call, auth::action::alter);
    if (refused.error == error_code::none &&
        (request.election_type < 0 || request.election_type > unclean))
        refused = {error_code::invalid_request, "unknown election type"};
    out.error_code = call.code(refused.error);
    if (!request.topic_partitions) co_return out;
    for (auto const& wanted : *request.topic_partitions) {
        auto& shown = out.replica_election_results.emplace_back();
        shown.topic = wanted.topic;
        auto found = found_topic{refused.error, refused.text, {}};
        if (refused.error == error_code::none)
            found = co_await find_named_topic(call, wanted.topic);
        for (auto const index : wanted.partitions) {
            auto error = found.error;
            bool const is_there =
                index >= 0 && static_cast<std::uint32_t>(index) < found.topic.partitions;
            if (error == error_code::none)
                error = is_there ? error_code::election_not_needed
                                 : error_code::unknown_topic_or_partition;
            auto& one = shown.partition_result.emplace_back();
            one.partition_id = index;
            one.error_code = call.code(error);
            one.error_message = std::string(message_of(error));
        }
    }
    co_return out;
}

}  // namespace sluice::kafka
