// Whether a token of an identity provider can be believed: the provider is known, its keys are at
// hand, signature and claims are right. For every protocol that takes such tokens; what a subject may
// is not asked here. Bounded before anything is proven: the token's length, how many are worked on at
// once (guard_options::token_checks, in the blocking pool), how often keys are read. Inside auth/guard
// only. Thread rule: any executor.
#pragma once

#include <atomic>
#include <string>

#include "auth/authn/json_web_token.hpp"
#include "auth/guard/provider_keys.hpp"
#include "auth/identity/oidc_provider.hpp"

namespace sluice::auth {

class guard_core;

struct proven_token {
    oidc_provider provider;
    json_web_token claims;
};

class token_checker {
public:
    explicit token_checker(guard_core& core);

    void read_keys_with(key_documents& source) { keys_.read_with(source); }
    task<token_result<proven_token>> check(std::string text);
    provider_keys& keys() noexcept { return keys_; }

private:
    task<token_result<>> check_with(json_web_token const& token, oidc_provider const& provider,
                                    provider_keys::keys keys);

    guard_core& core_;
    provider_keys keys_;
    std::atomic<std::size_t> checks_{0};
};

}  // namespace sluice::auth
