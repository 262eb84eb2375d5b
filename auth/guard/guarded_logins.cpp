#include "auth/guard/guarded_logins.hpp"

#include <algorithm>

#include "auth/guard/counted_place.hpp"
#include "auth/guard/guard.hpp"
#include "auth/guard/guard_core.hpp"
#include "auth/guard/token_checker.hpp"
#include "backend/store/engine.hpp"
#include "gateway/core/blocking_pool.hpp"

namespace sluice::auth {
namespace {

// Fixed words for the counts of refused strangers.
constexpr std::string_view wrong_credentials = "wrong_credentials";
constexpr std::string_view malformed_message = "malformed_scram";
constexpr std::string_view too_many_checks = "too_many_password_checks";

failure refused() {
    return failure{error::unauthenticated, "wrong user name or password"};
}

void count_refusal(guard_core& core, connection_facts const& facts, std::string_view reason) {
    core.audit.failures().count(facts.protocol, facts.client_address, reason, core.clock.now());
}

}  // namespace

scram_login::scram_login(guard_core& core, connection_facts facts, std::string method,
                         scram_options options, scram_server::lookup find)
    : core_(core),
      facts_(std::move(facts)),
      method_(std::move(method)),
      server_(std::move(options), std::move(find), core.random) {}

scram_server::step scram_login::take(std::string_view message) {
    auto step = server_.take(message);
    switch (step.what) {
        case scram_server::outcome::send: break;
        case scram_server::outcome::authenticated: proven_ = true; break;
        case scram_server::outcome::refused: count_refusal(core_, facts_, wrong_credentials); break;
        case scram_server::outcome::malformed:
            count_refusal(core_, facts_, malformed_message);
            break;
    }
    return step;
}

guarded_logins::guarded_logins(guard_core& core, token_checker& tokens, std::string mock_secret)
    : core_(core),
      tokens_(tokens),
      mock_secret_(std::move(mock_secret)) {}

std::optional<scram_verifier> guarded_logins::verifier_of(digest_kind hash,
                                                          std::string_view user) const {
    auto const state = core_.registry.current();
    auto const* who = state->people->find(user);
    if (!who || !state->people->is_active(who->id)) return std::nullopt;
    auto const* password = state->people->find_password(who->id);
    if (!password || !password->enabled) return std::nullopt;
    if (password->expires != unix_millis{} && password->expires <= core_.clock.now())
        return std::nullopt;
    auto parsed = parse_scram_verifier(hash == digest_kind::sha512 ? password->scram_sha_512
                                                                   : password->scram_sha_256);
    if (parsed.has_error()) return std::nullopt;
    return std::move(*parsed);
}

scram_login guarded_logins::begin_scram(scram_request wanted, connection_facts facts) {
    scram_options options;
    options.hash = wanted.hash;
    options.user = std::move(wanted.user);
    options.channel_binding = std::move(wanted.channel_binding);
    options.plus_offered = wanted.plus_offered;
    options.mock_secret = mock_secret_;
    auto find = [this, hash = wanted.hash](std::string_view user) {
        return verifier_of(hash, user);
    };
    std::string method =
        wanted.hash == digest_kind::sha512 ? "scram-sha-512" : "scram-sha-256";
    return scram_login(core_, std::move(facts), std::move(method), std::move(options),
                       std::move(find));
}

task<result<caller>> guarded_logins::complete(scram_login const& login) {
    if (!login.proven_) co_return refused();
    auto user = login.server_.user();
    auto method = login.method_;
    auto facts = login.facts_;
    co_return co_await admit(user, std::move(method), user, std::move(facts));
}

task<result<caller>> guarded_logins::check_password(std::string user, std::string password,
                                                    connection_facts facts) {
    counted_place const place(checks_, core_.options.password_checks);
    if (!place.fits()) {
        wipe(password);
        count_refusal(core_, facts, too_many_checks);
        co_return failure{error::overloaded, "too many logins at once"};
    }
    auto known = verifier_of(digest_kind::sha256, user);
    // Clients may have set only the other (KIP-554).
    if (!known) known = verifier_of(digest_kind::sha512, user);
    scram_verifier verifier;  // made up when there is none: the same work
    verifier.salt = mock_secret_.substr(0, scram_salt_bytes);
    if (known) verifier = *known;
    auto compare = [&verifier, &password](blocking_token token) {
        return password_matches(verifier, password, token);
    };
    auto const compared = co_await core_.engine.blocking().run(std::move(compare));
    wipe(password);
    if (compared.has_error()) co_return compared.error();
    if (!*compared || !known) {
        count_refusal(core_, facts, wrong_credentials);
        co_return refused();
    }
    co_return co_await admit(user, "plain", user, std::move(facts));
}

bool guarded_logins::takes_tokens() const {
    auto const state = core_.registry.current();
    return std::any_of(state->providers->begin(), state->providers->end(),
                       [](auto const& one) { return one.logins; });
}

task<result<guarded_logins::token_login>> guarded_logins::check_token(std::string token,
                                                                      connection_facts facts) {
    auto const proven = co_await tokens_.check(std::move(token));
    auto why = token_error::wrong_issuer;
    if (proven.has_error()) why = proven.error();
    if (proven.has_error() || !proven->provider.logins) {
        count_refusal(core_, facts, name_of(why));
        if (why == token_error::overloaded || why == token_error::unreachable)
            co_return failure{error::overloaded, "the token cannot be checked now"};
        co_return refused();
    }
    auto credential = proven->provider.issuer + " " + proven->claims.subject;
    auto admitted = co_await admit(proven->claims.subject, "oauthbearer", std::move(credential),
                                   std::move(facts));
    if (admitted.has_error()) co_return admitted.error();
    // Checked with a leeway: it may have ended by now.
    std::chrono::milliseconds const left{to_underlying(proven->claims.expires) -
                                         to_underlying(core_.clock.now())};
    token_login out{*std::move(admitted), std::max(left, std::chrono::milliseconds{1})};
    co_return out;
}

task<result<caller>> guarded_logins::admit(std::string user, std::string method,
                                           std::string credential, connection_facts facts) {
    auto const state = core_.registry.current();
    auto const* who = state->people->find(user);
    if (!who || !state->people->is_active(who->id)) {
        count_refusal(core_, facts, wrong_credentials);
        co_return refused();
    }
    auto made = guard::caller_for(*state->people, who->id, std::move(facts));
    made.auth_method_ = std::move(method);
    made.credential_id_ = std::move(credential);
    made.operation = "Login";
    intent wanted;
    wanted.kind = resource_kind::principal;
    wanted.name = user;
    auto record = core_.record_of(made, wanted, {effect::allow, rule_id{}});
    record.verb.clear();
    record.filed_under = action_class::auth;
    std::vector<std::string> records;
    records.push_back(encode(record));
    auto const written = co_await core_.audit.append(std::move(records));
    if (written.has_error()) co_return written.error();
    co_return made;
}

}  // namespace sluice::auth
