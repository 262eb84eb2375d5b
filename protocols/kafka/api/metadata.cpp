#include "protocols/kafka/schema/metadata.hpp"

#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/topics.hpp"

namespace sluice::kafka {
namespace {

using wanted_topic = metadata_request::metadata_request_topic;
using shown_topic = metadata_response::metadata_response_topic;

shown_topic show(store::topic_info const& topic) {
    shown_topic out;
    out.name = topic.name;
    out.topic_id = to_wire(topic.uuid);
    out.is_internal = topic.name.starts_with("__");
    for (std::uint32_t index = 0; index < topic.partitions; ++index) {
        shown_topic::metadata_response_partition one;
        one.partition_index = static_cast<std::int32_t>(index);
        one.leader_id = this_node;
        one.leader_epoch = only_leader_epoch;
        one.replica_nodes = {this_node};
        one.isr_nodes = {this_node};
        out.partitions.push_back(std::move(one));
    }
    return out;
}

// Version 0 has no way to say "null": an empty list means all.
bool wants_all(api_call const& call, metadata_request const& request) {
    return !request.topics || (call.version() == 0 && request.topics->empty());
}

task<error_code> list_all(api_call& call, std::vector<shown_topic>& into) {
    auto const page = call.options().topics_per_page;
    for (std::string after;;) {
        auto const listed = co_await call.logs().list(call.who(), after, page);
        if (listed.has_error()) {
            // Whoever may see no topic sees none.
            if (listed.error().code == error::permission_denied) co_return error_code::none;
            co_return topic_error(call, listed.error());
        }
        for (auto const& topic : *listed) into.push_back(show(topic));
        if (listed->size() < page) co_return error_code::none;
        after = listed->back().name;
    }
}

task<found_topic> create(api_call& call, std::string name) {
    found_topic out;
    auth::guarded_logs::create_request wanted;
    wanted.name = name;
    wanted.partitions = call.options().default_partitions;
    wanted.retention = {call.options().retention_ms, call.options().retention_bytes};
    auto made = co_await call.logs().create(call.who(), std::move(wanted));
    if (made.has_value()) {
        out.topic = std::move(*made);
        co_return out;
    }
    // Somebody else was faster.
    if (made.error().code == error::already_exists)
        co_return co_await find_named_topic(call, std::move(name));
    out.error = topic_error(call, made.error());
    co_return out;
}

task<shown_topic> show_named(api_call& call, wanted_topic const& wanted, bool may_create) {
    shown_topic out;
    auto const name = wanted.name.value_or("");
    out.name = wanted.name;
    out.topic_id = wanted.topic_id;
    bool const by_id = name.empty() && !is_zero(wanted.topic_id);
    if (!by_id && !why_no_topic_name(name).empty()) {
        out.error_code = call.code(error_code::invalid_topic_exception);
        if (!out.name) out.name = "";
        co_return out;
    }
    auto found = co_await find_topic(call, name, wanted.topic_id);
    if (found.error == error_code::unknown_topic_or_partition && may_create && !by_id)
        found = co_await create(call, name);
    if (found.error != error_code::none) {
        out.error_code = call.code(found.error);
        co_return out;
    }
    co_return show(found.topic);
}

}  // namespace

task<metadata_response> api::metadata(api_call& call, metadata_request const& request) {
    metadata_response out;
    out.brokers.push_back({this_node, call.advertised.host, call.advertised.port, std::nullopt});
    out.cluster_id = call.options().cluster_id;
    out.controller_id = this_node;
    if (wants_all(call, request)) {
        auto const listed = co_await list_all(call, out.topics);
        if (listed != error_code::none) {
            out.topics.clear();
            out.error_code = call.code(listed);
        }
    } else {
        // Versions below 4 have no flag: it reads as true.
        bool const may_create =
            request.allow_auto_topic_creation && call.options().auto_create_topics;
        // Ids came with version 10, asking by them works from 12 on (KIP-516).
        for (auto const& wanted : *request.topics) {
            if (call.version() < 12 && !wanted.name) {
                call.close = true;
                co_return out;
            }
            auto shown = co_await show_named(call, wanted, may_create);
            out.topics.push_back(std::move(shown));
        }
    }
    if (request.include_topic_authorized_operations)
        for (auto& topic : out.topics)
            if (topic.error_code == wire(error_code::none))
                topic.topic_authorized_operations = topic_operations(call, *topic.name);
    if (request.include_cluster_authorized_operations)
        out.cluster_authorized_operations = cluster_operations(call);
    co_return out;
}

}  // namespace sluice::kafka
