// Kafka's ACLs over the one rule: an ACL becomes exactly one rule of grammar `kafka_acl`, and such a
// rule the same ACL again. What each operation of Kafka means in verbs, for each kind of resource, is
// one table here, which fronts also ask for authorised operations. Pure.
//
//     topic       dataset, facet log      group           group
//     cluster     cluster                 transactional   transaction
//     literal     exact, "*" any          prefixed        prefix
//     User:name   that principal          User:*          anyone           Role:name  that role
//     host        source_ip in ADDRESS, "*" nothing
//
// As in Kafka an allowed read, write, delete or alter also allows describe, and an allowed alter of
// configurations their description; a deny takes only what it names. Configurations have no verbs of
// their own: conditions on `operation` part them from describe and alter. Alter on the cluster is
// what changes ACLs: its rule has the verb grant, on connections of Kafka only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/policy/grammar_text.hpp"
#include "auth/policy/rule.hpp"

namespace sluice::auth {

// Numbers as the protocol has them (AclOperation, ResourceType, PatternType, AclPermissionType).
enum class acl_operation : std::int8_t {
    unknown = 0,
    any = 1,
    all = 2,
    read = 3,
    write = 4,
    create = 5,
    delete_ = 6,
    alter = 7,
    describe = 8,
    cluster_action = 9,
    describe_configs = 10,
    alter_configs = 11,
    idempotent_write = 12,
};
enum class acl_resource : std::int8_t {
    unknown = 0,
    any = 1,
    topic = 2,
    group = 3,
    cluster = 4,
    transactional_id = 5,
};
enum class acl_pattern : std::int8_t { unknown = 0, any = 1, match = 2, literal = 3, prefixed = 4 };
enum class acl_permission : std::int8_t { unknown = 0, any = 1, deny = 2, allow = 3 };

inline constexpr std::string_view acl_cluster_name = "kafka-cluster";
inline constexpr std::string_view acl_any_name = "*";

struct acl {
    acl_resource resource = acl_resource::topic;
    std::string name;
    acl_pattern pattern = acl_pattern::literal;
    std::string principal;  // "User:alice"
    std::string host{acl_any_name};
    acl_operation operation = acl_operation::all;
    acl_permission permission = acl_permission::allow;
    bool operator==(acl const&) const = default;
};
// What is asked for: `any`, `match` and nullopt say nothing of their field.
struct acl_filter {
    acl_resource resource = acl_resource::any;
    std::optional<std::string> name;
    acl_pattern pattern = acl_pattern::any;
    std::optional<std::string> principal;
    std::optional<std::string> host;
    acl_operation operation = acl_operation::any;
    acl_permission permission = acl_permission::any;

    bool matches(acl const& one) const;
};

// What an operation asks of a kind of resource, without what comes with it when it is allowed.
struct acl_operation_row {
    acl_resource resource;
    acl_operation operation;
    action_set verbs;
    std::string_view asked_as;  // an operation of the protocol that asks for it; empty: any
};
std::span<acl_operation_row const> acl_operations() noexcept;

// invalid_argument: no ACL, or one of something this server has not (the text says which);
// not_found: the principal. id, grantor and created are left to the caller.
result<rule> parse_acl(acl const& given, principal_resolver const& resolve);

// Of a principal's id: "User:alice", "Role:admins".
using acl_principal_namer = std::function<std::optional<std::string>(principal_id)>;
// The ACL that made a rule of grammar kafka_acl. Of other grammars: what the rule says about
// Kafka's resources, where ACLs can say it; empty otherwise.
std::vector<acl> to_acls(rule const& value, acl_principal_namer const& name);

}  // namespace sluice::auth
