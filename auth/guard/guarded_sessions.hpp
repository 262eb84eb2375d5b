// Temporary credentials behind the door (the guard's side of AWS STS): a role, or the caller itself,
// for a while, in a token that the server can open and nobody else. Nothing is stored: a token ends
// with its time, with its principal (deleted or disabled), or with the key file. Who may assume a
// role: its members, and whom a rule allows `admin` on it. Every token is a record in the audit log,
// which names the access key id that later records bear. Thread rule: any executor; one object for
// the whole server.
#pragma once

#include <chrono>
#include <string>

#include "auth/guard/caller.hpp"
#include "auth/guard/refusal.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/task.hpp"

namespace sluice::auth {

class guard_core;
class token_sealer;

class guarded_sessions {
public:
    guarded_sessions(guard_core& core, token_sealer const& tokens) noexcept
        : core_(core),
          tokens_(tokens) {}

    // Given out once, never kept.
    struct issued {
        std::string access_key_id;
        std::string secret;
        std::string token;
        unix_millis expires{};
        principal_id who{};
    };
    struct role_request {
        std::string role;
        std::string session_name;  // of the protocol's form
        std::chrono::seconds lifetime{3600};
        std::string policy;        // IAM JSON, narrows what the role may; empty: none
    };
    // permission_denied also for roles that are not there; invalid_argument: the text says what is
    // wrong with the policy.
    task<guarded<issued>> assume_role(caller const& who, role_request wanted);
    // permission_denied for temporary credentials, which cannot make others.
    task<guarded<issued>> session_of_self(caller const& who, std::chrono::seconds lifetime);

private:
    issued make(caller const& who, principal_id as, role_request wanted) const;
    task<guarded<issued>> hand_out(caller const& who, std::string role, std::string session_name,
                                   decision decided, issued made);

    guard_core& core_;
    token_sealer const& tokens_;
};

}  // namespace sluice::auth
