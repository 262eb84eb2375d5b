// Logins that last for a connection: Kafka's SASL, PostgreSQL's startup. Neutral about who frames
// the messages.
//
//     auto login = guard.logins().begin_scram(wanted, facts);      // SCRAM-SHA-256 or -512
//     auto step = login.take(client_message);                      // twice; sans-io
//     step.what == authenticated:
//         auto who = co_await guard.logins().complete(login);      // then send step.message
//     step.what == refused, malformed: send what the protocol says, wait the front's own
//         refusal delay, close. Already counted.
//
//     auto who = co_await guard.logins().check_password(user, password, facts);   // PLAIN
//     auto who = co_await guard.logins().check_token(token, facts);               // OAUTHBEARER
//
// A login is recorded durably before it is answered; a refused one is counted by source. Unknown,
// disabled and wrong all look and cost the same: unauthenticated, after the same work on a made-up
// verifier that stays the same for a name across restarts. Whoever is not a user, service or agent
// with a password (roles, the server itself) is unknown here. Passwords are worked on in the
// blocking pool, at most guard_options::password_checks at once: overloaded beyond it, and for a
// full pool. Thread rule: any executor; a scram_login is one conversation's.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "auth/authn/scram_server.hpp"
#include "auth/guard/caller.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice::auth {

class guard_core;
class token_checker;

class scram_login {
public:
    // The next message of the client; what to answer.
    scram_server::step take(std::string_view message);

private:
    friend class guarded_logins;
    scram_login(guard_core& core, connection_facts facts, std::string method,
                scram_options options, scram_server::lookup find);

    guard_core& core_;
    connection_facts facts_;
    std::string method_;
    scram_server server_;
    bool proven_ = false;
};

class guarded_logins {
public:
    guarded_logins(guard_core& core, token_checker& tokens, std::string mock_secret);

    struct scram_request {
        digest_kind hash = digest_kind::sha256;
        // The user when the protocol names it outside SASL (PostgreSQL's startup packet).
        std::optional<std::string> user;
        // tls-server-end-point data when the client chose the -PLUS mechanism; `plus_offered`
        // whenever it was on offer.
        std::optional<std::string> channel_binding;
        bool plus_offered = false;
    };
    scram_login begin_scram(scram_request wanted, connection_facts facts);
    // Who logged in, once a step said `authenticated`. unauthenticated: disabled meanwhile.
    task<result<caller>> complete(scram_login const& login);

    task<result<caller>> check_password(std::string user, std::string password,
                                        connection_facts facts);

    // Some identity provider's tokens may log in (`sluice oidc add --logins`).
    bool takes_tokens() const;
    struct token_login {
        caller who;
        std::chrono::milliseconds left{};  // until the token ends; more than 0
    };
    // A token of such a provider, whose subject is the principal. unauthenticated; overloaded.
    task<result<token_login>> check_token(std::string token, connection_facts facts);

private:
    std::optional<scram_verifier> verifier_of(digest_kind hash, std::string_view user) const;
    task<result<caller>> admit(std::string user, std::string method, std::string credential,
                               connection_facts facts);

    guard_core& core_;
    token_checker& tokens_;
    std::string const mock_secret_;
    std::atomic<std::size_t> checks_{0};
};

}  // namespace sluice::auth
