// Signed tokens of identity providers: JSON Web Tokens in the compact form (RFC 7515, 7519), as
// OpenID Connect hands them out. Read first, believed later:
//
//     auto token = json_web_token::parse(text);          // what it says; nothing is proven
//     find the issuer's keys by token->issuer
//     token->check(keys, {issuer, audiences, now});      // signature, then claims
//
// Nothing is ever accepted unsigned or under a symmetric key. Pure, thread-safe. The same for every
// protocol that takes such tokens.
#pragma once

#include <boost/system/result.hpp>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/authn/json_web_keys.hpp"
#include "gateway/core/clock.hpp"

namespace sluice::auth {

inline constexpr std::size_t longest_token = 20'000;  // characters, limits.identity_token_bytes
// Between the provider's clock and ours.
inline constexpr std::chrono::seconds token_clock_leeway{60};

enum class token_error : std::uint8_t {
    malformed,        // no signed token, or a claim that is missing or of the wrong kind
    algorithm,        // none, symmetric, or one that is not known
    no_key,           // none of the issuer's keys has its id and algorithm
    wrong_signature,
    wrong_issuer,
    wrong_audience,
    expired,
    not_yet_valid,    // by `nbf` or `iat`
    unreachable,      // the issuer's keys cannot be had; of whoever fetches them
    overloaded,       // too many are being checked; likewise
};
// Fixed words, for the counts of refused strangers.
std::string_view name_of(token_error) noexcept;

template <class T = void>
using token_result = boost::system::result<T, token_error>;
[[noreturn]] void throw_exception_from_error(token_error, boost::source_location const&);

struct token_expectation {
    std::string_view issuer;
    std::span<std::string const> audiences;  // one of them must be meant
    unix_millis now{};
};

class json_web_token {
public:
    static token_result<json_web_token> parse(std::string_view text);

    std::string algorithm;
    std::string key_id;  // empty: none

    // Claims. `issuer`, `subject`, `audiences` and `expires` are there.
    std::string issuer;
    std::string subject;
    std::vector<std::string> audiences;
    std::string authorized_party;          // "azp"; empty: none
    std::vector<std::string> methods;      // "amr"
    unix_millis expires{};
    std::optional<unix_millis> not_before, issued;

    // For whom it was made: the party it was given to if it says so, else its audience.
    std::string const& client() const noexcept {
        return authorized_party.empty() ? audiences.front() : authorized_party;
    }
    // By the signature first: what is not signed is told nothing about.
    token_result<> check(std::vector<json_web_key> const& keys, token_expectation const& wanted) const;

private:
    json_web_token() = default;
    token_result<> check_signature(std::vector<json_web_key> const& keys) const;
    token_result<> check_claims(token_expectation const& wanted) const;

    std::string signed_part_;
    std::string signature_;
};

}  // namespace sluice::auth
