#include "protocols/kafka/schema/create_acls.hpp"

#include "protocols/kafka/api/handlers.hpp"
#include "auth/policy/grammar_kafka.hpp"

namespace sluice::kafka {
namespace {

auth::acl read(create_acls_request::acl_creation const& given) {
    auth::acl out;
    out.resource = auth::acl_resource{given.resource_type};
    out.name = given.resource_name;
    out.pattern = auth::acl_pattern{given.resource_pattern_type};
    out.principal = given.principal;
    out.host = given.host;
    out.operation = auth::acl_operation{given.operation};
    out.permission = auth::acl_permission{given.permission_type};
    return out;
}

}  // namespace

task<create_acls_response> api::create_acls(api_call& call, create_acls_request const& request) {
    create_acls_response out;
    std::vector<auth::acl> wanted;
    for (auto const& one : request.creations) wanted.push_back(read(one));
    auto const made = co_await call.services.acls.create(call.who(), std::move(wanted));
    for (std::size_t i = 0; i < request.creations.size(); ++i) {
        auto& answer = out.results.emplace_back();
        answer.error_message.reset();
        if (made.has_value() && (*made)[i].has_value()) continue;
        auto const& why = made.has_error() ? made.error() : (*made)[i].error();
        // Of an ACL, not of the request: what it names is not there, or it is none.
        bool const is_its_own = made.has_value();
        auto const error = is_its_own ? error_code::invalid_request : cluster_error(call, why);
        answer.error_code = call.code(error);
        answer.error_message = text_of(error, why);
    }
    co_return out;
}

}  // namespace sluice::kafka
