#include "auth/policy/grammar_kafka.hpp"

#include <algorithm>
#include <array>

#include "auth/identity/principal.hpp"
#include "auth/policy/condition.hpp"

namespace sluice::auth {
namespace {

using op = acl_operation;
using on = acl_resource;

constexpr std::string_view user_prefix = "User:";
constexpr std::string_view role_prefix = "Role:";
constexpr std::string_view describes_configs = "DescribeConfigs";
constexpr std::string_view alters_configs = "IncrementalAlterConfigs";

constexpr std::array rows{
    acl_operation_row{on::topic, op::read, {action::read_log}, {}},
    acl_operation_row{on::topic, op::write, {action::append}, {}},
    acl_operation_row{on::topic, op::create, {action::create}, {}},
    acl_operation_row{on::topic, op::delete_, {action::drop, action::delete_}, {}},
    acl_operation_row{on::topic, op::alter, {action::alter}, "CreatePartitions"},
    acl_operation_row{on::topic, op::describe, {action::describe}, "Metadata"},
    acl_operation_row{on::topic, op::describe_configs, {action::describe}, describes_configs},
    acl_operation_row{on::topic, op::alter_configs, {action::alter}, alters_configs},
    acl_operation_row{on::group, op::read, {action::commit_offset}, {}},
    acl_operation_row{on::group, op::delete_, {action::drop}, {}},
    acl_operation_row{on::group, op::describe, {action::describe}, {}},
    acl_operation_row{on::cluster, op::create, {action::create}, {}},
    acl_operation_row{on::cluster, op::alter, {action::alter, action::grant}, "CreateAcls"},
    acl_operation_row{on::cluster, op::describe, {action::describe}, "DescribeCluster"},
    acl_operation_row{on::cluster, op::describe_configs, {action::describe}, describes_configs},
    acl_operation_row{on::cluster, op::alter_configs, {action::alter}, alters_configs},
    acl_operation_row{on::cluster, op::idempotent_write, {action::append}, {}},
    acl_operation_row{on::transactional_id, op::write, {action::append}, {}},
    acl_operation_row{on::transactional_id, op::describe, {action::describe}, {}},
};

acl_operation_row const* find_row(on resource, op operation) noexcept {
    for (auto const& row : rows)
        if (row.resource == resource && row.operation == operation) return &row;
    return nullptr;
}

action_set all_verbs(on resource) noexcept {
    action_set out;
    for (auto const& row : rows)
        if (row.resource == resource) out = out | row.verbs;
    return out;
}

condition about(std::string_view name, condition::test how, std::vector<std::string> values) {
    condition out;
    out.name = name;
    out.how = how;
    out.values = std::move(values);
    return out;
}

// Configurations have their own operations on these.
bool has_configs(on resource) noexcept {
    return resource == on::topic || resource == on::cluster;
}

// Verbs and conditions of an operation, the host's apart.
void set_rights(acl const& given, rule& out) {
    using test = condition::test;
    std::string const describing(describes_configs);
    std::vector<std::string> const altering{"AlterConfigs", std::string(alters_configs)};
    bool const allows = given.permission == acl_permission::allow;
    auto& conditions = out.conditions;
    if (given.operation == op::all) {
        out.verbs = all_verbs(given.resource);
    } else {
        out.verbs = find_row(given.resource, given.operation)->verbs;
        bool const implies = allows && (given.operation == op::read || given.operation == op::write ||
                                        given.operation == op::delete_ || given.operation == op::alter);
        if (implies) out.verbs = out.verbs | action_set{action::describe};
        if (given.operation == op::alter_configs) {
            auto asked = altering;
            if (allows) {
                out.verbs = out.verbs | action_set{action::describe};
                asked.push_back(describing);
            }
            conditions.push_back(about("operation", test::text_equals, std::move(asked)));
        } else if (given.operation == op::describe_configs) {
            conditions.push_back(about("operation", test::text_equals, {describing}));
        } else if (has_configs(given.resource) && (out.verbs.has(action::describe) ||
                                                   out.verbs.has(action::alter))) {
            auto others = altering;
            others.push_back(describing);
            conditions.push_back(about("operation", test::text_not_equals, std::move(others)));
        }
    }
    // Rights over other people's rules do not leave Kafka.
    if (out.verbs.has(action::grant))
        conditions.push_back(about("protocol", test::text_equals, {"kafka"}));
}

result<void> check(acl const& given) {
    auto const bad = [](std::string text) {
        return failure{error::invalid_argument, std::move(text)};
    };
    if (given.permission != acl_permission::allow && given.permission != acl_permission::deny)
        return bad("an ACL allows or denies");
    if (given.pattern != acl_pattern::literal && given.pattern != acl_pattern::prefixed)
        return bad("the pattern of an ACL is literal or prefixed");
    if (given.resource < on::topic || given.resource > on::transactional_id)
        return bad(
            "this server has ACLs for topics, groups, the cluster and transactional ids only");
    if (given.name.empty()) return bad("the resource name is empty");
    if (given.name.size() > longest_pattern) return bad("the resource name is too long");
    bool const is_cluster = given.resource == on::cluster;
    if (is_cluster && (given.name != acl_cluster_name || given.pattern != acl_pattern::literal))
        return bad("the only valid name for the CLUSTER resource is kafka-cluster");
    if (given.operation != op::all && find_row(given.resource, given.operation) == nullptr)
        return bad("this operation has no meaning for this kind of resource on this server");
    if (given.host != acl_any_name && address_in(given.host, given.host) != condition_outcome::holds)
        return bad("the host of an ACL is an address, or *");
    return {};
}

resource_kind kind_of(on resource) noexcept {
    switch (resource) {
        case on::group: return resource_kind::group;
        case on::cluster: return resource_kind::cluster;
        case on::transactional_id: return resource_kind::transaction;
        default: return resource_kind::dataset;
    }
}

std::string_view word_of(acl_permission permission) {
    return permission == acl_permission::allow ? "Allow" : "Deny";
}

std::string_view word_of(op operation) {
    switch (operation) {
        case op::all: return "All";
        case op::read: return "Read";
        case op::write: return "Write";
        case op::create: return "Create";
        case op::delete_: return "Delete";
        case op::alter: return "Alter";
        case op::describe: return "Describe";
        case op::cluster_action: return "ClusterAction";
        case op::describe_configs: return "DescribeConfigs";
        case op::alter_configs: return "AlterConfigs";
        case op::idempotent_write: return "IdempotentWrite";
        default: return "Unknown";
    }
}

// What decides, and not who made it when.
bool same_rights(rule const& a, rule const& b) {
    return a.effect == b.effect && a.verbs == b.verbs && a.on == b.on && a.facets == b.facets &&
           a.columns == b.columns && a.conditions == b.conditions;
}

std::optional<on> resource_of(rule const& value) {
    if (value.on.part.what != text_pattern::kind::any) return std::nullopt;
    switch (value.on.kind) {
        case resource_kind::cluster: return on::cluster;
        case resource_kind::group: return on::group;
        case resource_kind::transaction: return on::transactional_id;
        case resource_kind::dataset: break;
        case resource_kind::principal: return std::nullopt;
    }
    bool const reaches_logs = value.facets & static_cast<std::uint8_t>(facet::log);
    return reaches_logs ? std::optional(on::topic) : std::nullopt;
}

// Everything of the ACL but its operation; nullopt: no ACL says it.
std::optional<acl> frame_of(rule const& value, acl_principal_namer const& name) {
    acl out;
    auto const resource = resource_of(value);
    if (!resource || !value.columns.empty()) return std::nullopt;
    out.resource = *resource;
    auto const& pattern = value.on.name;
    if (out.resource == on::cluster) {
        out.name = acl_cluster_name;
    } else if (pattern.what == text_pattern::kind::any) {
        out.name = acl_any_name;
    } else if (pattern.what == text_pattern::kind::exact && pattern.text != acl_any_name) {
        out.name = pattern.text;
    } else if (pattern.what == text_pattern::kind::prefix) {
        out.name = pattern.text;
        out.pattern = acl_pattern::prefixed;
    } else {
        return std::nullopt;
    }
    out.permission =
        value.effect == effect::allow ? acl_permission::allow : acl_permission::deny;
    if (value.who.what == principal_pattern::kind::anyone) {
        out.principal = std::string(user_prefix) + "*";
    } else if (value.who.what == principal_pattern::kind::named) {
        auto known = name(value.who.id);
        if (!known) return std::nullopt;
        out.principal = std::move(*known);
    } else {
        return std::nullopt;
    }
    for (auto const& one : value.conditions)
        if (one.name == "source_ip" && one.how == condition::test::ip_in && one.values.size() == 1)
            out.host = one.values.front();
    return out;
}

// What a rule with these rights and no more conditions than a host lets do or forbids.
std::vector<acl> said_of(rule const& value, acl const& frame) {
    bool const only_host =
        value.conditions.empty() || (value.conditions.size() == 1 && frame.host != acl_any_name);
    std::vector<acl> out;
    if (!only_host) return out;
    auto one = frame;
    if (value.verbs.bits() == (value.verbs | all_verbs(frame.resource)).bits()) {
        one.operation = op::all;
        return {one};
    }
    for (auto const& row : rows) {
        if (row.resource != frame.resource || (value.verbs | row.verbs) != value.verbs) continue;
        one.operation = row.operation;
        out.push_back(one);
    }
    return out;
}

}  // namespace

bool acl_filter::matches(acl const& one) const {
    if (resource != acl_resource::any && resource != one.resource) return false;
    if (permission != acl_permission::any && permission != one.permission) return false;
    if (operation != acl_operation::any && operation != one.operation) return false;
    if (principal && *principal != one.principal) return false;
    if (host && *host != one.host) return false;
    bool const of_pattern = pattern == acl_pattern::any || pattern == acl_pattern::match ||
                            pattern == one.pattern;
    if (!of_pattern) return false;
    if (!name) return true;
    if (pattern != acl_pattern::match) return *name == one.name;
    if (one.pattern == acl_pattern::prefixed) return name->starts_with(one.name);
    return *name == one.name || one.name == acl_any_name;
}

std::span<acl_operation_row const> acl_operations() noexcept { return rows; }

result<rule> parse_acl(acl const& given, principal_resolver const& resolve) {
    SLUICE_CHECK(check(given));
    rule out;
    out.origin = grammar::kafka_acl;
    out.effect = given.permission == acl_permission::allow ? effect::allow : effect::deny;
    std::string_view const principal = given.principal;
    bool const is_user = principal.starts_with(user_prefix);
    if (!is_user && !principal.starts_with(role_prefix))
        return failure{error::invalid_argument,
                       "the principal of an ACL is User:NAME, Role:NAME or User:*"};
    auto const name = principal.substr(user_prefix.size());
    if (is_user && name == acl_any_name) {
        out.who.what = principal_pattern::kind::anyone;
    } else {
        auto const known = resolve(principal);
        if (!known)
            return failure{error::not_found, "there is no principal '" + std::string(principal) +
                                                 "': ACLs name principals that exist"};
        out.who = {principal_pattern::kind::named, *known};
    }
    out.on.kind = kind_of(given.resource);
    if (given.pattern == acl_pattern::prefixed)
        out.on.name = {text_pattern::kind::prefix, given.name};
    else if (given.name != acl_any_name && given.resource != on::cluster)
        out.on.name = {text_pattern::kind::exact, given.name};
    if (given.resource == on::topic) out.facets = static_cast<std::uint8_t>(facet::log);
    set_rights(given, out);
    if (given.host != acl_any_name)
        out.conditions.push_back(about("source_ip", condition::test::ip_in, {given.host}));
    out.text = std::string(word_of(given.permission)) + " " + std::string(word_of(given.operation));
    SLUICE_CHECK(check_rule(out));
    return out;
}

std::vector<acl> to_acls(rule const& value, acl_principal_namer const& name) {
    auto frame = frame_of(value, name);
    if (!frame) return {};
    auto const resolve = [&](std::string_view) { return std::optional(value.who.id); };
    for (std::int8_t number = 2; number <= static_cast<std::int8_t>(op::idempotent_write); ++number) {
        frame->operation = static_cast<op>(number);
        auto const made = parse_acl(*frame, resolve);
        // Two operations may come to the same rights: the text says which it was.
        bool const fits = made.has_value() && same_rights(*made, value) &&
                          (value.origin != grammar::kafka_acl || made->text == value.text);
        if (fits) return {*frame};
    }
    if (value.origin == grammar::kafka_acl || value.origin == grammar::iam_json) return {};
    return said_of(value, *frame);
}

}  // namespace sluice::auth
