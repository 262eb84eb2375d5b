#include "auth/identity/directory.hpp"

#include <algorithm>
#include <charconv>

namespace sluice::auth {
namespace {

principal built_in(principal_id id, principal_kind kind, std::string name) {
    principal value;
    value.id = id;
    value.kind = kind;
    value.name = std::move(name);
    return value;
}

failure broken(principal const& who, char const* what) {
    return failure{error::invalid_argument, "principal '" + who.name + "': " + what};
}

}  // namespace

result<std::shared_ptr<directory const>> directory::build(directory_options const& options,
                                                          std::vector<principal> principals,
                                                          std::vector<credential> credentials) {
    if (principals.size() > options.principals)
        return failure{error::too_large, "too many principals"};
    if (credentials.size() > options.credentials)
        return failure{error::too_large, "too many credentials"};
    std::shared_ptr<directory> made(new directory);
    made->principals_ = std::move(principals);
    made->credentials_ = std::move(credentials);
    SLUICE_CHECK(made->index_principals(options));
    SLUICE_CHECK(made->index_credentials());
    SLUICE_CHECK(made->close_roles());
    SLUICE_CHECK(made->check_chains(options.delegation_depth));
    return std::shared_ptr<directory const>(std::move(made));
}

result<void> directory::index_principals(directory_options const& options) {
    for (auto const& who : principals_) {
        SLUICE_CHECK(check_principal_name(who.name));
        SLUICE_CHECK(check_given_names(who));
        SLUICE_CHECK(check_role_details(who));
        SLUICE_CHECK(check_tags(who));
        if (to_underlying(who.id) < first_ordinary_principal) return broken(who, "reserved id");
    }
    principals_.push_back(built_in(anonymous_id, principal_kind::anonymous, "__anonymous"));
    principals_.push_back(built_in(root_id, principal_kind::user, options.root_name));
    principals_.push_back(built_in(system_id, principal_kind::service, "__system"));
    std::sort(principals_.begin(), principals_.end(),
              [](auto const& a, auto const& b) { return a.name < b.name; });
    for (std::size_t i = 0; i < principals_.size(); ++i) {
        auto const& who = principals_[i];
        if (!by_id_.emplace(who.id, i).second) return broken(who, "doubled id");
        if (!by_name_.emplace(who.name, i).second)
            return failure{error::already_exists, "principal '" + who.name + "' exists already"};
        if (!who.canonical_id.empty() && !by_given_id_.emplace(who.canonical_id, i).second)
            return failure{error::already_exists, "id '" + who.canonical_id + "' exists already"};
        if (!who.email.empty() && !by_email_.emplace(who.email, i).second)
            return failure{error::already_exists, "e-mail '" + who.email + "' exists already"};
    }
    return {};
}

result<void> directory::index_credentials() {
    for (std::size_t i = 0; i < credentials_.size(); ++i) {
        auto const& one = credentials_[i];
        auto const* owner = find(one.owner);
        if (!owner)
            return failure{error::invalid_argument, "credential '" + one.id + "' has no owner"};
        if (has_members(owner->kind)) return broken(*owner, "a role or group has no credentials");
        bool fresh = one.kind == credential_kind::access_key
                         ? by_access_key_.emplace(one.id, i).second
                         : password_of_.emplace(one.owner, i).second;
        if (!fresh)
            return failure{error::already_exists, "credential '" + one.id + "' exists already"};
    }
    return {};
}

// Depth first with an explicit stack: a role is finished once all it is a member of are.
result<void> directory::close_roles() {
    enum class mark : std::uint8_t { fresh, open, done };
    std::vector<mark> marks(principals_.size(), mark::fresh);
    std::vector<std::pair<std::size_t, std::size_t>> stack;  // principal, next role to visit
    for (std::size_t start = 0; start < principals_.size(); ++start) {
        if (marks[start] != mark::fresh) continue;
        stack.emplace_back(start, 0);
        marks[start] = mark::open;
        while (!stack.empty()) {
            auto [at, next_role] = stack.back();
            auto const& who = principals_[at];
            if (next_role < who.member_of.size()) {
                ++stack.back().second;
                auto role = by_id_.find(who.member_of[next_role]);
                if (role == by_id_.end())
                    return broken(who, "is a member of a role that does not exist");
                auto const kind = principals_[role->second].kind;
                if (!has_members(kind))
                    return broken(who, "is a member of something that is not a role");
                // As IAM's: users in it, and it in nothing.
                if (who.kind == principal_kind::group ||
                    (kind == principal_kind::group && has_members(who.kind)))
                    return broken(who, "neither roles nor groups are members where groups are");
                if (marks[role->second] == mark::open) return broken(who, "the roles form a cycle");
                if (marks[role->second] == mark::fresh) {
                    marks[role->second] = mark::open;
                    stack.emplace_back(role->second, 0);
                }
                continue;
            }
            std::vector<principal_id> all{who.id};
            for (auto role : who.member_of) {
                auto const& of_role = closures_.at(role);
                all.insert(all.end(), of_role.begin(), of_role.end());
            }
            std::sort(all.begin(), all.end());
            all.erase(std::unique(all.begin(), all.end()), all.end());
            closures_.emplace(who.id, std::move(all));
            marks[at] = mark::done;
            stack.pop_back();
        }
    }
    return {};
}

result<void> directory::check_chains(std::size_t longest) const {
    for (auto const& who : principals_) {
        if (who.kind != principal_kind::agent) {
            if (who.on_behalf_of != principal_id{})
                return broken(who, "only an agent acts for another");
            continue;
        }
        std::size_t steps = 0;
        for (auto const* at = &who; at->kind == principal_kind::agent; ++steps) {
            if (steps == longest) return broken(who, "the delegation is too long or a cycle");
            at = find(at->on_behalf_of);
            if (!at) return broken(who, "acts for nobody who exists");
            if (has_members(at->kind) || at->kind == principal_kind::anonymous)
                return broken(who, "an agent acts for a user, a service or an agent");
        }
    }
    return {};
}

principal const* directory::find(principal_id id) const noexcept {
    auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &principals_[found->second];
}

principal const* directory::find(std::string_view name) const noexcept {
    auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : &principals_[found->second];
}

principal const* directory::find_email(std::string_view email) const noexcept {
    auto const found = by_email_.find(email);
    return found == by_email_.end() ? nullptr : &principals_[found->second];
}

principal const* directory::find_canonical(std::string_view canonical_id) const noexcept {
    if (auto const found = by_given_id_.find(canonical_id); found != by_given_id_.end())
        return &principals_[found->second];
    if (canonical_id.size() != longest_canonical_id) return nullptr;
    constexpr std::size_t digits = 16;
    auto const zeros = longest_canonical_id - digits;
    if (std::min(canonical_id.find_first_not_of('0'), zeros) < zeros) return nullptr;
    std::uint64_t value = 0;
    auto const* begin = canonical_id.data() + zeros;
    auto const [end, problem] = std::from_chars(begin, begin + digits, value, 16);
    if (problem != std::errc{} || end != begin + digits) return nullptr;
    auto const* who = find(principal_id{value});
    return who != nullptr && who->canonical_id.empty() ? who : nullptr;
}

credential const* directory::find_access_key(std::string_view access_key_id) const noexcept {
    auto found = by_access_key_.find(access_key_id);
    return found == by_access_key_.end() ? nullptr : &credentials_[found->second];
}

credential const* directory::find_password(principal_id owner) const noexcept {
    auto found = password_of_.find(owner);
    return found == password_of_.end() ? nullptr : &credentials_[found->second];
}

std::vector<principal_id> const& directory::closure(principal_id id) const noexcept {
    static std::vector<principal_id> const nobody;
    auto found = closures_.find(id);
    return found == closures_.end() ? nobody : found->second;
}

std::vector<principal_id> directory::on_behalf_chain(principal_id id) const {
    std::vector<principal_id> chain;
    for (auto const* who = find(id); who && who->kind == principal_kind::agent;
         who = find(who->on_behalf_of))
        chain.push_back(who->on_behalf_of);
    return chain;
}

bool directory::is_active(principal_id id) const noexcept {
    auto const* who = find(id);
    while (who && who->enabled) {
        if (who->kind != principal_kind::agent) return true;
        who = find(who->on_behalf_of);
    }
    return false;
}

}  // namespace sluice::auth
