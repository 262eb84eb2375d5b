#include "protocols/kafka/schema/describe_acls.hpp"

#include <map>
#include <tuple>

#include "protocols/kafka/api/acl_wire.hpp"
#include "protocols/kafka/api/handlers.hpp"

namespace sluice::kafka {

task<describe_acls_response> api::describe_acls(api_call& call,
                                                describe_acls_request const& request) {
    describe_acls_response out;
    out.error_message.reset();
    std::string why;
    auto filter = read_acl_filter(request, why);
    if (!filter) {
        out.error_code = call.code(error_code::invalid_request);
        out.error_message = std::move(why);
        co_return out;
    }
    auto found = co_await call.services.acls.list(call.who(), std::move(*filter));
    if (found.has_error()) {
        auto const error = cluster_error(call, found.error());
        out.error_code = call.code(error);
        out.error_message = text_of(error, found.error());
        co_return out;
    }
    using key = std::tuple<auth::acl_resource, std::string, auth::acl_pattern>;
    std::map<key, std::size_t> places;
    for (auto& one : *found) {
        auto const [place, is_new] =
            places.emplace(key{one.resource, one.name, one.pattern}, out.resources.size());
        if (is_new) {
            auto& resource = out.resources.emplace_back();
            resource.resource_type = static_cast<std::int8_t>(one.resource);
            resource.resource_name = one.name;
            resource.pattern_type = static_cast<std::int8_t>(one.pattern);
        }
        auto& shown = out.resources[place->second].acls.emplace_back();
        shown.principal = std::move(one.principal);
        shown.host = std::move(one.host);
        shown.operation = static_cast<std::int8_t>(one.operation);
        shown.permission_type = static_cast<std::int8_t>(one.permission);
    }
    co_return out;
}

}  // namespace sluice::kafka
