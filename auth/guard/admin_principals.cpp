#include <algorithm>

#include "auth/guard/admin_steps.hpp"
#include "auth/guard/guarded_admin.hpp"
#include "auth/guard/policy_documents.hpp"
#include "auth/keys/access_key.hpp"
#include "auth/keys/scram_verifier.hpp"
#include "auth/policy/trust_policy.hpp"
#include "backend/store/engine.hpp"
#include "gateway/core/blocking_pool.hpp"

namespace sluice::auth {
namespace {

// Verifiers for both digests; the work is done on the blocking pool.
task<result<credential>> password_credential(guard_core& core, principal_id owner, std::string name,
                                             std::string password) {
    SLUICE_CO_CHECK(check_password(password));
    std::string salts(2 * scram_salt_bytes, '\0');
    core.random.fill(byte_span(reinterpret_cast<std::byte*>(salts.data()), salts.size()));
    credential out;
    out.kind = credential_kind::password;
    out.id = std::move(name);
    out.owner = owner;
    out.created = core.clock.now();
    auto derive = [&out, &password, &salts](blocking_token token) {
        out.scram_sha_256 = to_text(make_scram_verifier(digest_kind::sha256, password,
                                                        salts.substr(0, scram_salt_bytes),
                                                        scram_iterations, token));
        out.scram_sha_512 =
            to_text(make_scram_verifier(digest_kind::sha512, password,
                                        salts.substr(scram_salt_bytes), scram_iterations, token));
    };
    auto derived = co_await core.engine.blocking().run(std::move(derive));
    wipe(password);
    if (derived.has_error()) co_return std::move(derived).error();
    co_return out;
}

result<principal> make_principal(guard_core& core, directory const& people,
                                 guarded_admin::new_principal const& wanted) {
    principal made;
    made.id = principal_id{fresh_id(core.random)};
    made.kind = wanted.kind;
    made.name = wanted.name;
    made.created = core.clock.now();
    made.canonical_id = wanted.canonical_id;
    made.display_name = wanted.display_name;
    made.email = wanted.email;
    made.tags = wanted.tags;
    if (!wanted.on_behalf_of.empty()) {
        auto const* behind = people.find(wanted.on_behalf_of);
        if (!behind) return no_such_principal(wanted.on_behalf_of);
        made.on_behalf_of = behind->id;
    }
    for (auto const& name : wanted.roles) {
        auto const* role = people.find(name);
        if (!role) return no_such_principal(name);
        made.member_of.push_back(role->id);
    }
    std::sort(made.member_of.begin(), made.member_of.end());
    made.member_of.erase(std::unique(made.member_of.begin(), made.member_of.end()),
                         made.member_of.end());
    if (made.member_of.size() > most_roles_of_one)
        return failure{error::too_large, "too many roles"};
    return made;
}

// A key that was made elsewhere.
result<credential> given_key(guard_core& core, directory const& people, principal const& owner,
                             guarded_admin::new_principal const& wanted) {
    SLUICE_CHECK(check_given_key(wanted.access_key_id, wanted.secret));
    if (people.find_access_key(wanted.access_key_id) != nullptr)
        return failure{error::already_exists,
                       "access key '" + wanted.access_key_id + "' exists already"};
    credential key;
    key.kind = credential_kind::access_key;
    key.id = wanted.access_key_id;
    key.owner = owner.id;
    key.created = core.clock.now();
    key.sealed_secret = core.seal.seal(core.random, key.id, wanted.secret);
    return key;
}

// Everything that goes with a principal. conflict: others depend on it.
guarded<access_change> removal_of(access_state const& state, principal const& gone) {
    access_change change;
    for (auto const& other : state.people->principals()) {
        bool member = std::binary_search(other.member_of.begin(), other.member_of.end(), gone.id);
        if (member || other.on_behalf_of == gone.id)
            return refusal(failure{error::conflict,
                                   "'" + other.name + "' still depends on '" + gone.name + "'"});
    }
    change.erased_principals.push_back(gone.id);
    for (auto const& one : state.people->credentials())
        if (one.owner == gone.id) change.erased_credentials.push_back(one);
    for (auto const& one : state.rules->rules())
        if (one.who.what == principal_pattern::kind::named && one.who.id == gone.id)
            change.erased_rules.push_back(one.id);
    // Who may act as it: a later role of the name lets in nobody.
    for (auto id : rules_of(state, trust_policy_name(gone.id)))
        if (std::find(change.erased_rules.begin(), change.erased_rules.end(), id) ==
            change.erased_rules.end())
            change.erased_rules.push_back(id);
    return change;
}

}  // namespace

principal_summary summary_of(directory const& people, principal const& who) {
    principal_summary out;
    out.id = who.id;
    out.name = who.name;
    out.kind = who.kind;
    out.enabled = who.enabled;
    out.built_in = to_underlying(who.id) < first_ordinary_principal;
    out.has_password = people.find_password(who.id) != nullptr;
    for (auto const& one : people.credentials())
        if (one.owner == who.id && one.kind == credential_kind::access_key) ++out.access_keys;
    if (auto const* behind = people.find(who.on_behalf_of)) out.on_behalf_of = behind->name;
    for (auto role : who.member_of)
        if (auto const* known = people.find(role)) out.roles.push_back(known->name);
    out.created = who.created;
    out.display_name = who.display_name;
    out.email = who.email;
    out.description = who.description;
    out.longest_session = who.longest_session;
    out.tags = who.tags;
    return out;
}

task<guarded<principal_summary>> guarded_admin::add_principal(caller const& who,
                                                              new_principal wanted) {
    auto const about = on_principal(action::admin, wanted.name);
    auto mine = co_await begin_change(core_, who, about);
    if (mine.has_error()) co_return std::move(mine).error();
    auto made = make_principal(core_, *mine->state->people, wanted);
    if (made.has_error())
        co_return co_await refuse_change(core_, who, about, mine->decided, std::move(made).error());
    access_change change;
    change.put_principals.push_back(*made);
    if (!wanted.access_key_id.empty()) {
        auto key = given_key(core_, *mine->state->people, *made, wanted);
        wipe(wanted.secret);
        if (key.has_error())
            co_return co_await refuse_change(core_, who, about, mine->decided,
                                             std::move(key).error());
        change.put_credentials.push_back(*std::move(key));
    }
    if (wanted.password) {
        auto password =
            co_await password_credential(core_, made->id, wanted.name, std::move(*wanted.password));
        if (password.has_error())
            co_return co_await refuse_change(core_, who, about, mine->decided,
                                             std::move(password).error());
        change.put_credentials.push_back(std::move(*password));
    }
    if (mine->state->people->find(wanted.name)) {
        refusal taken(
            failure{error::already_exists, "principal '" + wanted.name + "' exists already"});
        co_return co_await refuse_change(core_, who, about, mine->decided, std::move(taken));
    }
    auto done = co_await finish_change(core_, who, about, *mine, std::move(change));
    if (done.has_error()) co_return std::move(done).error();
    co_return summary_of(*core_.registry.current()->people, *made);
}

task<guarded<std::vector<principal_summary>>> guarded_admin::list_principals(caller const& who) {
    auto const wanted = on_cluster(action::admin);
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    auto counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return std::move(counted).error();
    auto const state = core_.registry.current();
    std::vector<principal_summary> out;
    for (auto const& one : state->people->principals())
        if (one.id != anonymous_id && one.id != system_id)
            out.push_back(summary_of(*state->people, one));
    co_return out;
}

task<guarded<principal_summary>> guarded_admin::find_principal(caller const& who,
                                                               std::string name) {
    auto const wanted = on_principal(action::admin, name);
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    auto counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return std::move(counted).error();
    auto const state = core_.registry.current();
    auto const* found = state->people->find(name);
    if (found == nullptr || found->id == anonymous_id || found->id == system_id)
        co_return no_such_principal(name);
    co_return summary_of(*state->people, *found);
}

task<guarded<void>> guarded_admin::delete_principal(caller const& who, std::string name) {
    return change_principal(core_, who, std::move(name), removal_of);
}

task<guarded<void>> guarded_admin::set_password(caller const& who, std::string name,
                                                std::string password) {
    auto const about = on_principal(action::admin, name);
    auto mine = co_await begin_change(core_, who, about);
    if (mine.has_error()) co_return std::move(mine).error();
    auto target = changeable(*mine->state, name);
    if (target.has_error())
        co_return co_await refuse_change(core_, who, about, mine->decided,
                                         std::move(target).error());
    auto made = co_await password_credential(core_, target->id, name, std::move(password));
    if (made.has_error())
        co_return co_await refuse_change(core_, who, about, mine->decided, std::move(made).error());
    access_change change;
    change.put_credentials.push_back(std::move(*made));
    co_return co_await finish_change(core_, who, about, *mine, std::move(change));
}

task<guarded<void>> guarded_admin::set_enabled(caller const& who, std::string name, bool enabled) {
    auto change = [enabled](access_state const&, principal target) -> guarded<access_change> {
        target.enabled = enabled;
        access_change out;
        out.put_principals.push_back(std::move(target));
        return out;
    };
    return change_principal(core_, who, std::move(name), std::move(change));
}

task<guarded<void>> guarded_admin::set_membership(caller const& who, std::string member,
                                                  std::string role, bool is_member) {
    auto const about = on_principal(action::admin, member);
    auto mine = co_await begin_change(core_, who, about);
    if (mine.has_error()) co_return std::move(mine).error();
    auto target = changeable(*mine->state, member);
    auto group = target.has_error() ? target : changeable(*mine->state, role);
    if (group.has_error())
        co_return co_await refuse_change(core_, who, about, mine->decided,
                                         std::move(group).error());
    std::erase(target->member_of, group->id);
    if (is_member) target->member_of.push_back(group->id);
    std::sort(target->member_of.begin(), target->member_of.end());
    if (target->member_of.size() > most_roles_of_one) {
        refusal full(failure{error::too_large, "too many roles"});
        co_return co_await refuse_change(core_, who, about, mine->decided, std::move(full));
    }
    access_change change;
    change.put_principals.push_back(std::move(*target));
    co_return co_await finish_change(core_, who, about, *mine, std::move(change));
}

}  // namespace sluice::auth
