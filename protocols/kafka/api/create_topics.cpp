#include "protocols/kafka/schema/create_topics.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/topics.hpp"
#include "protocols/kafka/config/topic_settings.hpp"

namespace sluice::kafka {
namespace {

using wanted_topic = create_topics_request::creatable_topic;
using made_topic = create_topics_response::creatable_topic_result;

struct topic_plan {
    error_code error = error_code::none;
    std::string text;
    std::uint32_t partitions = 0;
    topic_settings settings;
};

topic_plan refused(error_code error, std::string text) {
    topic_plan out;
    out.error = error;
    out.text = bounded(std::move(text));
    return out;
}

// Partitions 0 to n-1, each on this node alone.
bool is_assignable(std::vector<wanted_topic::creatable_replica_assignment> const& assignments) {
    std::vector<std::int32_t> indexes;
    for (auto const& one : assignments) {
        if (one.broker_ids != std::vector<std::int32_t>{this_node}) return false;
        indexes.push_back(one.partition_index);
    }
    std::sort(indexes.begin(), indexes.end());
    for (std::size_t i = 0; i < indexes.size(); ++i)
        if (indexes[i] != static_cast<std::int32_t>(i)) return false;
    return true;
}

topic_plan plan_shape(api_call const& call, wanted_topic const& wanted) {
    topic_plan out;
    if (!wanted.assignments.empty()) {
        if (wanted.num_partitions != -1 || wanted.replication_factor != -1)
            return refused(error_code::invalid_request,
                           "Partitions and replication factor must be -1 beside an assignment");
        if (!is_assignable(wanted.assignments))
            return refused(error_code::invalid_replica_assignment,
                           std::string(message_of(error_code::invalid_replica_assignment)));
        out.partitions = static_cast<std::uint32_t>(wanted.assignments.size());
        return out;
    }
    // -1 is the default: clients know so since version 4 (KIP-464), but brokers take it in every version.
    if (wanted.num_partitions < 1 && wanted.num_partitions != -1)
        return refused(error_code::invalid_partitions,
                       "Number of partitions must be larger than 0");
    if (wanted.replication_factor != 1 && wanted.replication_factor != -1)
        return refused(error_code::invalid_replication_factor,
                       std::string(message_of(error_code::invalid_replication_factor)));
    out.partitions = wanted.num_partitions == -1
                         ? call.options().default_partitions
                         : static_cast<std::uint32_t>(wanted.num_partitions);
    return out;
}

topic_plan plan_topic(api_call const& call, wanted_topic const& wanted) {
    if (auto const why = why_no_topic_name(wanted.name); !why.empty())
        return refused(error_code::invalid_topic_exception, std::string(why));
    auto out = plan_shape(call, wanted);
    if (out.error != error_code::none) return out;
    given_configs given;
    for (auto const& one : wanted.configs)
        if (!given.emplace(one.name, one.value).second)
            return refused(error_code::invalid_config, one.name + " is given twice");
    auto settings = check_topic_settings(given, call.options());
    if (settings.has_error())
        return refused(error_code::invalid_config, std::move(settings.error().text));
    out.settings = std::move(*settings);
    return out;
}

void show(api_call const& call, store::topic_info const& topic, made_topic& out) {
    out.topic_id = to_wire(topic.uuid);
    out.num_partitions = static_cast<std::int32_t>(topic.partitions);
    out.replication_factor = 1;
    out.configs.emplace();
    for (auto& config : describe_topic_configs(topic, call.options())) {
        auto& one = out.configs->emplace_back();
        one.name = config.row->name;
        one.value = std::move(config.value);
        one.read_only = config.row->read_only;
        one.config_source = static_cast<std::int8_t>(config.source);
        one.is_sensitive = config.row->sensitive;
    }
}

task<made_topic> create(api_call& call, wanted_topic const& wanted, bool validate_only) {
    made_topic out;
    out.name = wanted.name;
    out.configs.reset();
    auto plan = plan_topic(call, wanted);
    if (plan.error == error_code::none) {
        auth::guarded_logs::create_request request;
        request.name = wanted.name;
        request.partitions = plan.partitions;
        request.settings = std::move(plan.settings.given);
        request.retention = plan.settings.retention;
        request.validate_only = validate_only;
        auto const made = co_await call.logs().create(call.who(), std::move(request));
        if (made.has_value()) {
            show(call, *made, out);
            co_return out;
        }
        plan.error = made.error().code == error::too_large ? error_code::invalid_partitions
                     : made.error().code == error::invalid_argument
                         ? error_code::invalid_topic_exception
                         : topic_error(call, made.error());
        plan.text = text_of(plan.error, made.error());
    }
    out.error_code = call.code(plan.error);
    out.error_message = std::move(plan.text);
    co_return out;
}

}  // namespace

task<create_topics_response> api::create_topics(api_call& call,
                                                create_topics_request const& request) {
    create_topics_response out;
    std::map<std::string_view, std::size_t> named;
    for (auto const& wanted : request.topics) ++named[wanted.name];
    std::set<std::string_view> refused_names;
    for (auto const& wanted : request.topics) {
        if (named[wanted.name] > 1) {
            // One answer for all of them.
            if (!refused_names.insert(wanted.name).second) continue;
            made_topic twice;
            twice.name = wanted.name;
            twice.configs.reset();
            twice.error_code = call.code(error_code::invalid_request);
            twice.error_message = "The topic is named twice";
            out.topics.push_back(std::move(twice));
            continue;
        }
        auto made = co_await create(call, wanted, request.validate_only);
        out.topics.push_back(std::move(made));
    }
    co_return out;
}

}  // namespace sluice::kafka
