#include "auth/policy/iam_names.hpp"

#include <charconv>

#include "auth/policy/account.hpp"
#include "auth/policy/rule.hpp"

namespace sluice::auth {
namespace {

constexpr std::size_t canonical_digits = 64;
constexpr std::size_t id_digits = 16;

std::string account_prefix() { return "arn:aws:iam::" + std::string(account_id) + ":"; }

bool is_role(principal const& who) { return who.kind == principal_kind::role; }

}  // namespace

std::string principal_arn(principal const& who) {
    if (who.id == anonymous_id || who.id == system_id) return {};
    if (who.id == root_id) return account_prefix() + "root";
    return account_prefix() + (is_role(who) ? "role/" : "user/") + who.name;
}

std::string canonical_user_id(principal_id id) {
    return std::string(canonical_digits - id_digits, '0') + to_text(rule_id{to_underlying(id)});
}

std::string_view principal_type(principal const& who) noexcept {
    if (who.id == anonymous_id) return "Anonymous";
    if (who.id == root_id) return "Account";
    return is_role(who) ? "AssumedRole" : "User";
}

std::optional<named_principal> find_named(directory const& people, std::string_view name) {
    if (name == account_id) return named_principal{root_id, true};
    if (name.size() == canonical_digits) {
        auto const id = find_canonical(people, name);
        return id ? std::optional(named_principal{*id, false}) : std::nullopt;
    }
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
    auto const zeros = canonical_digits - id_digits;
    if (id.size() != canonical_digits || id.find_first_not_of('0') < zeros) return std::nullopt;
    std::uint64_t value = 0;
    auto const digits = id.substr(zeros);
    auto [end, problem] = std::from_chars(digits.data(), digits.data() + id_digits, value, 16);
    if (problem != std::errc{} || end != digits.data() + id_digits) return std::nullopt;
    auto const* found = people.find(principal_id{value});
    if (!found || found->id == anonymous_id || found->id == system_id) return std::nullopt;
    return found->id;
}

}  // namespace sluice::auth
