// ACLs and filters of ACLs as the messages carry them. The message structs differ only in their
// names, so these are templates over them. Pure.
#pragma once

#include <optional>
#include <string>

#include "auth/policy/grammar_kafka.hpp"
#include "protocols/kafka/wire/errors.hpp"

namespace sluice::kafka {

// nullopt: a number this server does not know, which Kafka refuses too; `why` says which.
std::optional<auth::acl_filter> read_acl_filter(std::int8_t resource,
                                                std::optional<std::string> const& name,
                                                std::int8_t pattern,
                                                std::optional<std::string> const& principal,
                                                std::optional<std::string> const& host,
                                                std::int8_t operation, std::int8_t permission,
                                                std::string& why);

template <class Filter>
std::optional<auth::acl_filter> read_acl_filter(Filter const& wanted, std::string& why) {
    return read_acl_filter(wanted.resource_type_filter, wanted.resource_name_filter,
                           wanted.pattern_type_filter, wanted.principal_filter,
                           wanted.host_filter, wanted.operation, wanted.permission_type, why);
}

}  // namespace sluice::kafka
