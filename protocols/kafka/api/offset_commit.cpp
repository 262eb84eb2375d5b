#include "protocols/kafka/schema/offset_commit.hpp"

#include "protocols/kafka/api/groups.hpp"
#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/topics.hpp"
#include "protocols/kafka/coordinator/group_coordinator.hpp"

namespace sluice::kafka {
namespace {

// Where the answer for one committed offset goes.
struct place {
    std::size_t topic, partition;
};

struct plan {
    std::vector<store::committed_offset> offsets;
    std::vector<place> places;  // one per offset
};

error_code check(
    api_call const& call, store::topic_info const& topic,
    offset_commit_request::offset_commit_request_topic::offset_commit_request_partition const&
        wanted) {
    auto const index = wanted.partition_index;
    if (index < 0 || static_cast<std::uint32_t>(index) >= topic.partitions)
        return error_code::unknown_topic_or_partition;
    auto const& metadata = wanted.committed_metadata;
    if (metadata && metadata->size() > call.options().offset_metadata_bytes)
        return error_code::offset_metadata_too_large;
    if (wanted.committed_offset < 0) return error_code::invalid_request;
    return error_code::none;
}

// Answers with an error for what cannot be committed, and what is left to commit.
task<plan> make_plan(api_call& call, offset_commit_request const& request,
                     offset_commit_response& out) {
    plan todo;
    for (auto const& topic : request.topics) {
        auto& shown = out.topics.emplace_back();
        shown.name = topic.name;
        shown.topic_id = topic.topic_id;
        auto const found = co_await find_topic(call, topic.name, topic.topic_id);
        for (auto const& wanted : topic.partitions) {
            auto& one = shown.partitions.emplace_back();
            one.partition_index = wanted.partition_index;
            auto const error =
                found.error != error_code::none ? found.error : check(call, found.topic, wanted);
            one.error_code = call.code(error);
            if (error != error_code::none) continue;
            store::committed_offset offset;
            offset.topic = found.topic.name;
            offset.partition = partition_index{wanted.partition_index};
            offset.offset = log_offset{wanted.committed_offset};
            offset.leader_epoch = wanted.committed_leader_epoch;
            offset.metadata = wanted.committed_metadata.value_or("");
            offset.committed = call.services.clock.now();
            todo.offsets.push_back(std::move(offset));
            todo.places.push_back({out.topics.size() - 1, shown.partitions.size() - 1});
        }
    }
    co_return todo;
}

void answer_all(api_call& call, offset_commit_request const& request, error_code error,
                offset_commit_response& out) {
    for (auto const& topic : request.topics) {
        auto& shown = out.topics.emplace_back();
        shown.name = topic.name;
        shown.topic_id = topic.topic_id;
        for (auto const& wanted : topic.partitions)
            shown.partitions.push_back({wanted.partition_index, call.code(error)});
    }
}

}  // namespace

task<offset_commit_response> api::offset_commit(api_call& call,
                                                offset_commit_request const& request) {
    offset_commit_response out;
    auto error = co_await permit_member(call, request.group_id);
    commit_claim claim;
    claim.member_id = request.member_id;
    claim.instance_id = request.group_instance_id;
    claim.generation = request.generation_id_or_member_epoch;
    claim.knows_epochs = call.version() >= 9;
    if (error == error_code::none)
        error = co_await call.services.groups.may_commit(request.group_id, std::move(claim));
    if (error != error_code::none) {
        answer_all(call, request, error, out);
        co_return out;
    }
    auto todo = co_await make_plan(call, request, out);
    if (todo.offsets.empty()) co_return out;
    auto const done =
        co_await call.logs().commit_offsets(call.who(), request.group_id, std::move(todo.offsets));
    for (std::size_t i = 0; i < todo.places.size(); ++i) {
        if (i < done.size() && done[i].has_value()) continue;
        auto const failed =
            i < done.size() ? topic_error(call, done[i].error()) : error_code::unknown_server_error;
        auto const [topic, partition] = todo.places[i];
        out.topics[topic].partitions[partition].error_code = call.code(failed);
    }
    co_return out;
}

}  // namespace sluice::kafka
