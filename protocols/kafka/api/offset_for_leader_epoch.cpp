#include "protocols/kafka/schema/offset_for_leader_epoch.hpp"

#include "protocols/kafka/api/handlers.hpp"

namespace sluice::kafka {

// There is one epoch and it never ended: its end is the end of the log (KIP-320).
task<offset_for_leader_epoch_response> api::offset_for_leader_epoch(
    api_call& call, offset_for_leader_epoch_request const& request) {
    offset_for_leader_epoch_response out;
    for (auto const& topic : request.topics) {
        auto& shown = out.topics.emplace_back();
        shown.topic = topic.topic;
        auto const log = co_await call.logs().open(call.who(), topic.topic);
        for (auto const& wanted : topic.partitions) {
            auto& one = shown.partitions.emplace_back();
            one.partition = wanted.partition;
            if (log.has_error()) {
                one.error_code = call.code(topic_error(call, log.error()));
                continue;
            }
            auto const bounds = log->bounds(partition_index{wanted.partition});
            if (bounds.has_error()) {
                one.error_code = call.code(topic_error(call, bounds.error()));
            } else if (wanted.current_leader_epoch > only_leader_epoch) {
                one.error_code = call.code(error_code::unknown_leader_epoch);
            } else if (wanted.leader_epoch == only_leader_epoch) {
                one.leader_epoch = only_leader_epoch;
                one.end_offset = to_underlying(bounds->end);
            }
        }
    }
    co_return out;
}

}  // namespace sluice::kafka
