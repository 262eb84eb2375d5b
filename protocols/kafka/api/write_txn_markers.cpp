#include "protocols/kafka/schema/write_txn_markers.hpp"

#include "auth/guard/guarded_transactions.hpp"
#include "protocols/kafka/api/handlers.hpp"

namespace sluice::kafka {
namespace {

using wanted_marker = write_txn_markers_request::writable_txn_marker;
using shown_marker = write_txn_markers_response::writable_txn_marker_result;

error_code marker_error(api_call& call, failure const& why) {
    call.note(why);
    if (why.code == error::permission_denied) return error_code::cluster_authorization_failed;
    if (why.code == error::not_found) return error_code::unknown_topic_or_partition;
    if (why.code == error::conflict) return error_code::invalid_producer_epoch;
    return to_kafka_error(why.code);
}

task<shown_marker> write_one(api_call& call, wanted_marker const& wanted) {
    shown_marker out;
    out.producer_id = wanted.producer_id;
    auto& door = call.services.guarded_transactions;
    store::transaction_ending ending;
    ending.producer = wanted.producer_id;
    ending.epoch = wanted.producer_epoch;
    ending.coordinator_epoch = wanted.coordinator_epoch;
    ending.aborts = !wanted.transaction_result;
    bool const sound = wanted.producer_id >= 0 && wanted.producer_epoch >= 0;
    for (auto const& topic : wanted.topics) {
        auto& shown = out.topics.emplace_back();
        shown.name = topic.name;
        // One that is not there is answered as such, whoever asks.
        auto const id = door.topic_id(topic.name).value_or(dataset_id{});
        for (auto const index : topic.partition_indexes) {
            shown.partitions.push_back({index, 0});
            ending.partitions.push_back({id, partition_index{index}});
        }
    }
    std::vector<auth::guarded<void>> done;
    if (sound) done = co_await door.write_markers(call.who(), std::move(ending));
    std::size_t next = 0;
    for (auto& topic : out.topics)
        for (auto& one : topic.partitions) {
            auto error = error_code::none;
            if (!sound) error = error_code::invalid_request;
            else if (done[next].has_error()) error = marker_error(call, done[next].error());
            one.error_code = call.code(error);
            ++next;
        }
    co_return out;
}

}  // namespace

// Between brokers, and what ends a transaction that hangs (kafka-transactions --abort).
task<write_txn_markers_response> api::write_txn_markers(api_call& call,
                                                        write_txn_markers_request const& request) {
    write_txn_markers_response out;
    for (auto const& wanted : request.markers) {
        auto one = co_await write_one(call, wanted);
        out.markers.push_back(std::move(one));
    }
    co_return out;
}

}  // namespace sluice::kafka
