#include "auth/guard/token_checker.hpp"

#include <algorithm>

#include "auth/guard/counted_place.hpp"
#include "auth/guard/guard_core.hpp"
#include "backend/store/engine.hpp"
#include "gateway/core/blocking_pool.hpp"

namespace sluice::auth {

token_checker::token_checker(guard_core& core) : core_(core), keys_(core.clock) {}

task<token_result<>> token_checker::check_with(json_web_token const& token,
                                               oidc_provider const& provider,
                                               provider_keys::keys keys) {
    token_expectation const wanted{provider.issuer, provider.clients, core_.clock.now()};
    auto work = [&](blocking_token) { return result<token_result<>>(token.check(*keys, wanted)); };
    auto const checked = co_await core_.engine.blocking().run(std::move(work));
    if (checked.has_error()) co_return token_error::overloaded;
    co_return *checked;
}

task<token_result<proven_token>> token_checker::check(std::string text) {
    counted_place const place(checks_, core_.options.token_checks);
    if (!place.fits()) co_return token_error::overloaded;
    auto token = json_web_token::parse(text);
    if (token.has_error()) co_return token.error();
    // Before any work: who would sign it, and how.
    if (!scheme_named(token->algorithm)) co_return token_error::algorithm;
    auto const state = core_.registry.current();
    auto const& known = *state->providers;
    auto const found = std::find_if(known.begin(), known.end(),
                                    [&](auto const& one) { return one.issuer == token->issuer; });
    if (found == known.end()) co_return token_error::wrong_issuer;
    auto keys = co_await keys_.of(*found, nullptr);
    if (keys.has_error()) co_return keys.error();
    auto checked = co_await check_with(*token, *found, *keys);
    if (checked.has_error() && checked.error() == token_error::no_key) {
        auto others = co_await keys_.of(*found, *keys);
        if (others.has_error()) co_return others.error();
        if (*others != *keys) checked = co_await check_with(*token, *found, *others);
    }
    if (checked.has_error()) co_return checked.error();
    co_return proven_token{*found, *std::move(token)};
}

}  // namespace sluice::auth
