#include "auth/guard/guarded_acls.hpp"

#include <algorithm>

#include "auth/guard/admin_steps.hpp"

namespace sluice::auth {
namespace {

constexpr std::string_view user_prefix = "User:";
constexpr std::string_view role_prefix = "Role:";

// "User:alice" or "Role:admins": a role is no user, nor the other way round.
principal_resolver resolver_of(access_state const& state) {
    return [&state](std::string_view name) -> std::optional<principal_id> {
        bool const wants_role = name.starts_with(role_prefix);
        name.remove_prefix(user_prefix.size());
        auto const* found = state.people->find(name);
        if (found == nullptr || found->id == system_id) return std::nullopt;
        if ((found->kind == principal_kind::role) != wants_role) return std::nullopt;
        return found->id;
    };
}
static_assert(user_prefix.size() == role_prefix.size());

acl_principal_namer namer_of(access_state const& state) {
    return [&state](principal_id id) -> std::optional<std::string> {
        auto const* found = state.people->find(id);
        if (found == nullptr) return std::nullopt;
        bool const is_role = found->kind == principal_kind::role;
        return std::string(is_role ? role_prefix : user_prefix) + found->name;
    };
}

bool is_there(access_state const& state, access_change const& change, rule const& wanted) {
    auto const same = [&wanted](rule const& one) {
        return one.origin == grammar::kafka_acl && one.who == wanted.who && one.on == wanted.on &&
               one.effect == wanted.effect && one.verbs == wanted.verbs &&
               one.facets == wanted.facets && one.conditions == wanted.conditions &&
               one.text == wanted.text;
    };
    auto const& rules = state.rules->rules();
    return std::any_of(rules.begin(), rules.end(), same) ||
           std::any_of(change.put_rules.begin(), change.put_rules.end(), same);
}

}  // namespace

task<guarded<std::vector<acl>>> guarded_acls::list(caller const& who, acl_filter filter) {
    auto const wanted = on_cluster(action::describe);
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    auto counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return std::move(counted).error();
    auto const state = core_.registry.current();
    auto const namer = namer_of(*state);
    std::vector<acl> out;
    for (auto const& value : state->rules->rules())
        for (auto& one : to_acls(value, namer))
            if (filter.matches(one)) out.push_back(std::move(one));
    co_return out;
}

task<guarded<std::vector<guarded<void>>>> guarded_acls::create(caller const& who,
                                                               std::vector<acl> wanted) {
    auto const about = on_cluster(action::grant);
    auto mine = co_await begin_change(core_, who, about);
    if (mine.has_error()) co_return std::move(mine).error();
    std::vector<guarded<void>> answers(wanted.size());
    access_change change;
    auto const resolve = resolver_of(*mine->state);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        auto made = parse_acl(wanted[i], resolve);
        if (made.has_error()) {
            answers[i] = refusal(std::move(made).error());
            continue;
        }
        if (is_there(*mine->state, change, *made)) continue;
        made->id = rule_id{fresh_id(core_.random)};
        made->grantor = who.id();
        made->created = core_.clock.now();
        change.put_rules.push_back(std::move(*made));
    }
    if (change.put_rules.empty()) {
        // Nothing new: the asking is recorded, with the first reason if there is one.
        for (auto const& one : answers) {
            if (!one.has_error()) continue;
            (void)co_await core_.failed(who, about, mine->decided, one.error());
            co_return answers;
        }
    }
    auto done = co_await finish_change(core_, who, about, *mine, std::move(change));
    if (done.has_error()) co_return std::move(done).error();
    co_return answers;
}

task<guarded<std::vector<std::vector<acl>>>> guarded_acls::remove(caller const& who,
                                                                  std::vector<acl_filter> filters) {
    auto const about = on_cluster(action::grant);
    auto mine = co_await begin_change(core_, who, about);
    if (mine.has_error()) co_return std::move(mine).error();
    std::vector<std::vector<acl>> gone(filters.size());
    access_change change;
    auto const namer = namer_of(*mine->state);
    for (auto const& value : mine->state->rules->rules()) {
        if (value.origin != grammar::kafka_acl) continue;
        auto shown = to_acls(value, namer);
        if (shown.size() != 1) continue;
        for (std::size_t i = 0; i < filters.size(); ++i) {
            if (!filters[i].matches(shown.front())) continue;
            gone[i].push_back(std::move(shown.front()));
            change.erased_rules.push_back(value.id);
            break;
        }
    }
    auto done = co_await finish_change(core_, who, about, *mine, std::move(change));
    if (done.has_error()) co_return std::move(done).error();
    co_return gone;
}

}  // namespace sluice::auth
