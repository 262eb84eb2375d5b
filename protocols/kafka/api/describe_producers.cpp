#include "protocols/kafka/schema/describe_producers.hpp"

#include "auth/guard/guarded_transactions.hpp"
#include "protocols/kafka/api/handlers.hpp"

namespace sluice::kafka {
namespace {

using shown_partition = describe_producers_response::topic_response::partition_response;

task<shown_partition> describe(api_call& call, std::string topic, std::int32_t index) {
    shown_partition out;
    out.partition_index = index;
    auto const found = co_await call.services.guarded_transactions.producers(
        call.who(), std::move(topic), partition_index{index});
    if (found.has_error()) {
        auto const error = topic_error(call, found.error());
        out.error_code = call.code(error);
        out.error_message = text_of(error, found.error());
        co_return out;
    }
    for (auto const& one : *found) {
        shown_partition::producer_state shown;
        shown.producer_id = one.producer;
        shown.producer_epoch = one.epoch;
        shown.last_sequence = one.last_sequence;
        shown.last_timestamp = to_underlying(one.last_used);
        shown.coordinator_epoch = one.coordinator_epoch;
        shown.current_txn_start_offset = to_underlying(one.transaction_first);
        out.active_producers.push_back(shown);
    }
    co_return out;
}

}  // namespace

task<describe_producers_response> api::describe_producers(
    api_call& call, describe_producers_request const& request) {
    describe_producers_response out;
    for (auto const& topic : request.topics) {
        auto const at = out.topics.size();
        out.topics.emplace_back();
        out.topics[at].name = topic.name;
        for (auto const index : topic.partition_indexes) {
            auto one = co_await describe(call, topic.name, index);
            out.topics[at].partitions.push_back(std::move(one));
        }
    }
    co_return out;
}

}  // namespace sluice::kafka
