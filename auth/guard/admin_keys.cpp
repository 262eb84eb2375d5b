#include "auth/guard/admin_steps.hpp"
#include "auth/guard/guarded_admin.hpp"
#include "auth/keys/access_key.hpp"

namespace sluice::auth {

task<guarded<guarded_admin::new_key>> guarded_admin::create_key(caller const& who,
                                                                std::string owner,
                                                                unix_millis expires) {
    auto const about = on_principal(action::admin, owner);
    auto mine = co_await begin_change(core_, who, about);
    if (mine.has_error()) co_return std::move(mine).error();
    auto const* found = mine->state->people->find(owner);
    if (!found)
        co_return co_await refuse_change(core_, who, about, mine->decided,
                                         no_such_principal(owner));
    if (to_underlying(found->id) < first_ordinary_principal) {
        refusal built_in(
            failure{error::invalid_argument, "'" + owner + "' is built in: its key is configured"});
        co_return co_await refuse_change(core_, who, about, mine->decided, std::move(built_in));
    }
    auto pair = make_access_key(core_.random);
    credential key;
    key.kind = credential_kind::access_key;
    key.id = pair.id;
    key.owner = found->id;
    key.created = core_.clock.now();
    key.expires = expires;
    key.sealed_secret = core_.seal.seal(core_.random, pair.id, pair.secret);
    access_change change;
    change.put_credentials.push_back(std::move(key));
    auto done = co_await finish_change(core_, who, about, *mine, std::move(change));
    if (done.has_error()) co_return std::move(done).error();
    co_return new_key{std::move(pair.id), std::move(pair.secret)};
}

task<guarded<std::vector<key_summary>>> guarded_admin::list_keys(caller const& who,
                                                                 std::string owner) {
    auto const wanted =
        owner.empty() ? on_cluster(action::admin) : on_principal(action::admin, owner);
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    auto counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return std::move(counted).error();
    auto const state = core_.registry.current();
    auto const* only = state->people->find(owner);
    if (!owner.empty() && !only) co_return no_such_principal(owner);
    std::vector<key_summary> out;
    for (auto const& one : state->people->credentials()) {
        if (one.kind != credential_kind::access_key || (only && one.owner != only->id)) continue;
        out.push_back(
            {one.id, state->people->find(one.owner)->name, one.enabled, one.created, one.expires});
    }
    co_return out;
}

task<guarded<void>> guarded_admin::change_key(caller const& who, std::string access_key_id,
                                              access_change (*change)(credential const&)) {
    auto const before = core_.registry.current();
    auto const* found = before->people->find_access_key(access_key_id);
    auto const about = on_principal(
        action::admin, found ? before->people->find(found->owner)->name : std::string());
    auto mine = co_await begin_change(core_, who, about);
    if (mine.has_error()) co_return std::move(mine).error();
    found = mine->state->people->find_access_key(access_key_id);
    std::optional<refusal> why;
    if (!found)
        why.emplace(missing_thing::credential, "there is no access key '" + access_key_id + "'");
    else if (mine->state->people->find(found->owner)->name != about.name)
        why.emplace(failure{error::conflict, "the key changed hands meanwhile"});
    else if (to_underlying(found->owner) < first_ordinary_principal)
        why.emplace(failure{error::invalid_argument, "root's key is configured"});
    if (why) co_return co_await refuse_change(core_, who, about, mine->decided, std::move(*why));
    co_return co_await finish_change(core_, who, about, *mine, change(*found));
}

task<guarded<void>> guarded_admin::delete_key(caller const& who, std::string access_key_id) {
    auto const erased = [](credential const& key) {
        access_change change;
        change.erased_credentials.push_back(key);
        return change;
    };
    return change_key(who, std::move(access_key_id), erased);
}

task<guarded<void>> guarded_admin::set_key_enabled(caller const& who, std::string access_key_id,
                                                   bool enabled) {
    auto const on = [](credential const& key) {
        access_change change;
        change.put_credentials.push_back(key);
        change.put_credentials.front().enabled = true;
        return change;
    };
    auto const off = [](credential const& key) {
        access_change change;
        change.put_credentials.push_back(key);
        change.put_credentials.front().enabled = false;
        return change;
    };
    if (enabled) return change_key(who, std::move(access_key_id), on);
    return change_key(who, std::move(access_key_id), off);
}

}  // namespace sluice::auth
