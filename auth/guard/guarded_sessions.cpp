#include "auth/guard/guarded_sessions.hpp"

#include <algorithm>

#include "auth/guard/admin_steps.hpp"
#include "auth/keys/access_key.hpp"
#include "auth/keys/session_token.hpp"
#include "auth/policy/grammar_iam.hpp"
#include "auth/policy/session_policy.hpp"
#include "gateway/core/crypto.hpp"

namespace sluice::auth {

guarded_sessions::issued guarded_sessions::make(caller const& who, principal_id as,
                                                role_request wanted) const {
    auto pair = make_temporary_key(core_.random);
    temporary_credential made;
    made.access_key_id = pair.id;
    made.secret = pair.secret;
    made.who = as;
    made.asker = who.id();
    made.issued = core_.clock.now();
    auto const millis = std::chrono::milliseconds(wanted.lifetime).count();
    made.expires = unix_millis{to_underlying(made.issued) + millis};
    made.session_name = std::move(wanted.session_name);
    made.policy = std::move(wanted.policy);
    issued out;
    out.token = tokens_.seal(core_.random, made);
    out.access_key_id = std::move(pair.id);
    out.secret = std::move(pair.secret);
    out.expires = made.expires;
    out.who = as;
    wipe(made.secret);
    return out;
}

// Nothing goes out before its record is durable.
task<guarded<guarded_sessions::issued>> guarded_sessions::hand_out(caller const& who,
                                                                   std::string role,
                                                                   std::string session_name,
                                                                   decision decided, issued made) {
    auto about = on_principal(action::admin, std::move(role));
    about.part = session_name.empty() ? made.access_key_id
                                      : session_name + "/" + made.access_key_id;
    core_.allowed.fetch_add(1, std::memory_order_relaxed);
    std::vector<std::string> records;
    records.push_back(core_.write_record(who, about, decided));
    auto const written = co_await core_.audit.append(std::move(records));
    if (written.has_error()) co_return refusal(written.error());
    co_return made;
}

task<guarded<guarded_sessions::issued>> guarded_sessions::assume_role(caller const& who,
                                                                      role_request wanted) {
    auto const state = core_.registry.current();
    auto const* role = state->people->find(wanted.role);
    auto const about = on_principal(action::admin, wanted.role);
    auto decided = core_.decide(who, about);
    bool const is_role = role != nullptr && role->kind == principal_kind::role;
    auto const& roles = state->people->closure(who.id());
    if (is_role && decided.rule == built_in::default_deny &&
        std::binary_search(roles.begin(), roles.end(), role->id))
        decided = {effect::allow, built_in::member};
    // A session makes no other: else it could shed its policy, or outlive its end and its asker.
    if (who.is_session()) decided = {effect::deny, built_in::session};
    if (!is_role && decided.allowed()) decided = {effect::deny, built_in::default_deny};
    if (decided.allowed() && !state->people->is_active(role->id))
        decided = {effect::deny, built_in::inactive};
    if (!decided.allowed()) co_return co_await core_.deny(who, about, decided);
    if (!wanted.policy.empty()) {
        iam_scope const scope{*state->people, {}, role->id};
        auto const policy = parse_iam_policy(wanted.policy, scope);
        if (policy.has_error())
            co_return co_await refuse_change(core_, who, about, decided, refusal(policy.error()));
    }
    auto made = make(who, role->id, wanted);
    co_return co_await hand_out(who, std::move(wanted.role), std::move(wanted.session_name),
                                decided, std::move(made));
}

task<guarded<guarded_sessions::issued>> guarded_sessions::session_of_self(
    caller const& who, std::chrono::seconds lifetime) {
    auto const about = on_principal(action::admin, who.name());
    decision const denied{effect::deny, built_in::default_deny};
    if (who.is_anonymous() || who.is_session()) co_return co_await core_.deny(who, about, denied);
    role_request self;
    self.lifetime = lifetime;
    auto made = make(who, who.id(), std::move(self));
    decision const decided{effect::allow, built_in::member};
    co_return co_await hand_out(who, who.name(), std::string(), decided, std::move(made));
}

}  // namespace sluice::auth
