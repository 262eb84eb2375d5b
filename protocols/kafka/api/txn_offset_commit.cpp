#include "protocols/kafka/schema/txn_offset_commit.hpp"

#include "protocols/kafka/api/groups.hpp"
#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/topics.hpp"
#include "protocols/kafka/api/transactions.hpp"
#include "protocols/kafka/coordinator/group_coordinator.hpp"
#include "protocols/kafka/coordinator/transaction_coordinator.hpp"

namespace sluice::kafka {
namespace {

constexpr int first_with_abortable = 4;

// Where the answer for one offset goes.
struct place {
    std::size_t topic, partition;
};
struct plan {
    std::vector<store::committed_offset> offsets;
    std::vector<place> places;  // one per offset
};

using wanted_offset =
    txn_offset_commit_request::txn_offset_commit_request_topic::txn_offset_commit_request_partition;

error_code check(api_call const& call, store::topic_info const& topic, wanted_offset const& wanted) {
    auto const index = wanted.partition_index;
    if (index < 0 || static_cast<std::uint32_t>(index) >= topic.partitions)
        return error_code::unknown_topic_or_partition;
    auto const& metadata = wanted.committed_metadata;
    if (metadata && metadata->size() > call.options().offset_metadata_bytes)
        return error_code::offset_metadata_too_large;
    if (wanted.committed_offset < 0) return error_code::invalid_request;
    return error_code::none;
}

task<plan> make_plan(api_call& call, txn_offset_commit_request const& request,
                     txn_offset_commit_response& out) {
    plan todo;
    for (std::size_t at = 0; at < request.topics.size(); ++at) {
        auto const& topic = request.topics[at];
        auto const found = co_await find_named_topic(call, topic.name);
        for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
            auto const& wanted = topic.partitions[i];
            auto const error =
                found.error != error_code::none ? found.error : check(call, found.topic, wanted);
            out.topics[at].partitions[i].error_code = call.code(error);
            if (error != error_code::none) continue;
            store::committed_offset offset;
            offset.topic = found.topic.name;
            offset.partition = partition_index{wanted.partition_index};
            offset.offset = log_offset{wanted.committed_offset};
            offset.leader_epoch = wanted.committed_leader_epoch;
            offset.metadata = wanted.committed_metadata.value_or("");
            offset.committed = call.services.clock.now();
            todo.offsets.push_back(std::move(offset));
            todo.places.push_back({at, i});
        }
    }
    co_return todo;
}

task<error_code> permit_all(api_call& call, txn_offset_commit_request const& request) {
    auto error = request.transactional_id.empty() ? error_code::invalid_request : error_code::none;
    if (error == error_code::none)
        error = co_await permit_transaction(call, auth::action::append, request.transactional_id);
    if (error == error_code::none) error = co_await permit_member(call, request.group_id);
    commit_claim claim;
    claim.member_id = request.member_id;
    claim.instance_id = request.group_instance_id;
    claim.generation = request.generation_id;
    claim.transactional = true;
    if (error == error_code::none)
        error = co_await call.services.groups.may_commit(request.group_id, std::move(claim));
    co_return error;
}

error_code known_to(int version, error_code error) {
    if (error == error_code::producer_fenced) return error_code::invalid_producer_epoch;
    bool const older = version < first_with_abortable && error == error_code::transaction_abortable;
    return older ? error_code::invalid_txn_state : error;
}

}  // namespace

task<txn_offset_commit_response> api::txn_offset_commit(api_call& call,
                                                        txn_offset_commit_request const& request) {
    txn_offset_commit_response out;
    for (auto const& topic : request.topics) {
        auto& shown = out.topics.emplace_back();
        shown.name = topic.name;
        for (auto const& wanted : topic.partitions)
            shown.partitions.push_back({wanted.partition_index, 0});
    }
    auto const answer_all = [&](error_code error) {
        for (auto& topic : out.topics)
            for (auto& one : topic.partitions) one.error_code = call.code(error);
    };
    auto const refused = co_await permit_all(call, request);
    if (refused != error_code::none) {
        answer_all(refused);
        co_return out;
    }
    auto todo = co_await make_plan(call, request, out);
    if (todo.offsets.empty()) co_return out;
    producer_identity const producer{request.producer_id, request.producer_epoch};
    bool const adds = call.version() >= first_offset_commit_that_adds;
    auto const done = co_await call.services.transactions.save_offsets(
        call.who(), request.transactional_id, producer, request.group_id, adds,
        std::move(todo.offsets));
    if (done.error != error_code::none) {
        answer_all(known_to(call.version(), done.error));
        co_return out;
    }
    for (std::size_t i = 0; i < todo.places.size(); ++i) {
        auto const& why = done.offsets.at(i);
        if (!why) continue;
        auto const [topic, partition] = todo.places[i];
        out.topics[topic].partitions[partition].error_code = call.code(topic_error(call, *why));
    }
    co_return out;
}

}  // namespace sluice::kafka
