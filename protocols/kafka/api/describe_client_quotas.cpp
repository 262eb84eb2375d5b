#include "protocols/kafka/schema/describe_client_quotas.hpp"

#include <set>

#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/topics.hpp"

namespace sluice::kafka {
namespace {

using wanted_component = describe_client_quotas_request::component_data;

// Empty: it can be asked for.
std::string why_not(std::vector<wanted_component> const& components) {
    constexpr std::int8_t exact = 0, any_named = 2;
    std::set<std::string_view> types;
    for (auto const& one : components) {
        bool const known = one.entity_type == "user" || one.entity_type == "client-id" ||
                           one.entity_type == "ip";
        if (!known) return "unknown entity type " + one.entity_type;
        if (!types.insert(one.entity_type).second) return "a filter names an entity type twice";
        if (one.match_type < exact || one.match_type > any_named) return "unknown match type";
        if ((one.match_type == exact) != one.match.has_value())
            return "a filter has a name when it asks for one, and only then";
    }
    return {};
}

}  // namespace

// KIP-546. No client has a quota: none can be set.
task<describe_client_quotas_response> api::describe_client_quotas(
    api_call& call, describe_client_quotas_request const& request) {
    describe_client_quotas_response out;
    out.error_message.reset();
    auto refused = co_await permit_on_cluster(call, auth::action::describe);
    if (refused.error == error_code::none)
        if (auto why = why_not(request.components); !why.empty())
            refused = {error_code::invalid_request, bounded(std::move(why))};
    out.error_code = call.code(refused.error);
    if (refused.error != error_code::none) {
        out.error_message = std::move(refused.text);
        out.entries.reset();
    }
    co_return out;
}

}  // namespace sluice::kafka
