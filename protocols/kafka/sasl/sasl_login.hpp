// One connection's SASL login: which mechanism was chosen, whose turn it is, who it proved to be.
//
//     handshake -> authenticating -> ready        (raw: tokens are bare frames, after handshake v0)
//          '-----------'-> refused: answer, then close
//
// Who is ready may begin again, by the same mechanism and as the same principal (KIP-368): he has to, where
// the login has an end.
//
// Source: the protocol guide's "SASL Authentication Sequence", KIP-43, KIP-152, KIP-255, KIP-368, RFC 4616
// (PLAIN), RFC 7628 (OAUTHBEARER).
// Thread rule: the connection's. Lifetime: the guard's logins outlive it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/guard/guarded_logins.hpp"
#include "gateway/core/clock.hpp"
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

struct bearer_message {
    std::string authorization;  // empty: the token's subject
    std::string token;
};
// RFC 7628, 3.1; KIP-342's extensions are read over. malformed.
result<bearer_message> parse_bearer(std::string_view message);

class sasl_login {
public:
    enum class state { handshake, authenticating, ready, refused };

    // `longest`: of a login, then it has to be done again; 0: it has no end of its own.
    sasl_login(auth::guarded_logins& logins, auth::connection_facts facts,
               wall_clock const& clock = system_wall_clock(),
               std::chrono::milliseconds longest = {});

    // Those offered on this connection: PLAIN and OAUTHBEARER only where nobody can listen.
    std::vector<std::string> mechanisms() const;
    // none; unsupported_sasl_mechanism (the login is refused); illegal_sasl_state.
    error_code choose(std::string_view mechanism, bool raw_tokens);

    struct reply {
        error_code error = error_code::none;
        std::string message;  // with an error
        std::string token;
        std::chrono::milliseconds lifetime{};  // of the login that is done now; 0: without end
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
    // Somebody was proven, and is while he proves it again.
    bool is_proven() const noexcept { return who_.has_value(); }
    // He had to prove it again by now.
    bool has_ended() const noexcept { return ends_ && clock_.monotonic() >= *ends_; }
    auth::caller& who() noexcept { return *who_; }

private:
    task<reply> take_plain(std::string_view token);
    task<reply> take_scram(std::string_view token);
    task<reply> take_bearer(std::string_view token);
    reply refuse(std::string message);
    reply admit(result<auth::caller> proven, std::string token,
                std::optional<std::chrono::milliseconds> left = std::nullopt);
    reply undecided(failure const& why);

    auth::guarded_logins& logins_;
    auth::connection_facts const facts_;
    wall_clock const& clock_;
    std::chrono::milliseconds const longest_;
    std::optional<monotonic_time> ends_;
    bool told_bearer_ = false;  // that his token is none; he answers once more
    state state_ = state::handshake;
    bool raw_tokens_ = false;
    std::string mechanism_;
    std::optional<auth::scram_login> scram_;
    std::optional<auth::caller> who_;
};

}  // namespace sluice::kafka
