// Temporary credentials behind the door (the guard's side of AWS STS): a role, or the caller itself,
// for a while, in a token that the server can open and nobody else. Nothing is stored: a token ends
// with its time, with its principal (deleted or disabled), or with the key file.
//
// Who may act as a role: whom its trust policy names; if that names the whole account, those of it
// whose own policies allow sts:AssumeRole; without a trust policy, its members; and whom a rule
// allows `admin` on it. A deny of either side wins. Whoever shows a token of an identity provider is
// judged by the trust policy alone. Every token is a record in the audit log, which names the access
// key id that later records bear. Thread rule: any executor; one object for the whole server.
#pragma once

#include <chrono>
#include <string>

#include "auth/authn/json_web_token.hpp"
#include "auth/guard/caller.hpp"
#include "auth/guard/refusal.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/task.hpp"

namespace sluice::auth {

class guard_core;
class token_checker;
class token_sealer;
struct proven_token;

class guarded_sessions {
public:
    guarded_sessions(guard_core& core, token_sealer const& tokens, token_checker& checker) noexcept
        : core_(core),
          tokens_(tokens),
          checker_(checker) {}

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
        std::string external_id = {};  // sts:ExternalId; empty: none
    };
    // permission_denied also for roles that are not there; invalid_argument: the text says what is
    // wrong with the policy; out_of_range: the role's sessions are shorter, as the text says.
    //
    // From a session of a role (chaining), the new one lasts at most an hour and not longer than that
    // one, and ends with who asked first; a session with a policy makes no other, since it would shed
    // the policy.
    task<guarded<issued>> assume_role(caller const& who, role_request wanted);
    // permission_denied for temporary credentials, which cannot make others of themselves.
    task<guarded<issued>> session_of_self(caller const& who, std::chrono::seconds lifetime);

    // By a token of an identity provider; whoever shows it has proven nothing before. A token that is
    // not believed is counted as a stranger's failure.
    struct token_request {
        role_request wanted;
        std::string token;
        connection_facts connection;
        std::string operation;
        std::string request_id;
        std::string client_id;
    };
    struct token_session {
        issued made;
        std::string subject;
        std::string audience;
        std::string issuer;
    };
    // The outer failure is of the token, the inner one as of assume_role.
    task<token_result<guarded<token_session>>> assume_role_with_token(token_request asked);

private:
    issued make(caller const& who, principal_id as, role_request wanted) const;
    decision decide_role(caller const& who, role_request const& wanted) const;
    decision decide_token(caller const& who, role_request const& wanted) const;
    task<guarded<issued>> assume(caller const& who, role_request wanted, decision decided);
    task<guarded<issued>> hand_out(caller const& who, std::string role, std::string session_name,
                                   decision decided, issued made);
    caller caller_with(proven_token const& token, token_request const& asked) const;

    guard_core& core_;
    token_sealer const& tokens_;
    token_checker& checker_;
};

}  // namespace sluice::auth
