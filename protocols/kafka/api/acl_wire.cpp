#include "protocols/kafka/api/acl_wire.hpp"

namespace sluice::kafka {
namespace {

// Of the protocol: resources up to USER, operations up to DESCRIBE_TOKENS and TWO_PHASE_COMMIT. What
// this server has no ACLs for matches none.
constexpr std::int8_t last_resource = 7;
constexpr std::int8_t last_pattern = 4;
constexpr std::int8_t last_operation = 15;
constexpr std::int8_t last_permission = 3;

bool is_known(std::int8_t number, std::int8_t last, std::string_view what, std::string& why) {
    if (number >= 1 && number <= last) return true;
    why = "unknown " + std::string(what) + " " + std::to_string(number);
    return false;
}

}  // namespace

std::optional<auth::acl_filter> read_acl_filter(std::int8_t resource,
                                                std::optional<std::string> const& name,
                                                std::int8_t pattern,
                                                std::optional<std::string> const& principal,
                                                std::optional<std::string> const& host,
                                                std::int8_t operation, std::int8_t permission,
                                                std::string& why) {
    bool const known = is_known(resource, last_resource, "resource type", why) &&
                       is_known(pattern, last_pattern, "pattern type", why) &&
                       is_known(operation, last_operation, "operation", why) &&
                       is_known(permission, last_permission, "permission type", why);
    if (!known) return std::nullopt;
    auth::acl_filter out;
    out.resource = auth::acl_resource{resource};
    out.name = name;
    out.pattern = auth::acl_pattern{pattern};
    out.principal = principal;
    out.host = host;
    out.operation = auth::acl_operation{operation};
    out.permission = auth::acl_permission{permission};
    return out;
}

}  // namespace sluice::kafka
