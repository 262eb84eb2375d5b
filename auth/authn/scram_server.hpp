// SCRAM, server side (RFC 5802, RFC 7677; SHA-256 and SHA-512) as a machine of two steps:
// client-first in, server-first out; client-final in, server-final out. Sans-io; SASL framing, and
// who sends it, is the session's. An unknown user gets the same exchange from a made-up verifier
// that stays the same for a name, and fails at the end like a wrong password does, so that nobody
// learns who exists. Thread rule: one conversation, one thread at a time. No work but HMACs here:
// the password's work is the client's.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "auth/keys/scram_verifier.hpp"
#include "gateway/core/random.hpp"

namespace sluice::auth {

struct scram_options {
    digest_kind hash = digest_kind::sha256;
    // The user when the protocol names it outside SASL (PostgreSQL); then the name in the message
    // is ignored.
    std::optional<std::string> user;
    // tls-server-end-point data when the mechanism is the -PLUS one; set `plus_offered` whenever it
    // was on offer.
    std::optional<std::string> channel_binding;
    bool plus_offered = false;
    std::string mock_secret;             // the server's own: seeds made-up verifiers
    std::size_t longest_message = 4096;  // limits.scram_message_bytes
};

class scram_server {
public:
    // nullopt: nobody of that name may log in with this mechanism.
    using lookup = std::function<std::optional<scram_verifier>(std::string_view user)>;

    scram_server(scram_options options, lookup find, random_source& random);

    enum class outcome : std::uint8_t { send, authenticated, refused, malformed };
    struct step {
        outcome what = outcome::malformed;
        std::string message;  // to send, also with `authenticated`; with `refused` the "e=" form
                              // (Kafka sends it)
    };
    // Any call after a refusal or the end is malformed.
    step take(std::string_view message);

    // Valid after the first step; whom it authenticated once it did.
    std::string const& user() const noexcept { return user_; }

private:
    enum class state : std::uint8_t { first, final, done };
    step take_first(std::string_view message);
    step take_final(std::string_view message);
    bool binding_acceptable(std::string_view flag) const;
    scram_verifier made_up(std::string_view user) const;

    scram_options options_;
    lookup find_;
    random_source& random_;
    state state_ = state::first;
    std::string user_;
    std::string gs2_header_;
    std::string client_first_bare_;
    std::string server_first_;
    std::string nonce_;
    scram_verifier verifier_;
    bool known_ = false;
};

}  // namespace sluice::auth
