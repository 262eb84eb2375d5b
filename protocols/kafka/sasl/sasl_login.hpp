// One connection's SASL login: which mechanism was chosen, whose turn it is, who it proved to be.
//
//     handshake -> authenticating -> ready        (raw: tokens are bare frames, after handshake v0)
//          '-----------'-> refused: answer, then close
//
// Source: the protocol guide's "SASL Authentication Sequence", KIP-43, KIP-152, RFC 4616 (PLAIN).
// Thread rule: the connection's. Lifetime: the guard's logins outlive it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/guard/guarded_logins.hpp"
#include "gateway/core/task.hpp"
#include "protocols/kafka/wire/errors.hpp"

namespace sluice::kafka {

struct plain_message {
    std::string authorization;  // empty: the user
    std::string user;
    std::string password;
};
// RFC 4616: [authzid] NUL authcid NUL passwd. malformed.
result<plain_message> parse_plain(std::string_view message);

class sasl_login {
public:
    enum class state { handshake, authenticating, ready, refused };

    sasl_login(auth::guarded_logins& logins, auth::connection_facts facts);

    // Those offered on this connection: PLAIN only where nobody can listen.
    std::vector<std::string> mechanisms() const;
    // none; unsupported_sasl_mechanism (the login is refused); illegal_sasl_state.
    error_code choose(std::string_view mechanism, bool raw_tokens);

    struct reply {
        error_code error = error_code::none;
        std::string message;  // with an error
        std::string token;
        // The server cannot tell now: close without an answer, so that the client tries again;
        // after an answer it would take its password for wrong.
        bool undecided = false;
    };
    // The client's next token. An error refuses the login for good.
    task<reply> take(std::string_view token);

    state now() const noexcept { return state_; }
    bool expects_raw_token() const noexcept {
        return state_ == state::authenticating && raw_tokens_;
    }
    // Once ready.
    auth::caller& who() noexcept { return *who_; }

private:
    task<reply> take_plain(std::string_view token);
    task<reply> take_scram(std::string_view token);
    reply refuse(std::string message);
    reply admit(result<auth::caller> proven, std::string token);

    auth::guarded_logins& logins_;
    auth::connection_facts const facts_;
    state state_ = state::handshake;
    bool raw_tokens_ = false;
    std::string mechanism_;
    std::optional<auth::scram_login> scram_;
    std::optional<auth::caller> who_;
};

}  // namespace sluice::kafka
