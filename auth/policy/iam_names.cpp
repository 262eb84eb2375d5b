#include "auth/policy/iam_names.hpp"

#include "auth/policy/account.hpp"
#include "auth/policy/rule.hpp"

namespace sluice::auth {
namespace {

std::string account_prefix() { return "arn:aws:iam::" + std::string(account_id) + ":"; }

bool is_role(principal const& who) { return who.kind == principal_kind::role; }

}  // namespace

std::string principal_arn(principal const& who) {
    if (who.id == anonymous_id || who.id == system_id) return {};
    if (who.id == root_id) return account_prefix() + "root";
    return account_prefix() + (is_role(who) ? "role/" : "user/") + who.name;
}

std::string_view principal_type(principal const& who) noexcept {
    if (who.id == anonymous_id) return "Anonymous";
    if (who.id == root_id) return "Account";
    return is_role(who) ? "AssumedRole" : "User";
}

std::optional<named_principal> find_named(directory const& people, std::string_view name) {
    if (name == account_id) return named_principal{root_id, true};
    if (auto const id = find_canonical(people, name)) return named_principal{*id, false};
    auto const* found = people.find(name);
    auto const prefix = account_prefix();
    if (name.starts_with(prefix)) {
        auto rest = name.substr(prefix.size());
        if (rest == "root") return named_principal{root_id, true};
        bool const role = rest.starts_with("role/");
        if (!role && !rest.starts_with("user/")) return std::nullopt;
        rest.remove_prefix(5);
        found = people.find(rest);
        // Root is no user of the account.
        if (found && (is_role(*found) != role || found->id == root_id)) return std::nullopt;
    }
    if (!found || found->id == anonymous_id || found->id == system_id) return std::nullopt;
    return named_principal{found->id, false};
}

std::optional<principal_id> find_canonical(directory const& people, std::string_view id) {
    auto const* found = people.find_canonical(id);
    if (!found || found->id == anonymous_id || found->id == system_id) return std::nullopt;
    return found->id;
}

}  // namespace sluice::auth
