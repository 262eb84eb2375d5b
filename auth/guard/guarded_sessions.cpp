#include "auth/guard/guarded_sessions.hpp"

#include <algorithm>

#include "auth/guard/admin_steps.hpp"
#include "auth/guard/guard.hpp"
#include "auth/guard/policy_documents.hpp"
#include "auth/guard/token_checker.hpp"
#include "auth/keys/access_key.hpp"
#include "auth/keys/session_token.hpp"
#include "auth/policy/grammar_iam.hpp"
#include "auth/policy/iam_keys.hpp"
#include "auth/policy/iam_names.hpp"
#include "auth/policy/session_policy.hpp"
#include "auth/policy/trust_policy.hpp"
#include "gateway/core/crypto.hpp"

namespace sluice::auth {
namespace {

constexpr std::chrono::seconds longest_chained{3600};

principal const* find_role(access_state const& state, std::string_view name) {
    auto const* found = state.people->find(name);
    return found != nullptr && found->kind == principal_kind::role ? found : nullptr;
}

std::chrono::seconds longest_session_of(principal const& role) {
    auto const said = role.longest_session;
    return std::chrono::seconds(said != 0 ? said : most_longest_session);
}

bool is_stored_deny(decision const& decided) {
    return !decided.allowed() && decided.rule != built_in::default_deny;
}

}  // namespace

guarded_sessions::issued guarded_sessions::make(caller const& who, principal_id as,
                                                role_request wanted) const {
    auto pair = make_temporary_key(core_.random);
    temporary_credential made;
    made.access_key_id = pair.id;
    made.secret = pair.secret;
    made.who = as;
    // Through however many roles: with whoever asked first, all of them end.
    made.asker = who.is_session() ? who.session().asker : who.id();
    made.issued = core_.clock.now();
    auto const millis = std::chrono::milliseconds(wanted.lifetime).count();
    made.expires = unix_millis{to_underlying(made.issued) + millis};
    if (who.is_session()) made.expires = std::min(made.expires, who.session().expires);
    made.session_name = std::move(wanted.session_name);
    made.policy = std::move(wanted.policy);
    // Of the role that the token brought, not of those that this one goes on to.
    if (!who.is_session()) made.provider = who.session().provider;
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
    auto about = on_principal(action::assume, std::move(role));
    about.part = session_name.empty() ? made.access_key_id
                                      : session_name + "/" + made.access_key_id;
    core_.allowed.fetch_add(1, std::memory_order_relaxed);
    std::vector<std::string> records;
    records.push_back(core_.write_record(who, about, decided));
    auto const written = co_await core_.audit.append(std::move(records));
    if (written.has_error()) co_return refusal(written.error());
    co_return made;
}

// Whether somebody whose signature was right may act as the role.
decision guarded_sessions::decide_role(caller const& who, role_request const& wanted) const {
    auto const state = core_.registry.current();
    auto const* role = find_role(*state, wanted.role);
    decision const unknown{effect::deny, built_in::default_deny};
    if (role == nullptr) return unknown;
    if (!state->people->is_active(role->id)) return {effect::deny, built_in::inactive};
    // It would shed its policy.
    if (who.session_rules() != nullptr) return {effect::deny, built_in::session};
    auto asking = who;
    asking.action = assume_role_action;
    asking.context.push_back({"sts:RoleSessionName", wanted.session_name});
    if (!wanted.external_id.empty())
        asking.context.push_back({"sts:ExternalId", wanted.external_id});
    // What his own policies say.
    auto const own = core_.decide(asking, on_principal(action::assume, wanted.role));
    if (is_stored_deny(own)) return own;
    if (own.allowed()) asking.context.push_back({std::string(own_allow_key), "true"});
    // What the role says.
    auto const trusted = core_.decide(asking, on_principal(action::trust, wanted.role));
    if (trusted.rule != built_in::default_deny) return trusted;
    // Whoever may let himself in need not do so first.
    asking.action = "iam:UpdateAssumeRolePolicy";
    auto const administers = core_.decide(asking, on_principal(action::admin, wanted.role));
    if (administers.rule != built_in::default_deny) return administers;
    if (carrier_of(*state, trust_policy_name(role->id)) != nullptr) return unknown;
    // Members, of a role that says nothing; its own sessions are no members of it.
    auto const& roles = state->people->closure(who.id());
    bool const is_member = who.id() != role->id && !who.session().of_role &&
                           std::binary_search(roles.begin(), roles.end(), role->id);
    if (!is_member) return unknown;
    return {effect::allow, built_in::member};
}

// Whether whoever showed a believed token may: by the trust policy, and no other rule.
decision guarded_sessions::decide_token(caller const& who, role_request const& wanted) const {
    auto const state = core_.registry.current();
    auto const* role = find_role(*state, wanted.role);
    decision const unknown{effect::deny, built_in::default_deny};
    if (role == nullptr) return unknown;
    if (!state->people->is_active(role->id)) return {effect::deny, built_in::inactive};
    auto const about = on_principal(action::trust, wanted.role);
    auto const decided = core_.decide(who, about);
    if (!decided.allowed()) return decided;
    auto const document = trust_policy_name(role->id);
    std::vector<rule> trust;
    for (auto const& one : state->rules->rules())
        if (one.document == document) trust.push_back(one);
    if (!core_.would_allow(std::move(trust), who, about, {})) return unknown;
    return decided;
}

// A role that may be acted as, for a time and under a policy that must be right.
task<guarded<guarded_sessions::issued>> guarded_sessions::assume(caller const& who,
                                                                 role_request wanted,
                                                                 decision decided) {
    auto const state = core_.registry.current();
    auto const* role = find_role(*state, wanted.role);
    auto const about = on_principal(action::assume, wanted.role);
    if (role == nullptr) co_return no_such_principal(wanted.role);
    bool const chained = who.is_session() && who.session().of_role;
    std::string too_long;
    if (wanted.lifetime > longest_session_of(*role))
        too_long = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    else if (chained && wanted.lifetime > longest_chained)
        too_long = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed "
                   "by role chaining.";
    if (!too_long.empty()) {
        refusal why(failure{error::out_of_range, std::move(too_long)});
        co_return co_await refuse_change(core_, who, about, decided, std::move(why));
    }
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

task<guarded<guarded_sessions::issued>> guarded_sessions::assume_role(caller const& who,
                                                                      role_request wanted) {
    auto const decided = decide_role(who, wanted);
    if (!decided.allowed())
        co_return co_await core_.deny(who, on_principal(action::assume, wanted.role), decided);
    co_return co_await assume(who, std::move(wanted), decided);
}

task<guarded<guarded_sessions::issued>> guarded_sessions::session_of_self(
    caller const& who, std::chrono::seconds lifetime) {
    auto const about = on_principal(action::assume, who.name());
    decision const denied{effect::deny, built_in::default_deny};
    if (who.is_anonymous() || who.is_session()) co_return co_await core_.deny(who, about, denied);
    role_request self;
    self.lifetime = lifetime;
    auto made = make(who, who.id(), std::move(self));
    decision const decided{effect::allow, built_in::member};
    co_return co_await hand_out(who, who.name(), std::string(), decided, std::move(made));
}

// Nobody that the directory knows, with what the token says for conditions.
caller guarded_sessions::caller_with(proven_token const& token, token_request const& asked) const {
    auto const& claims = token.claims;
    auto const& provider = token.provider.name;
    auto who = guard::stranger();
    who.name_ = "__anonymous";
    who.connection_ = asked.connection;
    who.auth_method_ = "web-identity";
    who.credential_id_ = token.provider.issuer + " " + claims.subject;
    who.session_.provider = provider_arn(provider);
    who.operation = asked.operation;
    who.request_id = asked.request_id;
    who.client_id = asked.client_id;
    who.action = web_identity_action;
    who.context.push_back({"aws:FederatedProvider", who.session_.provider});
    who.context.push_back({"sts:RoleSessionName", asked.wanted.session_name});
    who.context.push_back({provider + ":sub", claims.subject});
    who.context.push_back({provider + ":aud", claims.client()});
    for (auto const& one : claims.audiences) who.context.push_back({provider + ":oaud", one});
    for (auto const& one : claims.methods) who.context.push_back({provider + ":amr", one});
    return who;
}

task<token_result<guarded<guarded_sessions::token_session>>>
guarded_sessions::assume_role_with_token(token_request asked) {
    using outcome = guarded<token_session>;
    auto token = co_await checker_.check(std::move(asked.token));
    if (token.has_error()) {
        auto const& from = asked.connection;
        core_.audit.failures().count(from.protocol, from.client_address, name_of(token.error()),
                                     core_.clock.now());
        co_return token.error();
    }
    auto const who = caller_with(*token, asked);
    auto const decided = decide_token(who, asked.wanted);
    auto const about = on_principal(action::assume, asked.wanted.role);
    if (!decided.allowed()) {
        // Whoever signed the token says who it is: a record of its own.
        core_.denied.fetch_add(1, std::memory_order_relaxed);
        std::vector<std::string> records;
        records.push_back(encode(core_.record_of(who, about, decided)));
        auto const written = co_await core_.audit.append(std::move(records));
        if (written.has_error()) co_return outcome(refusal(written.error()));
        co_return outcome(refusal(failure{error::permission_denied}));
    }
    auto made = co_await assume(who, std::move(asked.wanted), decided);
    if (made.has_error()) co_return outcome(std::move(made).error());
    token_session out;
    out.made = *std::move(made);
    out.subject = token->claims.subject;
    out.audience = token->claims.client();
    out.issuer = token->claims.issuer;
    co_return outcome(std::move(out));
}

}  // namespace sluice::auth
