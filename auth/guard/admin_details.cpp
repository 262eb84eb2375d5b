// What changes of a principal that stays: its name, its tags, that it has a password.
#include <algorithm>

#include "auth/guard/admin_steps.hpp"
#include "auth/guard/guarded_admin.hpp"

namespace sluice::auth {
namespace {

// Under another name. A password goes by its owner's.
guarded<access_change> renamed(access_state const& state, principal who, std::string new_name) {
    auto const right = check_principal_name(new_name);
    if (right.has_error()) return refusal(right.error());
    auto const* other = state.people->find(new_name);
    if (other != nullptr && other->id != who.id)
        return refusal(
            failure{error::already_exists, "principal '" + new_name + "' exists already"});
    access_change change;
    if (auto const* password = state.people->find_password(who.id)) {
        auto kept = *password;
        kept.id = new_name;
        change.put_credentials.push_back(std::move(kept));
    }
    who.name = std::move(new_name);
    change.put_principals.push_back(std::move(who));
    return change;
}

guarded<access_change> without_password(access_state const& state, principal const& who) {
    auto const* password = state.people->find_password(who.id);
    if (password == nullptr)
        return refusal(failure{error::not_found, "'" + who.name + "' has no password"});
    access_change change;
    change.erased_credentials.push_back(*password);
    return change;
}

void apply(std::vector<principal_tag>& tags, std::vector<principal_tag> given,
           std::vector<std::string> const& erased) {
    for (auto const& key : erased)
        std::erase_if(tags, [&](auto const& one) { return is_same_tag_key(one.key, key); });
    auto const there = tags.size();
    for (auto& tag : given) {
        auto const end = tags.begin() + static_cast<std::ptrdiff_t>(there);
        auto const at = std::find_if(tags.begin(), end, [&](auto const& one) {
            return is_same_tag_key(one.key, tag.key);
        });
        if (at == end) tags.push_back(std::move(tag));
        else *at = std::move(tag);
    }
}

}  // namespace

task<guarded<void>> guarded_admin::delete_password(caller const& who, std::string name) {
    return change_principal(core_, who, std::move(name), without_password);
}

task<guarded<void>> guarded_admin::rename_principal(caller const& who, std::string name,
                                                    std::string new_name) {
    auto rename = [new_name = std::move(new_name)](access_state const& state, principal target) {
        return renamed(state, std::move(target), new_name);
    };
    return change_principal(core_, who, std::move(name), std::move(rename));
}

task<guarded<void>> guarded_admin::change_tags(caller const& who, std::string name,
                                               std::vector<principal_tag> given,
                                               std::vector<std::string> erased) {
    auto change = [given = std::move(given), erased = std::move(erased)](
                      access_state const&, principal target) -> guarded<access_change> {
        apply(target.tags, given, erased);
        auto const right = check_tags(target);
        if (right.has_error()) return refusal(right.error());
        access_change out;
        out.put_principals.push_back(std::move(target));
        return out;
    };
    return change_principal(core_, who, std::move(name), std::move(change));
}

}  // namespace sluice::auth
