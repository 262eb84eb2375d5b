#include "protocols/kafka/schema/offset_fetch.hpp"

#include <map>
#include <set>

#include "protocols/kafka/api/groups.hpp"
#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/topics.hpp"
#include "protocols/kafka/coordinator/group_coordinator.hpp"
#include "protocols/kafka/coordinator/transaction_coordinator.hpp"

namespace sluice::kafka {
namespace {

using group_request = offset_fetch_request::offset_fetch_request_group;
using group_response = offset_fetch_response::offset_fetch_response_group;
using topic_response = group_response::offset_fetch_response_topics;
using partition_response = topic_response::offset_fetch_response_partitions;
using partition_name = std::pair<std::string, std::int32_t>;
// What the group committed, and what an open transaction is about to change, where the request asks
// not to be told what may change (KIP-447).
struct group_offsets {
    std::map<partition_name, store::committed_offset> committed;
    std::set<partition_name> unstable;
};

partition_response show(std::int32_t index, store::committed_offset const* found) {
    partition_response out;
    out.partition_index = index;
    out.committed_offset = found != nullptr ? to_underlying(found->offset) : -1;
    out.committed_leader_epoch = found != nullptr ? found->leader_epoch : -1;
    out.metadata = found != nullptr ? found->metadata : "";
    return out;
}

void set_unstable(api_call& call, partition_response& out) {
    out = show(out.partition_index, nullptr);
    out.error_code = call.code(error_code::unstable_offset_commit);
}

// Every offset of the group whose topic the caller may see.
task<void> show_all(api_call& call, group_offsets const& offsets, group_response& out) {
    for (auto const& [key, offset] : offsets.committed) {
        if (out.topics.empty() || out.topics.back().name != key.first) {
            auto const found = co_await find_named_topic(call, key.first);
            if (found.error != error_code::none) continue;
            auto& topic = out.topics.emplace_back();
            topic.name = key.first;
            topic.topic_id = to_wire(found.topic.uuid);
        }
        auto& partitions = out.topics.back().partitions;
        partitions.push_back(show(key.second, &offset));
        if (offsets.unstable.contains(key)) set_unstable(call, partitions.back());
    }
}

task<void> show_named(api_call& call, group_request const& wanted, group_offsets const& offsets,
                      group_response& out) {
    for (auto const& topic : *wanted.topics) {
        auto& shown = out.topics.emplace_back();
        shown.name = topic.name;
        shown.topic_id = topic.topic_id;
        auto const found = co_await find_topic(call, topic.name, topic.topic_id);
        auto const name = found.error == error_code::none ? found.topic.name : topic.name;
        for (auto const index : topic.partition_indexes) {
            auto const at = offsets.committed.find({name, index});
            bool const hidden = found.error == error_code::topic_authorization_failed ||
                                found.error == error_code::unknown_topic_id;
            auto one = show(index, at == offsets.committed.end() || hidden ? nullptr : &at->second);
            if (hidden) one.error_code = call.code(found.error);
            else if (offsets.unstable.contains({name, index})) set_unstable(call, one);
            shown.partitions.push_back(std::move(one));
        }
    }
}

task<group_response> fetch_group(api_call& call, group_request const& wanted, bool require_stable) {
    group_response out;
    out.group_id = wanted.group_id;
    if (wanted.group_id.empty()) {
        out.error_code = call.code(error_code::invalid_group_id);
        co_return out;
    }
    // Before the group tells whether it knows the member: who may not see it learns nothing.
    auto const permitted = co_await permit_onlooker(call, wanted.group_id);
    auto const refused = permitted != error_code::none
                             ? permitted
                             : call.services.groups.may_fetch(wanted.group_id, wanted.member_id,
                                                              wanted.member_epoch);
    if (refused != error_code::none) {
        out.error_code = call.code(refused);
        co_return out;
    }
    group_offsets offsets;
    // First: what is stable by now is in what is read after it.
    if (require_stable) offsets.unstable = call.services.transactions.unstable(wanted.group_id);
    auto const committed = co_await call.logs().committed_offsets(call.who(), wanted.group_id);
    // A group that nobody knows has no offsets.
    if (committed.has_error() && committed.error().code != error::not_found) {
        out.error_code = call.code(group_error(call, committed.error()));
        co_return out;
    }
    if (committed.has_value())
        for (auto const& one : *committed)
            offsets.committed.emplace(std::pair(one.topic, to_underlying(one.partition)), one);
    if (wanted.topics)
        co_await show_named(call, wanted, offsets, out);
    else
        co_await show_all(call, offsets, out);
    co_return out;
}

// Up to version 7 a request names one group; the answer has the group's parts at its top.
offset_fetch_response flattened(group_response group) {
    offset_fetch_response out;
    out.error_code = group.error_code;
    for (auto& topic : group.topics) {
        auto& shown = out.topics.emplace_back();
        shown.name = std::move(topic.name);
        for (auto& one : topic.partitions)
            shown.partitions.push_back({one.partition_index, one.committed_offset,
                                        one.committed_leader_epoch, std::move(one.metadata),
                                        one.error_code});
    }
    return out;
}

}  // namespace

task<offset_fetch_response> api::offset_fetch(api_call& call, offset_fetch_request const& request) {
    if (call.version() >= 8) {
        offset_fetch_response out;
        for (auto const& wanted : request.groups) {
            auto group = co_await fetch_group(call, wanted, request.require_stable);
            out.groups.push_back(std::move(group));
        }
        co_return out;
    }
    group_request wanted;
    wanted.group_id = request.group_id;
    wanted.topics.reset();
    if (request.topics) {
        wanted.topics.emplace();
        for (auto const& topic : *request.topics)
            wanted.topics->push_back({topic.name, {}, topic.partition_indexes});
    }
    auto group = co_await fetch_group(call, wanted, request.require_stable);
    // Version 1 has no error of the group: each partition says it.
    if (call.version() < 2 && group.error_code != wire(error_code::none) && wanted.topics)
        for (auto const& topic : *wanted.topics) {
            auto& shown = group.topics.emplace_back();
            shown.name = topic.name;
            for (auto const index : topic.partition_indexes) {
                auto one = show(index, nullptr);
                one.error_code = group.error_code;
                shown.partitions.push_back(std::move(one));
            }
        }
    co_return flattened(std::move(group));
}

}  // namespace sluice::kafka
