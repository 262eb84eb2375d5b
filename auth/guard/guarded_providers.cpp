#include "auth/guard/guarded_providers.hpp"

#include <algorithm>

#include "auth/guard/admin_steps.hpp"
#include "auth/guard/token_checker.hpp"

namespace sluice::auth {
namespace {

intent on_provider(std::string const& name) {
    auto wanted = on_cluster(action::admin);
    wanted.part = "oidc-provider/" + name;
    return wanted;
}

oidc_provider const* find_provider(access_state const& state, std::string_view name) {
    for (auto const& one : *state.providers)
        if (one.name == name || one.label == name) return &one;
    return nullptr;
}

refusal no_provider(std::string const& name) {
    return refusal(missing_thing::principal, "there is no identity provider '" + name + "'");
}

}  // namespace

task<guarded<oidc_provider>> guarded_providers::add(caller const& who, new_provider wanted) {
    oidc_provider made;
    made.name = provider_name_of(wanted.issuer);
    made.issuer = std::move(wanted.issuer);
    made.label = wanted.label.empty() ? made.name : std::move(wanted.label);
    made.keys = std::move(wanted.keys);
    made.clients = std::move(wanted.clients);
    made.logins = wanted.logins;
    made.created = core_.clock.now();
    auto const about = on_provider(made.name);
    auto const decided = co_await core_.permit(who, about);
    if (decided.has_error()) co_return decided.error();
    auto const fits = check_oidc_provider(made);
    if (fits.has_error())
        co_return co_await refuse_change(core_, who, about, *decided, refusal(fits.error()));
    // Before the turn is taken, which others wait for.
    auto const keys = co_await checker_.keys().read(made);
    if (keys.has_error()) {
        refusal why(failure{error::unsupported, keys.error().text});
        co_return co_await refuse_change(core_, who, about, *decided, std::move(why));
    }
    auto mine = co_await begin_change(core_, who, about);
    if (mine.has_error()) co_return std::move(mine).error();
    if (find_provider(*mine->state, made.name) || find_provider(*mine->state, made.label)) {
        refusal taken(failure{error::already_exists,
                              "identity provider '" + made.label + "' exists already"});
        co_return co_await refuse_change(core_, who, about, mine->decided, std::move(taken));
    }
    access_change change;
    change.put_providers.push_back(made);
    auto const done = co_await finish_change(core_, who, about, *mine, std::move(change));
    if (done.has_error()) co_return done.error();
    co_return made;
}

task<guarded<std::vector<oidc_provider>>> guarded_providers::list(caller const& who) {
    auto const wanted = on_cluster(action::admin);
    auto const decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return decided.error();
    auto const counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return counted.error();
    co_return *core_.registry.current()->providers;
}

task<guarded<void>> guarded_providers::remove(caller const& who, std::string name) {
    auto const about = on_provider(name);
    auto mine = co_await begin_change(core_, who, about);
    if (mine.has_error()) co_return std::move(mine).error();
    auto const* found = find_provider(*mine->state, name);
    if (found == nullptr)
        co_return co_await refuse_change(core_, who, about, mine->decided, no_provider(name));
    access_change change;
    change.erased_providers.push_back(found->name);
    co_return co_await finish_change(core_, who, about, *mine, std::move(change));
}

task<guarded<void>> guarded_providers::set_client(caller const& who, std::string name,
                                                  std::string client, bool there) {
    auto const about = on_provider(name);
    auto mine = co_await begin_change(core_, who, about);
    if (mine.has_error()) co_return std::move(mine).error();
    auto const* found = find_provider(*mine->state, name);
    if (found == nullptr)
        co_return co_await refuse_change(core_, who, about, mine->decided, no_provider(name));
    auto next = *found;
    std::erase(next.clients, client);
    if (there) next.clients.push_back(std::move(client));
    auto const fits = check_oidc_provider(next);
    if (fits.has_error())
        co_return co_await refuse_change(core_, who, about, mine->decided, refusal(fits.error()));
    access_change change;
    change.put_providers.push_back(std::move(next));
    co_return co_await finish_change(core_, who, about, *mine, std::move(change));
}

}  // namespace sluice::auth
