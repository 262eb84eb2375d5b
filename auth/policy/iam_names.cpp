#include "auth/policy/iam_names.hpp"

#include "auth/policy/account.hpp"
#include "auth/policy/rule.hpp"

namespace sluice::auth {
namespace {

constexpr std::string_view aws_policies_prefix = "arn:aws:iam::aws:policy/";

std::string account_prefix() { return "arn:aws:iam::" + std::string(account_id) + ":"; }

std::string arn_of(std::string_view kind, std::string_view name) {
    return account_prefix() + std::string(kind) + "/" + std::string(name);
}

// What stands behind "<account>:<kind>/".
std::optional<std::string> name_in(std::string_view arn, std::string_view kind) {
    auto const prefix = arn_of(kind, {});
    if (!arn.starts_with(prefix) || arn.size() == prefix.size()) return std::nullopt;
    return std::string(arn.substr(prefix.size()));
}

bool has_path(std::optional<std::string> const& name) {
    return name && name->find('/') != std::string::npos;
}

std::string_view kind_in_arn(principal const& who) noexcept {
    if (who.kind == principal_kind::role) return "role";
    return who.kind == principal_kind::group ? "group" : "user";
}

// Nobody acts as any of these, so that no policy can mean them.
bool is_unnamed(principal const& who) noexcept {
    return who.id == anonymous_id || who.id == system_id || who.kind == principal_kind::group;
}

}  // namespace

std::string principal_arn(principal const& who) {
    if (who.id == anonymous_id || who.id == system_id) return {};
    if (who.id == root_id) return account_prefix() + "root";
    return arn_of(kind_in_arn(who), who.name);
}

std::string role_arn(std::string_view role) { return arn_of("role", role); }

std::string assumed_role_arn(std::string_view role, std::string_view session) {
    return "arn:aws:sts::" + std::string(account_id) + ":assumed-role/" + std::string(role) + "/" +
           std::string(session);
}

std::optional<std::string> role_of_arn(std::string_view arn) {
    auto name = name_in(arn, "role");
    return has_path(name) ? std::nullopt : name;
}

std::string policy_arn(std::string_view name) { return arn_of("policy", name); }

std::string aws_policy_arn(std::string_view name) {
    return std::string(aws_policies_prefix) + std::string(name);
}

std::optional<named_policy> policy_of_arn(std::string_view arn) {
    bool const is_aws = arn.starts_with(aws_policies_prefix);
    auto name = is_aws ? std::optional(std::string(arn.substr(aws_policies_prefix.size())))
                       : name_in(arn, "policy");
    if (!name || name->empty() || has_path(name)) return std::nullopt;
    return named_policy{*std::move(name), is_aws};
}

std::string provider_arn(std::string_view name) { return arn_of("oidc-provider", name); }

std::optional<std::string> provider_of_arn(std::string_view arn) {
    return name_in(arn, "oidc-provider");
}

std::string_view principal_type(principal const& who) noexcept {
    if (who.id == anonymous_id) return "Anonymous";
    if (who.id == root_id) return "Account";
    return who.kind == principal_kind::role ? "AssumedRole" : "User";
}

std::optional<named_principal> find_named(directory const& people, std::string_view name) {
    if (name == account_id || name == account_prefix() + "root")
        return named_principal{root_id, true};
    if (auto const id = find_canonical(people, name)) return named_principal{*id, false};
    auto const* found = people.find(name);
    if (name.starts_with(account_prefix())) {
        auto const user = name_in(name, "user");
        auto const role = name_in(name, "role");
        if (!user && !role) return std::nullopt;
        found = people.find(user ? *user : *role);
        bool const is_role = found && found->kind == principal_kind::role;
        // Root is no user of the account.
        if (found && (is_role != role.has_value() || found->id == root_id)) return std::nullopt;
    }
    if (!found || is_unnamed(*found)) return std::nullopt;
    return named_principal{found->id, false};
}

std::optional<principal_id> find_canonical(directory const& people, std::string_view id) {
    auto const* found = people.find_canonical(id);
    if (!found || is_unnamed(*found)) return std::nullopt;
    return found->id;
}

}  // namespace sluice::auth
