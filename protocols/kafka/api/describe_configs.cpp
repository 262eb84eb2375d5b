#include "protocols/kafka/schema/describe_configs.hpp"

#include <algorithm>

#include "protocols/kafka/api/groups.hpp"
#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/topics.hpp"
#include "protocols/kafka/config/topic_settings.hpp"

namespace sluice::kafka {
namespace {

using wanted_resource = describe_configs_request::describe_configs_resource;
using shown_resource = describe_configs_response::describe_configs_result;
using shown_config = shown_resource::describe_configs_resource_result;

constexpr std::int8_t topic_resource = 2;
constexpr std::int8_t broker_resource = 4;
constexpr std::int8_t group_resource = 32;

void refuse(api_call& call, shown_resource& out, error_code error, std::string text) {
    out.error_code = call.code(error);
    out.error_message = bounded(std::move(text));
}

void show(describe_configs_request const& request, wanted_resource const& wanted,
          std::vector<described_config> configs, shown_resource& out) {
    for (auto& config : configs) {
        auto const& row = *config.row;
        auto const& keys = wanted.configuration_keys;
        if (keys && !keys->empty() && std::find(keys->begin(), keys->end(), row.name) == keys->end()) continue;
        shown_config one;
        one.name = row.name;
        if (!row.sensitive)
            one.value = std::move(config.value);
        else
            one.value.reset();
        one.read_only = row.read_only;
        one.config_source = static_cast<std::int8_t>(config.source);
        one.is_sensitive = row.sensitive;
        one.config_type = static_cast<std::int8_t>(row.type);
        one.documentation.reset();
        if (request.include_synonyms && !row.sensitive)
            for (auto& synonym : config.synonyms)
                one.synonyms.push_back({std::move(synonym.name), std::move(synonym.value),
                                        static_cast<std::int8_t>(synonym.source)});
        out.configs.push_back(std::move(one));
    }
}

task<void> describe_topic(api_call& call, describe_configs_request const& request,
                          wanted_resource const& wanted, shown_resource& out) {
    if (auto const why = why_no_topic_name(wanted.resource_name); !why.empty()) {
        refuse(call, out, error_code::invalid_topic_exception, std::string(why));
        co_return;
    }
    auto const found = co_await find_named_topic(call, wanted.resource_name);
    if (found.error != error_code::none) {
        refuse(call, out, found.error, found.text);
        co_return;
    }
    show(request, wanted, describe_topic_configs(found.topic, call.options()), out);
}

// The empty name asks for the defaults of the cluster, of which none is set.
task<void> describe_broker(api_call& call, describe_configs_request const& request,
                           wanted_resource const& wanted, shown_resource& out) {
    auto const& name = wanted.resource_name;
    if (!name.empty() && name != std::to_string(this_node)) {
        refuse(call, out, error_code::invalid_request,
               "Unexpected broker id, expected " + std::to_string(this_node) +
                   " or empty string, but received " + name);
        co_return;
    }
    auto const refused = co_await permit_on_cluster(call, auth::action::describe);
    if (refused.error != error_code::none) {
        refuse(call, out, refused.error, refused.text);
        co_return;
    }
    if (name.empty()) co_return;
    auto const listener = std::string(call.facts.tls ? "SASL_SSL" : "SASL_PLAINTEXT") + "://" +
                          call.advertised.host + ":" + std::to_string(call.advertised.port);
    show(request, wanted, describe_broker_configs(call.options(), listener), out);
}

// A group need not be there to have configurations.
task<void> describe_group(api_call& call, describe_configs_request const& request,
                          wanted_resource const& wanted, shown_resource& out) {
    if (wanted.resource_name.empty()) {
        refuse(call, out, error_code::invalid_request, "Default group resources are not allowed.");
        co_return;
    }
    auto const refused = co_await permit_onlooker(call, wanted.resource_name);
    if (refused != error_code::none) {
        refuse(call, out, refused, std::string(message_of(refused)));
        co_return;
    }
    show(request, wanted, describe_group_configs(call.options()), out);
}

}  // namespace

task<describe_configs_response> api::describe_configs(api_call& call,
                                                      describe_configs_request const& request) {
    describe_configs_response out;
    for (auto const& wanted : request.resources) {
        shown_resource one;
        one.error_message.reset();
        one.resource_type = wanted.resource_type;
        one.resource_name = wanted.resource_name;
        if (wanted.resource_type == topic_resource)
            co_await describe_topic(call, request, wanted, one);
        else if (wanted.resource_type == broker_resource)
            co_await describe_broker(call, request, wanted, one);
        else if (wanted.resource_type == group_resource)
            co_await describe_group(call, request, wanted, one);
        else
            refuse(call, one, error_code::invalid_request,
                   "This server describes topics, brokers and groups only");
        out.results.push_back(std::move(one));
    }
    co_return out;
}

}  // namespace sluice::kafka
