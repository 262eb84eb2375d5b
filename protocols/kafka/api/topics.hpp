// What several handlers ask about topics: names and ids on the wire, which operations a caller may
// do.
#pragma once

#include <string>
#include <string_view>

#include "backend/store/model/topic_info.hpp"
#include "gateway/core/task.hpp"
#include "protocols/kafka/api/api_call.hpp"

namespace sluice::kafka {

store::topic_uuid to_store(uuid const& id) noexcept;
uuid to_wire(store::topic_uuid const& id) noexcept;
bool is_zero(uuid const& id) noexcept;

// 1 to 249 of [a-zA-Z0-9._-], not "." or ".."; empty: it is. The text says why not.
std::string_view why_no_topic_name(std::string_view name) noexcept;

// By name, or by id when the name is empty. The id's own error is unknown_topic_id.
struct found_topic {
    error_code error = error_code::none;
    std::string text;  // with an error
    store::topic_info topic;
};
task<found_topic> find_topic(api_call& call, std::string name, uuid id);
task<found_topic> find_named_topic(api_call& call, std::string name);
task<found_topic> find_topic_of_id(api_call& call, uuid id);

// A setting of a topic that is a number: the topic's own or `otherwise`.
std::int64_t number_setting(store::topic_info const& topic, std::string const& name,
                            std::int64_t otherwise);

// Bits of Kafka's AclOperation codes that the caller may do, as answers carry them.
std::int32_t topic_operations(api_call& call, std::string const& name);
std::int32_t group_operations(api_call& call, std::string const& group);
std::int32_t cluster_operations(api_call& call);

// What the cluster's own operations ask for; error none: it is allowed.
struct refused_call {
    error_code error = error_code::none;
    std::string text;
};
task<refused_call> permit_on_cluster(api_call& call, auth::action verb);

}  // namespace sluice::kafka
