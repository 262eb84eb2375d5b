#include "protocols/kafka/schema/delete_acls.hpp"

#include "protocols/kafka/api/acl_wire.hpp"
#include "protocols/kafka/api/handlers.hpp"

namespace sluice::kafka {
namespace {

using shown_acl = delete_acls_response::delete_acls_filter_result::delete_acls_matching_acl;

shown_acl show(auth::acl const& one) {
    shown_acl out;
    out.error_message.reset();
    out.resource_type = static_cast<std::int8_t>(one.resource);
    out.resource_name = one.name;
    out.pattern_type = static_cast<std::int8_t>(one.pattern);
    out.principal = one.principal;
    out.host = one.host;
    out.operation = static_cast<std::int8_t>(one.operation);
    out.permission_type = static_cast<std::int8_t>(one.permission);
    return out;
}

}  // namespace

// Only what ACLs made goes: rules of other grammars are their own owners' to remove.
task<delete_acls_response> api::delete_acls(api_call& call, delete_acls_request const& request) {
    delete_acls_response out;
    std::vector<auth::acl_filter> filters;
    std::vector<std::size_t> places;
    for (auto const& wanted : request.filters) {
        auto& answer = out.filter_results.emplace_back();
        answer.error_message.reset();
        std::string why;
        auto filter = read_acl_filter(wanted, why);
        if (filter) {
            filters.push_back(std::move(*filter));
            places.push_back(out.filter_results.size() - 1);
            continue;
        }
        answer.error_code = call.code(error_code::invalid_request);
        answer.error_message = std::move(why);
    }
    if (filters.empty()) co_return out;
    auto const gone = co_await call.services.acls.remove(call.who(), std::move(filters));
    for (std::size_t i = 0; i < places.size(); ++i) {
        auto& answer = out.filter_results[places[i]];
        if (gone.has_error()) {
            auto const error = cluster_error(call, gone.error());
            answer.error_code = call.code(error);
            answer.error_message = text_of(error, gone.error());
            continue;
        }
        for (auto const& one : (*gone)[i]) answer.matching_acls.push_back(show(one));
    }
    co_return out;
}

}  // namespace sluice::kafka
