#include "protocols/kafka/schema/describe_cluster.hpp"

#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/topics.hpp"

namespace sluice::kafka {

// KIP-700, KIP-919: one broker, which is also the controller; clients reach the former.
task<describe_cluster_response> api::describe_cluster(api_call& call,
                                                      describe_cluster_request const& request) {
    constexpr std::int8_t brokers = 1, controllers = 2;
    describe_cluster_response out;
    out.endpoint_type = request.endpoint_type;
    if (request.endpoint_type != brokers) {
        auto const error = request.endpoint_type == controllers
                               ? error_code::mismatched_endpoint_type
                               : error_code::unsupported_endpoint_type;
        out.error_code = call.code(error);
        out.error_message = std::string(message_of(error));
        co_return out;
    }
    out.cluster_id = call.options().cluster_id;
    out.controller_id = this_node;
    auto& one = out.brokers.emplace_back();
    one.broker_id = this_node;
    one.host = call.advertised.host;
    one.port = call.advertised.port;
    if (request.include_cluster_authorized_operations)
        out.cluster_authorized_operations = cluster_operations(call);
    co_return out;
}

}  // namespace sluice::kafka
