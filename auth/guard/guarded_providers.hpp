// Identity providers behind the door: whose tokens are believed, and for which audiences. Verb
// `admin` on the cluster. A provider is added only when its keys can be read at that moment. Each
// change is one commit with its audit record. Thread rule: any executor; one object for the server.
#pragma once

#include <string>
#include <vector>

#include "auth/guard/caller.hpp"
#include "auth/guard/refusal.hpp"
#include "auth/identity/oidc_provider.hpp"
#include "gateway/core/task.hpp"

namespace sluice::auth {

class guard_core;
class token_checker;

class guarded_providers {
public:
    guarded_providers(guard_core& core, token_checker& checker) noexcept
        : core_(core),
          checker_(checker) {}

    struct new_provider {
        std::string issuer;
        std::string label;  // empty: the issuer without its scheme
        std::string keys;   // a URL, an absolute path, or empty: by discovery
        std::vector<std::string> clients;
        bool logins = false;  // see oidc_provider
    };
    // invalid_argument; already_exists; too_large: limits.oidc_providers; unsupported: its keys cannot
    // be read, the text says why.
    task<guarded<oidc_provider>> add(caller const& who, new_provider wanted);
    task<guarded<std::vector<oidc_provider>>> list(caller const& who);
    // By name or label; not_found. Sessions that its tokens brought end with their time.
    task<guarded<void>> remove(caller const& who, std::string name);
    // Adds an audience or takes it away; nothing happens when it is so already. The last one stays.
    task<guarded<void>> set_client(caller const& who, std::string name, std::string client, bool there);

private:
    guard_core& core_;
    token_checker& checker_;
};

}  // namespace sluice::auth
